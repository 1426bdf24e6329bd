// JSON of the cloud's as a plain tree. Stricter than JSON itself, for what it lets through decides
// upgrades: names are unique in their object, and depth and width have bounds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace pawl::cloud {

/// Its names and texts lie in the JsonDocument that it is of.
struct Json {
  enum class Kind : std::uint8_t { null, boolean, integer, real, text, array, object };

  Kind kind = Kind::null;
  bool truth = false;        ///< of a boolean
  std::int64_t integer = 0;  ///< of an integer within 64 bits; a larger one is real
  std::string_view name;     ///< of a member of an object
  std::string_view text;     ///< of a text; the spelling of a real number
  std::vector<Json> items;   ///< of an array; the members of an object in their order

  /// The member of that name, or null.
  const Json* find(std::string_view member) const;

  bool operator==(const Json&) const = default;
};

/// A tree, and the one piece of memory in which its names and texts lie: an answer has hundreds.
/// They stay where they are when it is moved.
class JsonDocument final {
 public:
  /// For the tree of `body`. No text is longer than its spelling there.
  explicit JsonDocument(std::string_view body)
      : texts_(std::make_unique_for_overwrite<char[]>(body.size())), room_(body.size()) {}

  const Json& root() const { return root_; }
  /// For whoever builds the tree.
  Json& root() { return root_; }
  /// A copy of `text` that lives as long as this.
  std::string_view keep(std::string_view text);

 private:
  Json root_;
  std::unique_ptr<char[]> texts_;
  std::size_t used_ = 0;
  std::size_t room_;
};

/// Why a body is no JSON; a clause that completes "the answer …".
struct NotJson {
  std::string why;
};

inline constexpr std::size_t json_depth_max = 32;
inline constexpr std::size_t json_members_max = 256;     ///< of one object
inline constexpr std::size_t json_values_max = 200'000;  ///< in all: each costs far more than it
                                                         ///< takes in the body

/// Reads a whole body. Refused besides what RFC 8259 refuses: a name given twice in one object, and
/// what exceeds the bounds above; a hostile body costs no stack.
std::variant<JsonDocument, NotJson> parse_json(std::string_view body);
/// The same by the reader that says what is wrong, which alone judges what is out of the ordinary.
std::variant<JsonDocument, NotJson> read_thoroughly(std::string_view body);

/// What the value is, for a message: "null", "the number 5", "an array", or the text in quotes.
std::string spoken(const Json& value);

}  // namespace pawl::cloud
