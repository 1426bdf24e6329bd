#include "workflows/durations.h"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

using pawl::Duration;
using pawl::parse_duration;

TEST_CASE("a duration is digits and one unit") {
  const std::vector<std::pair<std::string, long>> good{
      {"500ms", 500},
      {"30s", 30'000},
      {"10m", 600'000},
      {"2h", 7'200'000},
      {"7d", 604'800'000},
      {"0s", 0},
      {"0ms", 0},
      {"05m", 300'000},
      {"3650d", 315'360'000'000},
      {"4294967295ms", 4'294'967'295},
  };
  for (const auto& row : good) {
    const auto& [text, count] = row;
    CAPTURE(row.first);
    CHECK(parse_duration(text) == Duration{count});
  }
}

TEST_CASE("what is no duration, or longer than ten years, is refused") {
  for (const std::string text : {"",
                                 "0",
                                 "30",
                                 "s",
                                 "ms",
                                 "-5s",
                                 "+5s",
                                 "1.5h",
                                 "1h30m",
                                 "5 s",
                                 " 5s",
                                 "5s ",
                                 "5S",
                                 "5sec",
                                 "5w",
                                 "3651d",
                                 "87601h",
                                 "4294967296ms",
                                 "99999999999999999999s",
                                 "0x5s",
                                 "5\0s",
                                 "\xC2\xB5s"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_duration(text));
  }
}

TEST_CASE("what format_duration writes is read back") {
  for (const long count : {0L, 1L, 999L, 1'000L, 90'000L, 3'600'000L, 86'400'000L, 604'800'001L}) {
    CAPTURE(count);
    CHECK(parse_duration(pawl::format_duration(Duration{count})) == Duration{count});
  }
}
