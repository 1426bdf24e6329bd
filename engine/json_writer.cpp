#include "engine/json_writer.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <nlohmann/json.hpp>

namespace pawl {

namespace {

/// By byte: stands in a JSON string as it is. Control characters do not, and what is no ASCII may
/// or may not be UTF-8.
constexpr std::array<bool, 256> plain = [] {
  std::array<bool, 256> table{};
  for (std::size_t c = ' '; c < 0x80; ++c)
    table[c] = c != '"' && c != '\\';
  return table;
}();

/// Eight equal bytes.
constexpr std::uint64_t eight(unsigned char byte) {
  return 0x01010101'01010101U * byte;
}

/// Whether all of eight bytes are plain. A byte that borrows from the next one is not plain itself,
/// so that the answer is exact (the test for a zero byte of Anderson's "Bit Twiddling Hacks").
constexpr bool are_plain(std::uint64_t bytes) {
  const auto zero_in = [](std::uint64_t v) { return (v - eight(1)) & ~v; };
  const std::uint64_t not_plain =
      zero_in(bytes ^ eight('"')) | zero_in(bytes ^ eight('\\')) | (bytes - eight(' ')) | bytes;
  return (not_plain & eight(0x80)) == 0;
}

/// Writes `text` to `to` with an escape before each quote and backslash; where it ends, or null
/// when another byte is not plain.
char* escape(std::string_view text, char* to) {
  const char* from = text.data();
  for (const char* const end = from + text.size(); from != end;) {
    std::uint64_t bytes = 0;
    if (end - from >= std::ptrdiff_t{sizeof bytes}) {
      std::memcpy(&bytes, from, sizeof bytes);
      if (are_plain(bytes)) {
        std::memcpy(to, &bytes, sizeof bytes);
        from += sizeof bytes;
        to += sizeof bytes;
        continue;
      }
    }
    const char* const part = end - from < std::ptrdiff_t{sizeof bytes} ? end : from + sizeof bytes;
    for (; from != part; ++from) {
      if (!plain[static_cast<unsigned char>(*from)]) {
        if (*from != '"' && *from != '\\') return nullptr;
        *to++ = '\\';
      }
      *to++ = *from;
    }
  }
  return to;
}

}  // namespace

JsonWriter& JsonWriter::key(std::string_view name) {
  begin_value();
  quote(name);
  out_ += ':';
  first_ = true;
  return *this;
}

JsonWriter& JsonWriter::value(std::string_view text) {
  begin_value();
  quote(text);
  return *this;
}

JsonWriter& JsonWriter::value(bool truth) {
  begin_value();
  out_ += truth ? "true" : "false";
  return *this;
}

JsonWriter& JsonWriter::open(char bracket) {
  begin_value();
  out_ += bracket;
  first_ = true;
  return *this;
}

JsonWriter& JsonWriter::close(char bracket) {
  out_ += bracket;
  first_ = false;
  return *this;
}

void JsonWriter::begin_value() {
  if (!first_) out_ += ',';
  first_ = false;
}

void JsonWriter::quote(std::string_view text) {
  const std::size_t began = out_.size();
  // At worst every byte has an escape before it.
  out_.resize(began + 2 * text.size() + 2);
  out_[began] = '"';
  char* const end = escape(text, out_.data() + began + 1);
  if (end == nullptr) {
    out_.resize(began);
    return quote_rare(text);
  }
  *end = '"';
  out_.resize(static_cast<std::size_t>(end + 1 - out_.data()));
}

void JsonWriter::quote_rare(std::string_view text) {
  using nlohmann::json;
  out_ += json(text).dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace pawl
