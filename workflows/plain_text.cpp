#include "workflows/plain_text.h"

#include <fmt/core.h>

#include <cstddef>

namespace pawl {

namespace {

/// How many bytes the character at the front takes; 0 when it is no UTF-8.
std::size_t character_bytes(std::string_view text) {
  const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  const std::size_t bytes = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < bytes) return 0;
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  const bool overlong = (lead == 0xE0 && byte(1) < 0xA0) || (lead == 0xF0 && byte(1) < 0x90);
  const bool surrogate = lead == 0xED && byte(1) > 0x9F;
  const bool too_large = lead == 0xF4 && byte(1) > 0x8F;
  return overlong || surrogate || too_large ? 0 : bytes;
}

/// Control characters but tab and line ends. Some parsers take one of them for the end of the file.
bool is_control(std::string_view character) {
  const auto byte = static_cast<unsigned char>(character[0]);
  if (byte == 0xC2) return static_cast<unsigned char>(character[1]) < 0xA0;
  return (byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r') || byte == 0x7F;
}

}  // namespace

std::optional<Mistake> flaw_of_text(std::string_view text) {
  Place place;
  for (std::size_t at = 0; at < text.size();) {
    const auto byte = static_cast<unsigned char>(text[at]);
    const std::size_t bytes = character_bytes(text.substr(at));
    if (bytes == 0) {
      return Mistake{place.line, place.column,
                     fmt::format("the byte 0x{:02X} is not UTF-8; save the file as UTF-8", byte)};
    }
    if (is_control(text.substr(at, bytes))) {
      return Mistake{place.line, place.column,
                     fmt::format("a control character (0x{:02X}) may not stand here; remove it",
                                 static_cast<unsigned char>(text[at + bytes - 1]))};
    }
    at += bytes;
    if (byte == '\n') {
      ++place.line;
      place.column = 1;
    } else {
      place.column += static_cast<std::uint32_t>(bytes);
    }
  }
  return std::nullopt;
}

}  // namespace pawl
