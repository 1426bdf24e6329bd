// Writes one JSON text from left to right, straight into one string: the journal's entries are
// written far more often than read, and a tree of nodes would cost more than all the rest of them.
#pragma once

#include <charconv>
#include <concepts>
#include <string>
#include <string_view>
#include <utility>

namespace pawl {

/// The caller keeps the structure right: a key before each value of an object, every opened object
/// and array closed. Keys are written as they come; where the text must be the same for
/// equal values, the caller gives them in the order of their bytes.
class JsonWriter final {
 public:
  JsonWriter() { out_.reserve(1024); }

  JsonWriter& open_object() { return open('{'); }
  JsonWriter& close_object() { return close('}'); }
  JsonWriter& open_array() { return open('['); }
  JsonWriter& close_array() { return close(']'); }
  JsonWriter& key(std::string_view name);

  /// Bytes that are no UTF-8 cannot stand in JSON; each is replaced by U+FFFD, for the cloud's
  /// garbage must not end the driver.
  JsonWriter& value(std::string_view text);
  JsonWriter& value(const char* text) { return value(std::string_view(text)); }
  JsonWriter& value(bool truth);
  template <std::integral Number>
  JsonWriter& value(Number number) {
    begin_value();
    char digits[24];
    out_.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
    return *this;
  }

  std::string take() { return std::move(out_); }

 private:
  JsonWriter& open(char bracket);
  JsonWriter& close(char bracket);
  void begin_value();
  void quote(std::string_view text);
  void quote_rare(std::string_view text);

  std::string out_;
  bool first_ = true;  // no comma before what comes next
};

}  // namespace pawl
