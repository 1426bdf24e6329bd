#include "engine/json_writer.h"

#include <algorithm>
#include <array>
#include <iterator>
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
  out_ += '"';
  for (auto at = text.begin();;) {
    const auto next = std::find_if_not(at, text.end(), is_plain);
    out_.append(at, next);
    if (next == text.end()) break;
    if (*next != '"' && *next != '\\') {
      out_.resize(began);
      return quote_rare(text);
    }
    out_ += '\\';
    out_ += *next;
    at = std::next(next);
  }
  out_ += '"';
}

void JsonWriter::quote_rare(std::string_view text) {
  using nlohmann::json;
  out_ += json(text).dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace pawl
