#include "cli/asked.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

using namespace pawl;
using namespace std::chrono_literals;

namespace {

constexpr Instant pulled_at = std::chrono::sys_days{std::chrono::year{2026} / 11 / 22} + 10h;

AskedLever lever_of(const char* kind, const char* target) {
  return {pulled_at, kind, target, "ops@host", ""};
}

}  // namespace

TEST_CASE("nothing is said where everything has been answered") {
  CHECK(words_of(std::vector<AskedLever>{}).empty());
  CHECK(dump(asked_json({})) == "[]");
}

TEST_CASE("what nobody has answered is told with who asked and when, and cannot move a cursor") {
  const std::vector<AskedLever> asked{lever_of("pause", ""), lever_of("approve", "canary\x1b")};
  const auto words = words_of(asked);
  REQUIRE(words.size() == 2);
  CHECK(words[0] ==
        "pause, asked for by ops@host at 2026-11-22T10:00:00.000Z, is not answered yet");
  CHECK(words[1].rfind("approve canary", 0) == 0);
  CHECK(words[1].find('\x1b') == std::string::npos);
  CHECK(dump(asked_json({asked[0]})) ==
        R"([{"kind":"pause","target":null,"by":"ops@host","reason":null,)"
        R"("asked":"2026-11-22T10:00:00.000Z"}])");
}

TEST_CASE("many that wait take three lines") {
  std::vector<AskedLever> asked(3, lever_of("retry", "a"));
  CHECK(words_of(asked).size() == 3);
  CHECK(words_of(asked)[2] == words_of(asked)[0]);
  asked.push_back(lever_of("skip", "b"));
  REQUIRE(words_of(asked).size() == 3);
  CHECK(words_of(asked)[2] == "nor are 2 more of what was asked for");
}
