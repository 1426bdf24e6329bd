#include "engine/io/command_output.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

using namespace pawl;

namespace {

std::string kept(std::string_view bytes) {
  CommandOutput output;
  output.add(bytes);
  return output.text();
}

}  // namespace

TEST_CASE("what is no legible UTF-8 is shown as such, byte by byte") {
  const std::string mark = "\xEF\xBF\xBD";
  struct Row {
    std::string bytes, text;
  };
  const std::vector<Row> rows{
      {"plain\n\ttext", "plain\n\ttext"},
      {"\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x90\x98", "\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x90\x98"},
      {"\x1B[31m", mark + "[31m"},
      {std::string("a\0b", 3), "a" + mark + "b"},
      {"\x7F\r", mark + mark},
      {"\xFF", mark},
      {"\xC3", mark},
      {"\xC0\xAF", mark + mark},
      {"\xED\xA0\x80", mark + mark + mark},
      {"\xF4\x90\x80\x80", mark + mark + mark + mark},
      {"\xE2\x82", mark + mark},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(kept(row.bytes) == row.text);
  }
}

TEST_CASE("a long output keeps its beginning and its end, however it comes") {
  CommandOutput whole, parts;
  std::string bytes;
  for (int i = 0; i < 20'000; ++i)
    bytes += std::to_string(i) + "\n";
  whole.add(bytes);
  for (std::size_t at = 0; at < bytes.size(); at += 7)
    parts.add(std::string_view(bytes).substr(at, 7));
  CHECK(whole.text() == parts.text());
  CHECK(whole.text().starts_with("0\n1\n2\n"));
  CHECK(whole.text().ends_with("19998\n19999\n"));
  const std::string note =
      "[" + std::to_string(bytes.size() - CommandOutput::bytes_max) + " bytes left out]";
  CHECK(whole.text().find(note) != std::string::npos);
  CHECK(kept(std::string(CommandOutput::bytes_max, 'x')) ==
        std::string(CommandOutput::bytes_max, 'x'));
}
