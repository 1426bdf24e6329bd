// Tables for people; JSON, NDJSON and CSV for programs, valid whatever the texts hold.
#include "cli/rows.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/obligation_rows.h"
#include "cli/text.h"
#include "tests/cli/captured.h"

namespace pawl::test {

using nlohmann::json;

namespace {

const std::vector<Column> columns{{"name", "NAME", 20}, {"count", "COUNT", 10}, {"data", "", 0}};

/// A reader of RFC 4180 that is as strict as the RFC: records end in CRLF, a quote stands only
/// around a field or doubled inside one.
std::vector<std::vector<std::string>> read_csv(const std::string& text) {
  std::vector<std::vector<std::string>> records{{""}};
  std::size_t at = 0;
  while (at < text.size()) {
    std::string& field = records.back().back();
    if (text[at] == '"') {
      REQUIRE(field.empty());
      for (++at;; ++at) {
        REQUIRE(at < text.size());
        if (text[at] != '"') {
          field += text[at];
        } else if (text.substr(at, 2) == "\"\"") {
          field += text[at++];
        } else {
          break;
        }
      }
      ++at;
      REQUIRE((text.substr(at, 1) == "," || text.substr(at, 2) == "\r\n"));
    } else if (text[at] == ',') {
      records.back().emplace_back();
      ++at;
    } else if (text.substr(at, 2) == "\r\n") {
      records.push_back({""});
      at += 2;
    } else {
      REQUIRE((text[at] != '\r' && text[at] != '\n'));
      field += text[at++];
    }
  }
  REQUIRE(records.back() == std::vector<std::string>{""});  // the last record is ended too
  records.pop_back();
  return records;
}

std::vector<std::vector<Cell>> hostile_rows() {
  std::vector<std::vector<Cell>> rows;
  for (const std::string& text : hostile_texts())
    rows.push_back({Cell::of(text), Cell::of(std::int64_t{-7}), Cell::json(R"({"a":"b,\"c\""})")});
  return rows;
}

/// A replacement character wherever the text is no UTF-8, as a JSON reader sees it.
std::string as_json_text(const std::string& text) {
  return json::parse(json(text).dump(-1, ' ', false, json::error_handler_t::replace));
}

}  // namespace

TEST_CASE("a table is as wide as its widest text, and no wider than its column may be") {
  const std::vector<std::vector<Cell>> rows{
      {Cell::of("orders-1"), Cell::of(std::int64_t{5}), Cell::json("{}")},
      {Cell{}, Cell::of(std::int64_t{1'234'567'890'123}), Cell{}},
      {Cell::of("a name that is too long by far"), Cell{}, Cell{}}};
  // In a pipe nothing is cut: what is read there is not looked at in columns alone.
  CHECK(lines_of(printed(Format::table, columns, rows)) ==
        std::vector<std::string>{
            "NAME                            COUNT", "orders-1                        5",
            "-                               1234567890123", "a name that is too long by far  -"});
  CHECK(lines_of(printed_on_terminal(Format::table, columns, rows)) ==
        std::vector<std::string>{"NAME                  COUNT", "orders-1              5",
                                 "-                     123456789\u2026",
                                 "a name that is too \u2026  -"});
  CHECK(printed(Format::table, columns, {}) == "NAME  COUNT\n");
}

TEST_CASE("a sentence that has no room beside what it is about stands below it, and whole") {
  const std::vector<Column> with_below{
      {"name", "NAME", 20}, {"why", "WHY", 20, "why"}, {"count", "COUNT", 10}};
  const std::string sentence = "it is a replica, which its primary takes along";
  const std::vector<std::vector<Cell>> rows{
      {Cell::of("orders-1"), Cell{}, Cell::of(std::int64_t{5})},
      {Cell::of("orders-2"), Cell::of(sentence), Cell::of(std::int64_t{6})}};
  const std::vector<std::string> whole{"NAME      COUNT", "orders-1  5", "orders-2  6",
                                       "    why: " + sentence};
  CHECK(lines_of(printed_on_terminal(Format::table, with_below, rows)) == whole);
  using Lines = std::vector<std::string>;
  CHECK(table_lines(with_below, rows, 30).back() ==
        Lines{"orders-2  6", "    why: it is a replica,", "      which its primary takes",
              "      along"});
  CHECK(json::parse(printed(Format::json, with_below, rows))[1]["why"] == sentence);
}

TEST_CASE("a sentence stands beside what it is about where all of them fit, and says something") {
  const std::vector<Column> with_sentence{
      {"name", "NAME", 20}, {"why", "WHY", any_columns, "why", true}, {"count", "COUNT", 10}};
  const auto lines = [&](const std::string& sentence) {
    return lines_of(printed_on_terminal(Format::table, with_sentence,
                                        {{Cell::of("a"), Cell::of(sentence), Cell::of("5")}}));
  };
  using Lines = std::vector<std::string>;
  CHECK(lines("it is a replica") ==
        Lines{"NAME  WHY              COUNT", "a     it is a replica  5"});
  const std::string longest(200 - 6 - 7, 'x'), longer = longest + "x";
  CHECK(lines(longest) ==
        Lines{"NAME  WHY" + std::string(186, ' ') + "COUNT", "a     " + longest + "  5"});
  CHECK(lines(longer) == Lines{"NAME  COUNT", "a     5", "    why: " + longer});
  CHECK(lines("") == Lines{"NAME  COUNT", "a     5"});
  // Of more rows than are kept back nobody knows whether they all fit.
  const auto below = [&](std::size_t count) {
    const std::vector<std::vector<Cell>> rows(count, {Cell::of("a"), Cell::of("b"), Cell{}});
    return lines_of(printed_on_terminal(Format::table, with_sentence, rows))[2] == "    why: b";
  };
  CHECK_FALSE(below(500));
  CHECK(below(501));
  // In a pipe each column is always there.
  CHECK(lines_of(printed(Format::table, with_sentence, {{Cell::of("a"), Cell{}, Cell::of("5")}})) ==
        Lines{"NAME  WHY  COUNT", "a     -    5"});
}

TEST_CASE("a list of obligations says what to do and what was done, and names what has a name") {
  StoredObligation named;
  named.number = 7;
  named.instance_id = std::string(32, 'a') + "in03";
  named.name = "orders-1";
  named.kind = "old_instance";
  named.text = "release the old instance once nothing needs it any more, for it is billed still";
  named.closed = {Instant{}, "someone-of-a-long-name@host", "it was released with ticket 4711"};
  StoredObligation nameless = named;
  nameless.name.clear();
  const unsigned short widths[] = {60, 80, 120, 160, 200, 260, 300};
  for (const unsigned short width : widths) {
    CAPTURE(width);
    const auto lines = lines_of(on_terminal(stdout, {width, 24}, [&] {
      print_obligations(Format::table, std::vector{named, nameless}, obligation_columns());
    }));
    std::string all;
    for (const std::string& line : lines) {
      CHECK(columns_of(line) <= width);
      all += line.substr(std::min(line.find_first_not_of(' '), line.size())) + " ";
    }
    for (const std::string& whole : {named.text, named.closed->by, named.closed->reason})
      CHECK_MESSAGE(all.find(whole) != std::string::npos, all);
    CHECK((all.find("do: " + named.text) != std::string::npos) == (width < 300));
    CHECK((lines[1].find(named.instance_id) == std::string::npos) == (width < 110));
    CHECK(lines.back().find("ticket 4711") != std::string::npos);
    CHECK(all.find("7       " + named.instance_id) != std::string::npos);
  }
}

TEST_CASE("of a row that comes when the widths are known nothing is cut that has room") {
  const std::vector<Column> seq_and_state{{"seq", "SEQ", 10}, {"state", "STATE", 14}};
  std::vector<std::vector<Cell>> rows(501, {Cell::of("1"), Cell::of("ok")});
  rows.push_back({Cell::of("1000"), Cell::of("needs_operator")});
  const auto lines = lines_of(printed_on_terminal(Format::table, seq_and_state, rows));
  CHECK(lines.back() == "1000  needs_operator");
}

TEST_CASE("a table lines up by characters, and stays in line for rows that come late") {
  std::vector<std::vector<Cell>> rows;
  for (int count = 0; count < 600; ++count)
    rows.push_back({Cell::of("n\u00e4me"), Cell::of(std::int64_t{count}), Cell{}});
  rows.push_back({Cell::of("longer than those before"), Cell::of(std::int64_t{1}), Cell{}});
  const auto lines = lines_of(printed(Format::table, columns, rows));
  REQUIRE(lines.size() == 602);
  CHECK(lines[1] == "n\u00e4me  0");
  CHECK(lines[600] == "n\u00e4me  599");
  CHECK(lines[601] == "longer than those before  1");
}

TEST_CASE("a table shows one line a row, whatever the texts hold") {
  const auto rows = hostile_rows();
  const auto lines = lines_of(printed_on_terminal(Format::table, columns, rows));
  CHECK(lines.size() == rows.size() + 1);
  CHECK(lines_of(printed(Format::table, columns, rows)).size() == lines.size());
  for (const std::string& line : lines) {
    CAPTURE(line);
    CHECK(printable(line).size() <= line.size());
    CHECK(line.find('\x1b') == std::string::npos);
    CHECK(columns_of(line) <= 20 + 2 + 10);
  }
}

TEST_CASE("CSV brings every text through a strict reader") {
  const auto records = read_csv(printed(Format::csv, columns, hostile_rows()));
  REQUIRE(records.size() == hostile_texts().size() + 1);
  CHECK(records[0] == std::vector<std::string>{"name", "count", "data"});
  for (std::size_t i = 0; i < hostile_texts().size(); ++i) {
    CAPTURE(i);
    CHECK(records[i + 1] ==
          std::vector<std::string>{hostile_texts()[i], "-7", R"({"a":"b,\"c\""})"});
  }
  CHECK(printed(Format::csv, columns, {}) == "name,count,data\r\n");
  CHECK(printed(Format::csv, columns, {{Cell{}, Cell{}, Cell{}}}) == "name,count,data\r\n,,\r\n");
  CHECK(printed(Format::csv, {{"a", "", 0}}, {{Cell::of("x\ny")}}) == "a\r\n\"x\ny\"\r\n");
}

TEST_CASE("CSV on a terminal is shown there, never obeyed") {
  const std::string shown = printed_on_terminal(Format::csv, {{"name", "", 0}},
                                                {{Cell::of("\x1b[31mred, \x1b]0;title\x07")}});
  CHECK(shown.find('\x1b') == std::string::npos);
  CHECK(shown.find("red, ") != std::string::npos);
}

TEST_CASE("JSON is one list and NDJSON one object a line, with the types of the cells") {
  const std::string whole = printed(Format::json, columns, hostile_rows());
  REQUIRE(json::accept(whole));
  const json list = json::parse(whole);
  const auto lines = lines_of(printed(Format::ndjson, columns, hostile_rows()));
  REQUIRE(list.size() == hostile_texts().size());
  REQUIRE(lines.size() == hostile_texts().size());
  for (std::size_t i = 0; i < lines.size(); ++i) {
    CAPTURE(i);
    REQUIRE(json::accept(lines[i]));
    CHECK(json::parse(lines[i]) == list[i]);
    CHECK(list[i]["name"] == as_json_text(hostile_texts()[i]));
    CHECK(list[i]["count"] == -7);
    CHECK(list[i]["data"]["a"] == "b,\"c\"");
  }
  CHECK(printed(Format::json, columns, {}) == "[]\n");
  CHECK(printed(Format::ndjson, columns, {}) == "");
  CHECK(printed(Format::ndjson, columns, {{Cell{}, Cell::of(""), Cell::json("null")}}) ==
        "{\"name\":null,\"count\":null,\"data\":null}\n");
}

TEST_CASE("a cell of JSON that is none, or nests without end, comes out as text") {
  const std::string deep = std::string(300'000, '[') + std::string(300'000, ']');
  for (const std::string& text :
       {std::string("{\"cut"), std::string(""), std::string("{} {}"), std::string("\xff"), deep}) {
    CAPTURE(text.substr(0, 20));
    const std::string line = printed(Format::ndjson, {{"data", "DATA", 10}}, {{Cell::json(text)}});
    REQUIRE(json::accept(line));
    CHECK(json::parse(line)["data"] == as_json_text(text));
  }
  const std::string brackets = R"({"a":"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\"[["})";
  const std::string line = printed(Format::ndjson, {{"data", "", 0}}, {{Cell::json(brackets)}});
  CHECK(json::parse(line)["data"].is_object());
}

TEST_CASE("one object is a line of JSON, or a header and one row of CSV") {
  const std::string object = R"({"name":"a,b","gone":null,"well":true,"n":7,"list":["x"]})";
  const auto as = [&](Format format) {
    return captured(stdout, [&] { print_object(format, object); });
  };
  CHECK(as(Format::json) == object + "\n");
  CHECK(as(Format::ndjson) == object + "\n");
  CHECK(read_csv(as(Format::csv)) ==
        std::vector<std::vector<std::string>>{{"name", "gone", "well", "n", "list"},
                                              {"a,b", "", "true", "7", "[\"x\"]"}});
}

TEST_CASE("the largest and the smallest number keep their digits") {
  for (const std::int64_t number : {INT64_MIN, std::int64_t{0}, INT64_MAX}) {
    const std::string line = printed(Format::ndjson, {{"n", "N", 30}}, {{Cell::of(number)}});
    CHECK(json::parse(line)["n"] == number);
  }
}

}  // namespace pawl::test
