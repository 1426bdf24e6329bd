#include "engine/json_writer.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>

using nlohmann::json;
using pawl::JsonWriter;

namespace {

std::string written(const std::string& text) {
  return JsonWriter().value(text).take();
}

std::string as_json_writes(const std::string& text) {
  return json(text).dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace

TEST_CASE("objects and arrays have commas between what stands in them, and nowhere else") {
  JsonWriter out;
  out.open_object().key("a").open_array().close_array();
  out.key("b").open_array().value(1).value("x").open_object().close_object().close_array();
  out.key("c").open_object().key("d").value(true).key("e").value(false).close_object();
  CHECK(out.close_object().take() == R"({"a":[],"b":[1,"x",{}],"c":{"d":true,"e":false}})");
}

TEST_CASE("numbers are written whole, the widest too") {
  JsonWriter out;
  out.open_array().value(0).value(-1).value(std::uint8_t{255});
  out.value(std::numeric_limits<std::int64_t>::min());
  out.value(std::numeric_limits<std::uint64_t>::max()).close_array();
  CHECK(out.take() == "[0,-1,255,-9223372036854775808,18446744073709551615]");
}

TEST_CASE("every byte, alone, in front and behind others, is quoted as nlohmann/json quotes it") {
  for (int byte = 0; byte < 256; ++byte) {
    CAPTURE(byte);
    const std::string one(1, static_cast<char>(byte));
    for (const std::string& text : {one, "ab" + one, one + "ab", "\"" + one + "\\", one + one}) {
      CHECK(written(text) == as_json_writes(text));
    }
  }
}

// Eight at a time are looked at.
TEST_CASE("every byte at every place of a longer text is quoted so, next to every special one") {
  for (int byte = 0; byte < 256; ++byte) {
    CAPTURE(byte);
    for (std::size_t at = 0; at < 17; ++at) {
      for (const char neighbour : {'a', ' ', '!', '"', '\\', '\x01', '\x7f', '\x80'}) {
        std::string text(17, neighbour == 'a' ? 'b' : 'a');
        text[(at + 1) % text.size()] = neighbour;
        text[at] = static_cast<char>(byte);
        CHECK(written(text) == as_json_writes(text));
      }
    }
  }
}

TEST_CASE("letters of other scripts stay, and what is no UTF-8 is replaced") {
  for (const char* text :
       {"", "\xc3\xa9", "\xe6\x95\xb0\xe6\x8d\xae\xe5\xba\x93", "\xf0\x9f\x90\x98", "\xed\xa0\x80",
        "\xc0\xaf", "cut \xe6\x95", "\xf5\x80\x80\x80 \"x\""}) {
    CAPTURE(text);
    CHECK(written(text) == as_json_writes(text));
  }
}

TEST_CASE("keys are quoted as texts are") {
  CHECK(JsonWriter().open_object().key("a\"b").value("c").close_object().take() ==
        R"({"a\"b":"c"})");
}
