#include "workflows/plain_text.h"

#include <fmt/core.h>

#include <cstddef>

#include "engine/utf8.h"

namespace pawl {

namespace {

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
    const std::size_t bytes = utf8_character(text.substr(at));
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
