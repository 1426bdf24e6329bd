#include "workflows/plain_text.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace std::string_literals;

TEST_CASE("text with tabs, line ends and any character is taken") {
  for (const std::string& text :
       {""s, "a\tb\r\nc\n"s, "\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80"s,
        "\xEF\xBF\xBF\xF4\x8F\xBF\xBF\xED\x9F\xBF\xEE\x80\x80\xC2\xA0"s}) {
    CAPTURE(text);
    CHECK_FALSE(pawl::flaw_of_text(text));
  }
}

TEST_CASE("the first byte that is no text is named with its place") {
  struct Row {
    std::string text;
    pawl::Place place;
    std::string piece;
  };
  const std::vector<Row> rows{
      {"\xFF", {1, 1}, "0xFF is not UTF-8"},
      {"ab\nc\x80", {2, 2}, "0x80 is not UTF-8"},
      {"\xC3", {1, 1}, "0xC3 is not UTF-8"},
      {"\xC3(", {1, 1}, "0xC3 is not UTF-8"},
      {"\xC0\xAF", {1, 1}, "0xC0"},
      {"\xC1\xBF", {1, 1}, "0xC1"},
      {"\xE0\x9F\xBF", {1, 1}, "0xE0"},
      {"\xED\xA0\x80", {1, 1}, "0xED"},
      {"\xE2\x82", {1, 1}, "0xE2"},
      {"\xF0\x8F\xBF\xBF", {1, 1}, "0xF0"},
      {"\xF4\x90\x80\x80", {1, 1}, "0xF4"},
      {"\xF5\x80\x80\x80", {1, 1}, "0xF5"},
      {"name: a\0b"s, {1, 8}, "control character (0x00)"},
      {"a\n\x04", {2, 1}, "control character (0x04)"},
      {"\x1B[2J", {1, 1}, "control character (0x1B)"},
      {"\x7F", {1, 1}, "control character (0x7F)"},
      {"\xC3\xA4\xC2\x85", {1, 3}, "control character (0x85)"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const auto flaw = pawl::flaw_of_text(row.text);
    REQUIRE(flaw);
    CHECK(flaw->place() == row.place);
    CHECK(flaw->message.find(row.piece) != std::string::npos);
  }
}
