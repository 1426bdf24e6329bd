#include "workflows/yaml_reader.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using pawl::Mistake;
using pawl::Place;
using pawl::read_yaml;
using pawl::YamlNode;

namespace {

std::string repeated(std::string_view part, std::size_t bytes) {
  std::string text;
  while (text.size() + part.size() <= bytes)
    text += part;
  return text;
}

}  // namespace

TEST_CASE("a tree knows its kinds and places") {
  const auto reading = read_yaml("a: 1\nb: \"1\"\nc: [x, 'y']\nd:\ne: {f: ~}\n");
  REQUIRE(reading.root);
  CHECK(reading.mistakes.empty());
  const YamlNode& root = *reading.root;
  CHECK(root.kind == YamlNode::Kind::mapping);
  CHECK(root.find("a")->kind == YamlNode::Kind::plain);
  CHECK(root.find("b")->kind == YamlNode::Kind::quoted);
  CHECK(root.find("b")->place == Place{2, 4});
  CHECK(root.find("c")->items[1].text == "y");
  CHECK(root.find("c")->items[1].place == Place{3, 8});
  CHECK(root.find("d")->kind == YamlNode::Kind::null);
  CHECK(root.find("e")->find("f")->kind == YamlNode::Kind::null);
  CHECK(root.keys[4].place == Place{5, 1});
  CHECK(root.find("g") == nullptr);
}

TEST_CASE("what could hide something from a reader is a mistake") {
  struct Row {
    std::string text;
    Place place;
    std::string piece;
  };
  const std::vector<Row> rows{
      {"", {1, 1}, "the file is empty"},
      {"# nothing\n", {1, 1}, "the file is empty"},
      {"a: 1\n---\nb: 2\n", {2, 1}, "a second document"},
      {"a: 1\n...\nb: 2\n", {3, 1}, "a second document"},
      {"a: 1\nb: 2\na: 3\n", {3, 1}, "the key `a` stands here again; it stands in line 1"},
      {"{\"a\": 1, a: 2}", {1, 10}, "the key `a` stands here again"},
      {"x: {a: 1, 'a': 2}", {1, 11}, "the key `a` stands here again"},
      {"a: &x 1\n", {1, 4}, "an anchor"},
      {"a: *x\n", {1, 4}, "the referenced anchor is not defined"},
      {"a: !!binary abc\n", {1, 4}, "a tag"},
      {"a: !x [1]\n", {1, 4}, "a tag"},
      {"a: !x {b: 1}\n", {1, 4}, "a tag"},
      {"!x a: 1\n", {1, 1}, "a tag"},
      {"[k]: v\n", {1, 1}, "a key must be a word"},
      {"? {a: 1}\n: v\n", {1, 3}, "a key must be a word"},
      {"~: v\n", {1, 1}, "a key must be a word"},
      {"\"\": v\n", {1, 1}, "a key must be a word"},
      {"a: \"cut off\n", {1, 4}, "never closed"},
      {"a: 'cut off''\n", {1, 4}, "never closed"},
      {"a: \"cut off\\\"\n", {1, 4}, "never closed"},
      {"a: [1, 2\n", {2, 1}, "end of sequence flow not found"},
      {"a: {b: 1\n", {2, 1}, "end of map flow not found"},
      {"a: b: c\n", {1, 5}, "illegal map value"},
      {"a: 1\n\tb: 2\n", {2, 1}, "illegal tab"},
      {"a: @x\n", {1, 4}, "unknown token"},
      {"a: 1\n]\n", {2, 1}, "illegal flow end"},
      {"a: \"\\q\"\n", {1, 7}, "unknown escape"},
      {"%YAML 3.0\n---\na: 1\n", {1, 1}, "YAML major version too large"},
      {"a: \xFF\n", {1, 4}, "not UTF-8"},
      {std::string("a: \0\n", 5), {1, 4}, "control character"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const auto reading = read_yaml(row.text);
    REQUIRE(reading.mistakes.size() == 1);
    CHECK(reading.mistakes[0].place() == row.place);
    CHECK_MESSAGE(reading.mistakes[0].message.find(row.piece) != std::string::npos,
                  reading.mistakes[0].message);
  }
}

TEST_CASE("anchors with their aliases are refused one by one, and nothing is expanded") {
  const auto reading = read_yaml("a: &x [1, 1]\nb: &y [*x, *x]\nc: *y\n");
  CHECK(reading.mistakes.size() == 5);
  REQUIRE(reading.root);
  CHECK(reading.root->find("c")->kind == YamlNode::Kind::broken);
}

TEST_CASE("of a repeated key the first value is kept") {
  const auto reading = read_yaml("a: 1\nb: 2\na: 3\na: 4\n");
  REQUIRE(reading.root);
  CHECK(reading.mistakes.size() == 2);
  CHECK(reading.root->keys.size() == 2);
  CHECK(reading.root->find("a")->text == "1");
}

TEST_CASE("quotes that are closed are taken, however they end") {
  for (const std::string text :
       {"a: \"\"", "a: ''", "a: 'it''s'", "a: \"x\\\\\"", "a: \"x\\\"y\"", "a: \"two\n  lines\"",
        "{\"a\":\"b\"}", "a: don't", "a: |\n  \"x\n"}) {
    CAPTURE(text);
    CHECK(read_yaml(text).mistakes.empty());
  }
}

TEST_CASE("thirty-two levels are read, and one more is refused without descending further") {
  const auto flow = [](std::size_t n) { return std::string(n, '[') + std::string(n, ']'); };
  CHECK(read_yaml(flow(32)).mistakes.empty());
  const auto deep = read_yaml(flow(33));
  REQUIRE(deep.mistakes.size() == 1);
  CHECK(deep.mistakes[0].place() == Place{1, 33});
  std::string block;
  for (std::size_t i = 0; i < 1'000; ++i)
    block += std::string(i, ' ') + "a:\n";
  const auto nested = read_yaml(block);
  REQUIRE(nested.mistakes.size() == 1);
  CHECK(nested.mistakes[0].place() == Place{33, 33});
  CHECK(nested.mistakes[0].message.find("deeper than 32 levels") != std::string::npos);
}

TEST_CASE("a file above one mebibyte is refused unread") {
  const auto big = read_yaml(std::string(10'000'000, '['));
  REQUIRE(big.mistakes.size() == 1);
  CHECK(
      big.mistakes[0] ==
      Mistake{1, 1, "the file has more than 1048576 bytes (1 MiB), the most that a plan may have"});
  CHECK(read_yaml("a: " + std::string(pawl::yaml_bytes_max - 3, 'x')).mistakes.empty());
  CHECK(read_yaml("a: " + std::string(pawl::yaml_bytes_max - 2, 'x')).mistakes.size() == 1);
}

TEST_CASE("a mebibyte of any hostile pattern is refused or read, and the stack holds") {
  for (const std::string_view part :
       {"[",       "{",       "- ",   "? ",       "[[],",   "{a: ", "a: {", "[a: ", "\"",
        "'",       "!",       "&a ",  "*a ",      "? - ",   "[?",   "-\n",  "|\n",  ":\n ",
        "[,",      "x: y\n",  "a: [", "#\n",      "--- \n", "%\n",  "\t",   "{[",   "!!a ",
        "? a\n: ", "[\"a\":", "a ",   "\xC3\xA4", "\r",     "\n"}) {
    CAPTURE(part);
    const auto reading = read_yaml(repeated(part, pawl::yaml_bytes_max));
    CHECK((reading.root || !reading.mistakes.empty()));
  }
}
