#include "engine/time.h"

#include <doctest/doctest.h>

#include <chrono>
#include <string>

#include "tests/support/dice.h"

using namespace std::chrono_literals;
using pawl::Duration;
using pawl::format_duration;
using pawl::format_utc;
using pawl::Instant;
using pawl::parse_utc;

namespace {
Instant day(int year, unsigned month, unsigned of_month) {
  return std::chrono::sys_days{std::chrono::year{year} / static_cast<int>(month) /
                               static_cast<int>(of_month)};
}
}  // namespace

TEST_CASE("a time is written in UTC with milliseconds") {
  CHECK(format_utc(Instant{}) == "1970-01-01T00:00:00.000Z");
  CHECK(format_utc(day(2026, 11, 22) + 10h + 7ms) == "2026-11-22T10:00:00.007Z");
  CHECK(format_utc(day(2024, 2, 29) + 23h + 59min + 59'999ms) == "2024-02-29T23:59:59.999Z");
  CHECK(format_utc(day(1969, 12, 31) + 23h) == "1969-12-31T23:00:00.000Z");
  CHECK(format_utc(day(33, 4, 3)) == "0033-04-03T00:00:00.000Z");
}

TEST_CASE("what is written is read back, over the whole calendar") {
  pawl::test::Dice dice(1);
  const Instant first = day(0, 1, 1);
  const auto span = static_cast<std::size_t>((day(10'000, 1, 1) - first).count());
  for (int i = 0; i < 2'000; ++i) {
    const Instant at = first + Duration{static_cast<long>(dice.below(span))};
    CAPTURE(format_utc(at));
    CHECK(parse_utc(format_utc(at)) == at);
  }
}

TEST_CASE("a time beyond the calendar is cut to it, and can be read back") {
  CHECK(format_utc(day(10'000, 1, 1)) == "9999-12-31T23:59:59.999Z");
  CHECK(format_utc(Instant::max()) == "9999-12-31T23:59:59.999Z");
  CHECK(format_utc(day(0, 1, 1) - 1ms) == "0000-01-01T00:00:00.000Z");
  CHECK(format_utc(Instant::min()) == "0000-01-01T00:00:00.000Z");
}

TEST_CASE("anything else than what is written is not read") {
  for (const char* text : {"",
                           "2026-11-22",
                           "2026-11-22T10:00:00Z",
                           "2026-11-22T10:00:00.00Z",
                           "2026-11-22T10:00:00.000",
                           "2026-11-22T10:00:00.000+",
                           "2026-11-22t10:00:00.000Z",
                           "2026-11-22 10:00:00.000Z",
                           "2026-11-22T10:00:00.0000Z",
                           " 2026-11-22T10:00:00.000Z",
                           "2026-02-29T10:00:00.000Z",
                           "2026-13-01T10:00:00.000Z",
                           "2026-00-01T10:00:00.000Z",
                           "2026-01-00T10:00:00.000Z",
                           "2026-04-31T10:00:00.000Z",
                           "2026-11-22T24:00:00.000Z",
                           "2026-11-22T10:60:00.000Z",
                           "2026-11-22T10:00:60.000Z",
                           "+026-11-22T10:00:00.000Z",
                           "2026-11-22T10:00:-1.000Z",
                           "2026-11-22T1a:00:00.000Z"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_utc(text).has_value());
  }
  CHECK_FALSE(parse_utc(std::string("2026-11-22T10:00:00.000Z\0", 25)).has_value());
}

TEST_CASE("a duration is written in the largest unit that divides it") {
  struct Example {
    Duration duration;
    const char* text;
  };
  const Example examples[] = {{0ms, "0s"},    {1ms, "1ms"},   {1'500ms, "1500ms"},
                              {30s, "30s"},   {90s, "90s"},   {10min, "10m"},
                              {90min, "90m"}, {24h, "1d"},    {36h, "36h"},
                              {168h, "7d"},   {-30s, "-30s"}, {1h + 1ms, "3600001ms"}};
  for (const Example& example : examples) {
    CAPTURE(example.text);
    CHECK(format_duration(example.duration) == example.text);
  }
}
