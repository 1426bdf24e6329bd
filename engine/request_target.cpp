#include "engine/request_target.h"

#include <algorithm>
#include <array>
#include <iterator>

namespace pawl {
namespace {

constexpr std::array<bool, 256> unreserved = [] {
  std::array<bool, 256> table{};
  for (const char c :
       std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"))
    table[static_cast<unsigned char>(c)] = true;
  return table;
}();

void append_byte(char c, std::string& out) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  const auto byte = static_cast<unsigned char>(c);
  out += '%';
  out += digits[byte >> 4U];
  out += digits[byte & 15U];
}

/// What `stays` goes over in one piece.
template <typename Stays>
void append(std::string_view text, Stays stays, std::string& out) {
  for (auto at = text.begin(); at != text.end();) {
    const auto next = std::find_if_not(at, text.end(), stays);
    out.append(at, next);
    if (next == text.end()) return;
    append_byte(*next, out);
    at = std::next(next);
  }
}

}  // namespace

bool is_unreserved(char c) {
  return unreserved[static_cast<unsigned char>(c)];
}

void append_encoded(std::string_view text, std::string& out) {
  append(text, is_unreserved, out);
}

void append_encoded_path(std::string_view path, std::string& out) {
  append(
      path, [](char c) { return c == '/' || is_unreserved(c); }, out);
}

void append_target(const HttpRequest& request, std::string& out) {
  append_encoded_path(request.path, out);
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
