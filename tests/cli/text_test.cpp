// What came from outside is shown, never obeyed.
#include "cli/text.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "tests/cli/captured.h"

namespace pawl::test {

namespace {

bool has_controls(const std::string& text) {
  return std::any_of(text.begin(), text.end(),
                     [](unsigned char c) { return c < 0x20 || c == 0x7F; });
}

}  // namespace

TEST_CASE("a printable text is one line without control characters") {
  for (const std::string& text : hostile_texts()) {
    CAPTURE(text.substr(0, 40));
    const std::string shown = printable(text);
    CHECK_FALSE(has_controls(shown));
    CHECK(printable(shown) == shown);
  }
  CHECK(printable("two\nlines") == "two lines");
  CHECK(printable("a\xff"
                  "b") == "a?b");
  CHECK(printable("") == "");
  CHECK(printable(std::string(5'000, 'x')).size() == 5'000);
}

TEST_CASE("printable lines keep their ends and their indent, and nothing else that moves") {
  CHECK(printable_lines("a\n  b\n\nc\n") == "a\n  b\n\nc\n");
  CHECK(printable_lines("   ") == "   ");
  CHECK(printable_lines("") == "");
  CHECK(printable_lines("a\r\n\x1b[2Jb\tc") == "a\n[2Jb c");
  for (const std::string& text : hostile_texts()) {
    CAPTURE(text.substr(0, 40));
    std::string shown = printable_lines(text);
    CHECK(std::count(shown.begin(), shown.end(), '\n') ==
          std::count(text.begin(), text.end(), '\n'));
    std::erase(shown, '\n');
    CHECK_FALSE(has_controls(shown));
  }
}

TEST_CASE("a text is cut to its columns, between characters") {
  struct Row {
    const char* text;
    std::size_t columns;
    const char* cut;
  };
  const Row rows[] = {
      {"", 0, ""},
      {"abc", 0, ""},
      {"abc", 1, "\u2026"},
      {"abc", 2, "a\u2026"},
      {"abc", 3, "abc"},
      {"abc", 9, "abc"},
      {"\u00e4\u00f6\u00fc", 3, "\u00e4\u00f6\u00fc"},
      {"\u00e4\u00f6\u00fc!", 3, "\u00e4\u00f6\u2026"},
      {"\u6578\u64da\u5eab", 6, "\u6578\u64da\u5eab"},
      {"\u6578\u64da\u5eab", 5, "\u6578\u64da\u2026"},
      {"\u6578\u64da\u5eab", 4, "\u6578\u2026"},
      {"\u6578\u64da\u5eab", 1, "\u2026"},
      {"e\u0301a\u0308", 2, "e\u0301a\u0308"},
      {"e\u0301a\u0308o", 2, "e\u0301\u2026"},
      {"\U0001F600\U0001F469", 3, "\U0001F600\u2026"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CAPTURE(row.columns);
    CHECK(cut(row.text, row.columns) == row.cut);
    CHECK(columns_of(cut(row.text, row.columns)) <= row.columns);
  }
  CHECK(columns_of("\u20ac5") == 2);
  CHECK(columns_of("\u6578\u64da5") == 5);
  CHECK(columns_of("\uff21\uac00\U0001F4BB") == 6);
  CHECK(columns_of("e\u0301\u0300\u0316\ufe0f") == 1);
  CHECK(columns_of("\u1112\u1161\u11ab") == 2);
  CHECK(columns_of("\xff\xfe") == 2);
}

TEST_CASE("a line is broken between words, and a command to copy is one of them") {
  using Lines = std::vector<std::string>;
  struct Row {
    const char* text;
    std::size_t columns, indent;
    Lines lines;
  };
  const Row rows[] = {
      {"", 10, 2, {""}},
      {"one two three", 0, 2, {"one two three"}},
      {"one two three", 13, 2, {"one two three"}},
      {"one two three", 12, 2, {"one two", "  three"}},
      {"one two three", 5, 1, {"one", " two", " three"}},
      {"one two three", 9, 9, {"one two", "   three"}},  // no more indent than a third
      {"  one two", 6, 2, {"  one", "  two"}},
      {"name      one two three", 20, 6, {"name      one two", "      three"}},
      {"one twelve-letters", 8, 2, {"one", "  twelve-letters"}},
      {"twelve-letters one", 8, 2, {"twelve-letters", "  one"}},
      {"say `a b c`, then", 12, 2, {"say `a b c`,", "  then"}},
      {"say it `a b c`", 12, 2, {"say it", "  `a b c`"}},
      {"say `a b c`, then", 9, 2, {"say `a b", "  c`,", "  then"}},  // there is no room for it
      {"it `is a", 7, 2, {"it `is", "  a"}},
      {"one two\nthree four five", 10, 2, {"one two", "three four", "  five"}},
      {"\u00e4\u00e4 \u00f6\u00f6", 5, 2, {"\u00e4\u00e4 \u00f6\u00f6"}},
      {"one \n", 3, 2, {"one", ""}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CAPTURE(row.columns);
    CHECK(wrapped(row.text, row.columns, row.indent) == row.lines);
  }
}

TEST_CASE("words are wrapped on a terminal, and in a file they are not") {
  const std::string words = "a person must decide about a run";
  CHECK(captured(stdout, [&] { print_words(words); }) == words + "\n");
  CHECK(on_terminal(stdout, {20, 24}, [&] { print_words(words); }) ==
        "a person must decide\n  about a run\n");
}

TEST_CASE("a file is no terminal, so the other width is taken") {
  captured(stdout, [] { CHECK(terminal_columns(1, 77) == 77); });
  CHECK(terminal_columns(-1, 77) == 77);
}

}  // namespace pawl::test
