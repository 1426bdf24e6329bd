#include "engine/json_writer.h"

#include <array>
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

bool is_plain(char c) {
  return plain[static_cast<unsigned char>(c)];
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
  char* to = out_.data() + began;
  *to++ = '"';
  for (const char c : text) {
    if (!is_plain(c)) {
      if (c != '"' && c != '\\') {
        out_.resize(began);
        return quote_rare(text);
      }
      *to++ = '\\';
    }
    *to++ = c;
  }
  *to++ = '"';
  out_.resize(static_cast<std::size_t>(to - out_.data()));
}

void JsonWriter::quote_rare(std::string_view text) {
  using nlohmann::json;
  out_ += json(text).dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace pawl
