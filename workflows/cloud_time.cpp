#include "workflows/cloud_time.h"

#include <chrono>
#include <cstddef>

#include "engine/text_cursor.h"

namespace pawl::cloud {

namespace {

constexpr int offset_minutes_max = 18 * 60;

int part(TextCursor& in, std::string_view lead, std::size_t digits) {
  in.skip_blanks();
  in.expect(lead);
  in.skip_blanks();
  return in.digits(digits);
}

/// ".855000" as milliseconds; nullopt for a point with no digit or more than nine behind it.
std::optional<int> fraction(TextCursor& in) {
  if (!in.accept('.')) return 0;
  int milliseconds = 0, count = 0;
  for (int weight = 100; in.next_is_digit(); weight /= 10, ++count) {
    milliseconds += weight * in.digits(1);
  }
  if (count == 0 || count > 9) return std::nullopt;
  return milliseconds;
}

struct Offset {
  int minutes = 0;
  bool given = false;
};

std::optional<Offset> offset(TextCursor& in) {
  in.skip_blanks();
  if (in.peek() == '\0') return Offset{};
  if (in.accept('Z')) return Offset{0, true};
  const int sign = in.accept('-') ? -1 : 1;
  if (sign == 1) in.expect("+");
  in.skip_blanks();
  const int hours = in.digits(2);
  int minutes = 0;
  if (in.next_is_digit()) {
    minutes = in.digits(2);
  } else {
    in.skip_blanks();
    if (in.peek() == ':') minutes = part(in, ":", 2);
  }
  const int total = hours * 60 + minutes;
  if (minutes > 59 || total > offset_minutes_max) return std::nullopt;
  return Offset{sign * total, true};
}

}  // namespace

std::optional<CloudTime> parse_cloud_time(std::string_view text) {
  TextCursor in(text);
  in.skip_blanks();
  const int year = in.digits(4);
  const int month = part(in, "-", 2), day = part(in, "-", 2);
  const int hour = part(in, "T", 2), minute = part(in, ":", 2), second = part(in, ":", 2);
  const auto milliseconds = fraction(in);
  const auto zone = offset(in);
  in.skip_blanks();
  if (!in.finished() || !milliseconds || !zone) return std::nullopt;

  const std::chrono::year_month_day date{std::chrono::year{year},
                                         std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  if (!date.ok() || hour > 23 || minute > 59 || second > 59) return std::nullopt;
  const Instant at = std::chrono::sys_days{date} + std::chrono::hours{hour} +
                     std::chrono::minutes{minute} + std::chrono::seconds{second} +
                     Duration{*milliseconds} - std::chrono::minutes{zone->minutes};
  constexpr Instant first = std::chrono::sys_days{std::chrono::year{1970} / 1 / 1};
  constexpr Instant last = std::chrono::sys_days{std::chrono::year{10000} / 1 / 1};
  if (at < first || at >= last) return std::nullopt;
  return CloudTime{CloudInstant{at}, zone->given};
}

}  // namespace pawl::cloud
