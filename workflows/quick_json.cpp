// On simdjson.
#include "workflows/quick_json.h"

#include <simdjson.h>

#include <cstddef>
#include <cstdint>
#include <string>

namespace pawl::cloud {

namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;

constexpr std::size_t quick_bytes_max = std::size_t{1} << 20U;
constexpr std::size_t kept_bytes_max = std::size_t{1} << 14U;

class TreeCopier {
 public:
  /// What it copies lands in `document`, which outlives it.
  explicit TreeCopier(JsonDocument& document) : document_(document) {}

  /// False where the thorough reader has to judge.
  bool copy(element from, Json& to) {
    if (++values_ > json_values_max) return false;
    switch (from.type()) {
      case element_type::OBJECT:
        return copy_object(from, to);
      case element_type::ARRAY:
        return copy_array(from, to);
      case element_type::STRING:
        to.kind = Json::Kind::text;
        to.text = document_.keep(std::string_view(from));
        return true;
      case element_type::INT64:
        to.kind = Json::Kind::integer;
        to.integer = std::int64_t(from);
        return true;
      case element_type::BOOL:
        to.kind = Json::Kind::boolean;
        to.truth = bool(from);
        return true;
      case element_type::NULL_VALUE:
        return true;
      case element_type::UINT64:
      case element_type::DOUBLE:
        return false;
    }
    return false;
  }

 private:
  bool copy_object(simdjson::dom::object from, Json& to) {
    if (from.size() > json_members_max || depth_ == json_depth_max) return false;
    to.kind = Json::Kind::object;
    to.items.reserve(from.size());
    ++depth_;
    for (const auto member : from) {
      if (to.find(member.key) != nullptr) return false;
      Json& item = to.items.emplace_back();
      item.name = document_.keep(member.key);
      if (!copy(member.value, item)) return false;
    }
    --depth_;
    return true;
  }
  bool copy_array(simdjson::dom::array from, Json& to) {
    if (depth_ == json_depth_max) return false;
    to.kind = Json::Kind::array;
    to.items.reserve(from.size());
    ++depth_;
    for (const element value : from) {
      if (!copy(value, to.items.emplace_back())) return false;
    }
    --depth_;
    return true;
  }

  JsonDocument& document_;
  std::size_t depth_ = 0;
  std::size_t values_ = 0;
};

}  // namespace

std::optional<JsonDocument> read_quickly(std::string_view body) {
  if (body.size() > quick_bytes_max) return std::nullopt;
  // A parser takes six pieces of memory by the size of the body. What is left of a large one is not
  // kept.
  thread_local simdjson::dom::parser kept;
  std::optional<simdjson::dom::parser> own;
  if (body.size() > kept_bytes_max) own.emplace();
  simdjson::dom::parser& parser = own ? *own : kept;
  element root;
  if (parser.parse(body.data(), body.size()).get(root) != simdjson::SUCCESS) return std::nullopt;
  JsonDocument document(body);
  if (!TreeCopier(document).copy(root, document.root())) return std::nullopt;
  return document;
}

}  // namespace pawl::cloud
