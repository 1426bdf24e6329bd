#include "engine/http_date.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "engine/ascii.h"
#include "engine/text_cursor.h"

namespace pawl {

namespace {

using Names7 = std::array<std::string_view, 7>;

constexpr Names7 short_days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr Names7 long_days{"Sunday",   "Monday", "Tuesday", "Wednesday",
                           "Thursday", "Friday", "Saturday"};
constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

struct Fields {
  std::size_t weekday = 0;  // 0 = Sunday
  int year = 0;
  std::size_t month = 0;  // 0 = January
  int day = 0, hour = 0, minute = 0, second = 0;
};

void read_clock(TextCursor& in, Fields& fields) {
  fields.hour = in.digits(2);
  in.expect(":");
  fields.minute = in.digits(2);
  in.expect(":");
  fields.second = in.digits(2);
}

std::optional<CloudInstant> instant_of(const Fields& f) {
  const std::chrono::year_month_day date{std::chrono::year{f.year},
                                         std::chrono::month{static_cast<unsigned>(f.month + 1)},
                                         std::chrono::day{static_cast<unsigned>(f.day)}};
  const bool leap_second = f.hour == 23 && f.minute == 59 && f.second == 60;
  if (!date.ok() || f.hour > 23 || f.minute > 59 || (f.second > 59 && !leap_second)) {
    return std::nullopt;
  }
  const std::chrono::sys_days day{date};
  if (std::chrono::weekday{day}.c_encoding() != f.weekday) return std::nullopt;
  return CloudInstant{day + std::chrono::hours{f.hour} + std::chrono::minutes{f.minute} +
                      std::chrono::seconds{f.second}};
}

/// "Sun, 06 Nov 1994 08:49:37 GMT"
std::optional<CloudInstant> parse_fixdate(TextCursor in) {
  Fields fields;
  fields.weekday = in.one_of(short_days);
  in.expect(", ");
  fields.day = in.digits(2);
  in.expect(" ");
  fields.month = in.one_of(months);
  in.expect(" ");
  fields.year = in.digits(4);
  in.expect(" ");
  read_clock(in, fields);
  in.expect(" GMT");
  return in.finished() ? instant_of(fields) : std::nullopt;
}

/// "Sunday, 06-Nov-94 08:49:37 GMT"
std::optional<CloudInstant> parse_rfc850(TextCursor in) {
  Fields fields;
  fields.weekday = in.one_of(long_days);
  in.expect(", ");
  fields.day = in.digits(2);
  in.expect("-");
  fields.month = in.one_of(months);
  in.expect("-");
  const int short_year = in.digits(2);
  fields.year = short_year < 70 ? 2000 + short_year : 1900 + short_year;
  in.expect(" ");
  read_clock(in, fields);
  in.expect(" GMT");
  return in.finished() ? instant_of(fields) : std::nullopt;
}

/// "Sun Nov  6 08:49:37 1994"
std::optional<CloudInstant> parse_asctime(TextCursor in) {
  Fields fields;
  fields.weekday = in.one_of(short_days);
  in.expect(" ");
  fields.month = in.one_of(months);
  in.expect(" ");
  fields.day = in.accept(' ') ? in.digits(1) : in.digits(2);
  in.expect(" ");
  read_clock(in, fields);
  in.expect(" ");
  fields.year = in.digits(4);
  return in.finished() ? instant_of(fields) : std::nullopt;
}

constexpr std::string_view blanks = " \t";

/// Any number of seconds, without overflow.
std::optional<Duration> parse_seconds(std::string_view text) {
  constexpr std::int64_t enough = std::chrono::floor<std::chrono::seconds>(retry_after_max).count();
  if (text.empty()) return std::nullopt;
  std::int64_t seconds = 0;
  for (const char c : text) {
    if (!is_digit(c)) return std::nullopt;
    seconds = std::min(seconds * 10 + (c - '0'), enough);
  }
  return std::chrono::seconds{seconds};
}

}  // namespace

std::optional<CloudInstant> parse_http_date(std::string_view text) {
  const TextCursor in(trim(text, blanks));
  if (const auto at = parse_fixdate(in)) return at;
  if (const auto at = parse_rfc850(in)) return at;
  return parse_asctime(in);
}

std::optional<Duration> parse_retry_after(std::string_view text, std::optional<CloudInstant> date) {
  if (const auto wait = parse_seconds(trim(text, blanks))) return wait;
  const auto until = parse_http_date(text);
  if (!until || !date) return std::nullopt;
  return std::clamp(until->at - date->at, Duration{0}, retry_after_max);
}

}  // namespace pawl
