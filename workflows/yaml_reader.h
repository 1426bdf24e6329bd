// YAML (and so JSON) as a tree whose every part knows where it stands. Strict where the format is
// not: what could hide something from a reader is a mistake.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "workflows/mistakes.h"

namespace pawl {

struct YamlKey {
  std::string text;
  Place place;
};

struct YamlNode {
  enum class Kind : std::uint8_t {
    null,     ///< nothing, ~ or null
    plain,    ///< a scalar without quotes: perhaps a number, perhaps a text
    quoted,   ///< a scalar in quotes, or a block of text: always a text
    list,     ///< items
    mapping,  ///< keys[i] belongs to items[i]; no key stands twice
    broken,   ///< its mistake is told already
  };
  Kind kind = Kind::null;
  Place place;  ///< columns count bytes here
  std::string text;
  std::vector<YamlKey> keys;
  std::vector<YamlNode> items;

  /// The item of that key, or nullptr.
  const YamlNode* find(std::string_view key) const;
};

/// The largest file that is read, in bytes.
inline constexpr std::size_t yaml_bytes_max = 1024 * 1024;
/// Lists and mappings within each other.
inline constexpr std::size_t yaml_levels_max = 32;

struct YamlReading {
  std::optional<YamlNode> root;   ///< none when the text cannot be read to its end
  std::vector<Mistake> mistakes;  ///< columns count bytes
};

/// `bytes` without the mark that some editors put before UTF-8.
std::string_view without_byte_order_mark(std::string_view bytes);

/// Reads one document out of `text` (no byte order mark). Mistakes are: more than yaml_bytes_max or
/// yaml_levels_max, bytes that are no UTF-8, control characters, what is no YAML, no document or
/// several, keys that stand twice or are no texts, anchors, aliases and tags. Takes time and memory
/// in proportion to `text`.
YamlReading read_yaml(std::string_view text);

}  // namespace pawl
