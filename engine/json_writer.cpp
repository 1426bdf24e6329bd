#include "engine/json_writer.h"

#include <nlohmann/json.hpp>

namespace pawl {

namespace {

/// Control characters, and whatever may or may not be UTF-8.
bool is_rare(char c) {
  return static_cast<signed char>(c) < ' ';
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
  std::size_t copied = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (is_rare(c)) {
      out_.resize(began);
      return quote_rare(text);
    }
    if (c != '"' && c != '\\') continue;
    out_.append(text, copied, i - copied);
    out_ += '\\';
    copied = i;
  }
  out_.append(text, copied);
  out_ += '"';
}

void JsonWriter::quote_rare(std::string_view text) {
  using nlohmann::json;
  out_ += json(text).dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace pawl
