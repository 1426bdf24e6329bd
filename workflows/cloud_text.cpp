#include "workflows/cloud_text.h"

#include "engine/result.h"

namespace pawl::cloud {

namespace {

constexpr char32_t no_character = 0xFFFFFFFF;

struct Character {
  char32_t value;
  std::size_t bytes;
};

/// The first character of a text that is not empty (RFC 3629: no overlong form, no surrogate).
Character first_character(std::string_view text) {
  const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t bytes = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < bytes) return {no_character, 1};
  char32_t value = lead & (0x7Fu >> bytes);
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {no_character, 1};
    value = value << 6 | (byte(i) & 0x3Fu);
  }
  const bool overlong = (bytes == 3 && value < 0x800) || (bytes == 4 && value < 0x10000);
  const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
  if (overlong || surrogate || value > 0x10FFFF) return {no_character, 1};
  return {value, bytes};
}

/// Blanks, seen or not, and what could move the cursor, break the line or turn the direction of
/// writing.
bool counts_as_blank(char32_t c) {
  return c <= 0x20 || (c >= 0x7F && c <= 0xA0) || (c >= 0x200B && c <= 0x200F) ||
         (c >= 0x2028 && c <= 0x202E) || c == 0x2060 || (c >= 0x2066 && c <= 0x2069) ||
         c == 0x061C || c == 0xFEFF;
}

/// `line` is UTF-8 and longer than `bytes_max`.
void cut_to(std::string& line, std::size_t bytes_max) {
  std::size_t end = bytes_max - 3;
  while (end > 0 && (static_cast<unsigned char>(line[end]) & 0xC0) == 0x80)
    --end;
  line.resize(end);
  line += "...";
}

}  // namespace

std::string one_line(std::string_view text, std::size_t bytes_max) {
  check(bytes_max >= 3, "one_line needs room for its dots");
  std::string line;
  bool blank_due = false;
  while (!text.empty() && line.size() <= bytes_max) {
    const Character c = first_character(text);
    if (counts_as_blank(c.value)) {
      blank_due = !line.empty();
    } else {
      if (blank_due) line += ' ';
      blank_due = false;
      if (c.value == no_character) {
        line += '?';
      } else {
        line += text.substr(0, c.bytes);
      }
    }
    text.remove_prefix(c.bytes);
  }
  if (line.size() > bytes_max) cut_to(line, bytes_max);
  return line;
}

}  // namespace pawl::cloud
