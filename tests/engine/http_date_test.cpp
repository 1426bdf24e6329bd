#include "engine/http_date.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using pawl::CloudInstant;
using pawl::Duration;
using pawl::parse_http_date;
using pawl::parse_retry_after;

namespace {

std::string read(std::string_view text) {
  const auto at = parse_http_date(text);
  return at ? pawl::format_utc(at->at) : "refused";
}

}  // namespace

TEST_CASE("the three forms of an HTTP date name the same second") {
  for (const char* text : {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
                           "Sun Nov  6 08:49:37 1994", " \tSun, 06 Nov 1994 08:49:37 GMT "}) {
    CAPTURE(text);
    CHECK(read(text) == "1994-11-06T08:49:37.000Z");
  }
}

TEST_CASE("HTTP dates of every kind of day are read") {
  struct Row {
    const char* text;
    const char* expected;
  };
  for (const Row& row : {
           Row{"Thu, 29 Feb 2024 23:59:59 GMT", "2024-02-29T23:59:59.000Z"},
           Row{"Thu, 01 Jan 1970 00:00:00 GMT", "1970-01-01T00:00:00.000Z"},
           Row{"Sat, 31 Dec 2016 23:59:60 GMT", "2017-01-01T00:00:00.000Z"},
           Row{"Mon, 23 Nov 2026 17:55:45 GMT", "2026-11-23T17:55:45.000Z"},
           Row{"Thursday, 01-Jan-70 00:00:00 GMT", "1970-01-01T00:00:00.000Z"},
           Row{"Tuesday, 31-Dec-69 00:00:00 GMT", "2069-12-31T00:00:00.000Z"},
           Row{"Mon Nov 23 17:55:45 2026", "2026-11-23T17:55:45.000Z"},
       }) {
    CAPTURE(row.text);
    CHECK(read(row.text) == row.expected);
  }
}

TEST_CASE("what is no HTTP date is refused") {
  for (const char* text : {"",
                           " ",
                           "0",
                           "Mon, 06 Nov 1994 08:49:37 GMT",
                           "Sun, 06 Nov 1994 08:49:37 UTC",
                           "Sun, 06 Nov 1994 08:49:37",
                           "Sun, 06 Nov 1994 08:49:37 GMT x",
                           "Sun, 06 Nov 1994 08:49:37 +0000",
                           "sun, 06 nov 1994 08:49:37 gmt",
                           "Sun, 6 Nov 1994 08:49:37 GMT",
                           "Sun, 06 Nov 94 08:49:37 GMT",
                           "Sun, 06 Nov 1994 24:00:00 GMT",
                           "Sun, 06 Nov 1994 08:60:37 GMT",
                           "Sun, 06 Nov 1994 08:49:60 GMT",
                           "Sun, 06 Nov 1994 23:59:61 GMT",
                           "Wed, 29 Feb 2023 00:00:00 GMT",
                           "Sun, 00 Nov 1994 08:49:37 GMT",
                           "Sun, 06 Foo 1994 08:49:37 GMT",
                           "Sun,  06 Nov 1994 08:49:37 GMT",
                           "Sunday, 06-Nov-1994 08:49:37 GMT",
                           "Sun Nov 6 08:49:37 1994",
                           "Sun Nov  6 08:49:37 1994 GMT",
                           "1994-11-06T08:49:37Z"}) {
    CAPTURE(text);
    CHECK(read(text) == "refused");
  }
  CHECK_FALSE(parse_http_date(std::string_view("Sun, 06 Nov 1994 08:49:37 GMT\0", 30)));
}

TEST_CASE("Retry-After is read in seconds or as a date beside the answer's own") {
  const auto date = parse_http_date("Mon, 23 Nov 2026 17:55:45 GMT");
  REQUIRE(date);
  struct Row {
    const char* text;
    bool with_date;
    long expected;  // milliseconds; -1 = refused
  };
  for (const Row& row : {
           Row{"0", false, 0},
           Row{"120", false, 120'000},
           Row{" 5\t", true, 5'000},
           Row{"86400", false, 86'400'000},
           Row{"86401", false, 86'400'000},
           Row{"99999999999999999999999999", false, 86'400'000},
           Row{"Mon, 23 Nov 2026 17:56:45 GMT", true, 60'000},
           Row{"Mon, 23 Nov 2026 17:54:45 GMT", true, 0},
           Row{"Tue, 23 Nov 2027 17:54:45 GMT", true, 86'400'000},
           Row{"Mon, 23 Nov 2026 17:56:45 GMT", false, -1},
           Row{"", true, -1},
           Row{"-1", true, -1},
           Row{"+1", true, -1},
           Row{"1.5", true, -1},
           Row{"1 s", true, -1},
           Row{"soon", true, -1},
       }) {
    CAPTURE(row.text);
    const auto wait = parse_retry_after(row.text, row.with_date ? date : std::nullopt);
    CHECK((wait ? wait->count() : -1) == row.expected);
  }
}
