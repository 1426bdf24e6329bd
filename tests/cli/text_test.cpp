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
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CAPTURE(row.columns);
    CHECK(cut(row.text, row.columns) == row.cut);
    CHECK(columns_of(cut(row.text, row.columns)) <= row.columns);
  }
  CHECK(columns_of("\u20ac5") == 2);
}

TEST_CASE("a file is no terminal, so the other width is taken") {
  captured(stdout, [] { CHECK(terminal_columns(1, 77) == 77); });
  CHECK(terminal_columns(-1, 77) == 77);
}

}  // namespace pawl::test
