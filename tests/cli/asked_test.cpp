#include "cli/asked.h"

#include <doctest/doctest.h>

using namespace pawl;
using namespace std::chrono_literals;

namespace {

constexpr Instant pulled_at = std::chrono::sys_days{std::chrono::year{2026} / 11 / 22} + 10h;

Lever lever_of(LeverKind kind, const char* target, const char* by) {
  return {7, pulled_at, kind, "fleet-1", target, by, ""};
}

}  // namespace

TEST_CASE("nothing is said where everything has been answered") {
  CHECK(words_of(std::vector<Lever>{}).empty());
  CHECK(asked_json({}) == "[]");
}

TEST_CASE("what nobody has answered is told with who asked and when, and cannot move a cursor") {
  const std::vector<Lever> asked{lever_of(LeverKind::pause, "", "ops@host"),
                                 lever_of(LeverKind::approve, "canary\x1b", "ops@host")};
  const auto words = words_of(asked);
  REQUIRE(words.size() == 2);
  CHECK(words[0] ==
        "pause, asked for by ops@host at 2026-11-22T10:00:00.000Z, is not answered yet");
  CHECK(words[1].rfind("approve canary", 0) == 0);
  CHECK(words[1].find('\x1b') == std::string::npos);
  CHECK(asked_json({asked[0]}) == R"([{"kind":"pause","target":null,"by":"ops@host","reason":null,)"
                                  R"("asked":"2026-11-22T10:00:00.000Z"}])");
}

TEST_CASE("many that wait take three lines") {
  const std::vector<Lever> asked(600, lever_of(LeverKind::retry, "a", "ops@host"));
  const auto words = words_of(asked);
  REQUIRE(words.size() == 3);
  CHECK(words[2] == "nor are 598 more of what was asked for");
}
