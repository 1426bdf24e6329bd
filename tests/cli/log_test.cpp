// Words for the person at the terminal, and fields out of stored JSON.
#include "cli/log.h"

#include <doctest/doctest.h>

#include <array>
#include <nlohmann/json.hpp>
#include <string>

#include "cli/json_field.h"
#include "engine/time.h"
#include "tests/cli/captured.h"

namespace pawl::test {

using nlohmann::json;

namespace {

std::string logged(LogLevel shown, LogFormat format, LogLevel level, const std::string& text) {
  return captured(stderr, [&] { Log(shown, format).write(level, text); });
}

}  // namespace

TEST_CASE("a level above the one that was asked for says nothing") {
  constexpr std::array levels{LogLevel::error, LogLevel::warn, LogLevel::info, LogLevel::debug,
                              LogLevel::trace};
  for (const LogLevel shown : levels) {
    for (const LogLevel level : levels) {
      CAPTURE(static_cast<int>(shown));
      CAPTURE(static_cast<int>(level));
      CHECK(logged(shown, LogFormat::text, level, "x").empty() == (level > shown));
      CHECK(Log(shown, LogFormat::text).shows(level) == (level <= shown));
    }
  }
}

TEST_CASE("a line of text names its level, unless it is the usual one") {
  const auto line = [](LogLevel level) {
    return logged(LogLevel::trace, LogFormat::text, level, "words");
  };
  CHECK(line(LogLevel::error) == "pawl: error: words\n");
  CHECK(line(LogLevel::warn) == "pawl: warn: words\n");
  CHECK(line(LogLevel::info) == "pawl: words\n");
  CHECK(line(LogLevel::debug) == "pawl: debug: words\n");
  CHECK(captured(stderr, [] { Log(LogLevel::info, LogFormat::text).error("e"); }) ==
        "pawl: error: e\n");
}

TEST_CASE("a log is wrapped below its first word on a terminal, but for programs never") {
  const auto shown = [](LogFormat format) {
    return on_terminal(stderr, {24, 24}, [format] {
      Log(LogLevel::info, format).warn("it waits: `pawl approve`\nor not");
    });
  };
  CHECK(shown(LogFormat::text) ==
        "pawl: warn: it waits:\n      `pawl approve`\npawl: warn: or not\n");
  CHECK(lines_of(shown(LogFormat::json)).size() == 1);
}

TEST_CASE("a log obeys no control character, and keeps the lines of a report") {
  CHECK(logged(LogLevel::info, LogFormat::text, LogLevel::info, "a\x1b[31mb\r\n  c\n") ==
        "pawl: a [31mb\n  c\n\n");
  CHECK(logged(LogLevel::info, LogFormat::text, LogLevel::warn, "a\n  b\nc") ==
        "pawl: warn: a\npawl: warn:   b\npawl: warn: c\n");
  for (const std::string& text : hostile_texts()) {
    const std::string line = logged(LogLevel::info, LogFormat::text, LogLevel::warn, text);
    CAPTURE(text.substr(0, 40));
    for (const char c : line)
      CHECK((static_cast<unsigned char>(c) >= 0x20 || c == '\n'));
    CHECK(line.ends_with('\n'));
  }
}

TEST_CASE("each message of a JSON log is one line with one object, whatever its text") {
  for (const std::string& text : hostile_texts()) {
    CAPTURE(text.substr(0, 40));
    const std::string line = logged(LogLevel::info, LogFormat::json, LogLevel::warn, text);
    CHECK(lines_of(line).size() == 1);
    REQUIRE(json::accept(line));
    const json object = json::parse(line);
    CHECK(object.size() == 3);
    CHECK(object["level"] == "warn");
    CHECK(parse_utc(object["time"].get<std::string>()));
    CHECK(object["message"].is_string());
  }
  const std::string line = logged(LogLevel::info, LogFormat::json, LogLevel::info, "a\n\"b\"");
  CHECK(json::parse(line)["message"] == "a\n\"b\"");
}

TEST_CASE("a field of stored JSON is its text, and nothing where there is none") {
  CHECK(text_field(R"({"reason":"too many","n":1})", "reason") == "too many");
  CHECK(text_field(R"({"reason":"a\nb"})", "reason") == "a\nb");
  for (const char* stored :
       {"", "{", "null", "[]", "7", "\"reason\"", "{}", R"({"reason":null})", R"({"reason":7})",
        R"({"reason":["a"]})", R"({"Reason":"a"})", R"({"in":{"reason":"a"}})", "\xff"}) {
    CAPTURE(stored);
    CHECK(text_field(stored, "reason") == "");
  }
  CHECK(text_field(std::string(300'000, '[') + std::string(300'000, ']'), "reason") == "");
}

}  // namespace pawl::test
