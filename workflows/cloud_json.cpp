#include "workflows/cloud_json.h"

#include <fmt/core.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "engine/ascii.h"
#include "engine/result.h"
#include "workflows/cloud_text.h"
#include "workflows/quick_json.h"

namespace pawl::cloud {

namespace {

/// Receives the parser's events. The functions' names and shapes are those that nlohmann's
/// sax_parse asks for; false ends the parse.
class TreeBuilder {
 public:
  explicit TreeBuilder(std::string_view body) : document_(body) {}

  bool null() { return put(Json::Kind::null) != nullptr; }
  bool boolean(bool value) {
    Json* json = put(Json::Kind::boolean);
    if (json != nullptr) json->truth = value;
    return json != nullptr;
  }
  bool number_integer(std::int64_t value) {
    Json* json = put(Json::Kind::integer);
    if (json != nullptr) json->integer = value;
    return json != nullptr;
  }
  bool number_unsigned(std::uint64_t value) {
    if (value > std::uint64_t{std::numeric_limits<std::int64_t>::max()}) {
      return number_float(0, std::to_string(value));
    }
    return number_integer(static_cast<std::int64_t>(value));
  }
  bool number_float(double, const std::string& spelling) {
    Json* json = put(Json::Kind::real);
    if (json != nullptr) json->text = document_.keep(spelling);
    return json != nullptr;
  }
  bool string(const std::string& value) {
    Json* json = put(Json::Kind::text);
    if (json != nullptr) json->text = document_.keep(value);
    return json != nullptr;
  }
  bool binary(nlohmann::json::binary_t&) { return refuse("holds binary data"); }
  bool start_object(std::size_t) { return open(Json::Kind::object); }
  bool key(const std::string& value) {
    const Json& object = *open_.back();
    if (object.items.size() == json_members_max) {
      return refuse(fmt::format("has an object with more than {} fields", json_members_max));
    }
    if (object.find(value) != nullptr) {
      return refuse(fmt::format("gives \"{}\" twice", one_line(value)));
    }
    name_ = document_.keep(value);
    return true;
  }
  bool end_object() { return close(); }
  bool start_array(std::size_t) { return open(Json::Kind::array); }
  bool end_array() { return close(); }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) {
    error_at_ = position;
    return false;
  }

  JsonDocument take() { return std::move(document_); }
  const std::string& refusal() const { return refusal_; }
  std::size_t error_at() const { return error_at_; }

 private:
  /// The next value, or null when there are too many. What is open stays where it is: only the
  /// innermost list grows.
  Json* put(Json::Kind kind) {
    if (++values_ > json_values_max) {
      refuse(fmt::format("holds more than {} values", json_values_max));
      return nullptr;
    }
    Json& value = open_.empty() ? document_.root() : next_of(open_.back()->items);
    value.name = std::exchange(name_, {});
    value.kind = kind;
    return &value;
  }
  static Json& next_of(std::vector<Json>& items) {
    // To move values as their list grows costs more than some room.
    if (items.size() == 1) items.reserve(4);
    return items.emplace_back();
  }
  bool open(Json::Kind kind) {
    if (open_.size() == json_depth_max) {
      return refuse(fmt::format("is nested deeper than {} levels", json_depth_max));
    }
    Json* json = put(kind);
    if (json != nullptr) open_.push_back(json);
    return json != nullptr;
  }
  bool close() {
    open_.pop_back();
    return true;
  }
  bool refuse(std::string why) {
    refusal_ = std::move(why);
    return false;
  }

  JsonDocument document_;
  std::vector<Json*> open_;
  std::string_view name_;
  std::string refusal_;
  std::size_t values_ = 0;
  std::size_t error_at_ = 0;
};

NotJson why_not(std::string_view body, const TreeBuilder& builder) {
  if (!builder.refusal().empty()) return {builder.refusal()};
  const std::string_view content = trim(body);
  if (content.empty()) return {"is empty"};
  const std::string start = one_line(content);
  if (content.front() == '<') return {fmt::format("is no JSON but a page: {}", start)};
  const bool begins_like_json = content.front() == '{' || content.front() == '[';
  if (begins_like_json && builder.error_at() > body.size()) {
    return {fmt::format("is JSON that was cut off: {}", start)};
  }
  return {fmt::format("is no JSON (wrong at byte {}): {}", builder.error_at(), start)};
}

}  // namespace

const Json* Json::find(std::string_view member) const {
  if (kind != Kind::object) return nullptr;
  for (const Json& item : items) {
    if (item.name == member) return &item;
  }
  return nullptr;
}

std::string_view JsonDocument::keep(std::string_view text) {
  check(text.size() <= room_ - used_, "a text longer than its spelling");
  char* const kept = texts_.get() + used_;
  std::copy(text.begin(), text.end(), kept);
  used_ += text.size();
  return {kept, text.size()};
}

std::variant<JsonDocument, NotJson> read_thoroughly(std::string_view body) {
  TreeBuilder builder(body);
  if (!nlohmann::json::sax_parse(body.data(), body.data() + body.size(), &builder)) {
    return why_not(body, builder);
  }
  return builder.take();
}

std::variant<JsonDocument, NotJson> parse_json(std::string_view body) {
  if (std::optional<JsonDocument> quick = read_quickly(body)) return *std::move(quick);
  return read_thoroughly(body);
}

std::string spoken(const Json& value) {
  switch (value.kind) {
    case Json::Kind::null:
      return "null";
    case Json::Kind::boolean:
      return value.truth ? "true" : "false";
    case Json::Kind::integer:
      return fmt::format("the number {}", value.integer);
    case Json::Kind::real:
      return fmt::format("the number {}", one_line(value.text, 40));
    case Json::Kind::text:
      return fmt::format("\"{}\"", one_line(value.text));
    case Json::Kind::array:
      return "an array";
    case Json::Kind::object:
      return "an object";
  }
  return {};
}

}  // namespace pawl::cloud
