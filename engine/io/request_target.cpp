#include "engine/io/request_target.h"

namespace pawl {
namespace {

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

void append_byte(char c, std::string& out) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  if (is_unreserved(c)) {
    out += c;
    return;
  }
  const auto byte = static_cast<unsigned char>(c);
  out += '%';
  out += digits[byte >> 4U];
  out += digits[byte & 15U];
}

void append_encoded(std::string_view text, std::string& out) {
  for (const char c : text)
    append_byte(c, out);
}

}  // namespace

std::string percent_encode(std::string_view text) {
  std::string out;
  append_encoded(text, out);
  return out;
}

void append_target(const HttpRequest& request, std::string& out) {
  for (const char c : request.path) {
    if (c == '/') {
      out += c;
    } else {
      append_byte(c, out);
    }
  }
  char separator = '?';
  for (const auto& [name, value] : request.query) {
    out += separator;
    append_encoded(name, out);
    out += '=';
    append_encoded(value, out);
    separator = '&';
  }
}

}  // namespace pawl
