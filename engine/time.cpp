#include "engine/time.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <utility>

#include "engine/ascii.h"

namespace pawl {

namespace {

/// The number in text[from, from + count), or -1 where a character is no digit.
int digits(std::string_view text, std::size_t from, std::size_t count) {
  int value = 0;
  for (char c : text.substr(from, count)) {
    if (!is_digit(c)) return -1;
    value = value * 10 + (c - '0');
  }
  return value;
}

constexpr Instant year_0 = std::chrono::sys_days{std::chrono::year{0} / 1 / 1};
constexpr Instant year_10000 = std::chrono::sys_days{std::chrono::year{10'000} / 1 / 1};

}  // namespace

UtcText utc_text(Instant at) {
  at = std::clamp(at, year_0, year_10000 - Duration{1});
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss time{at - day};
  UtcText text{{'0', '0', '0', '0', '-', '0', '0', '-', '0', '0', 'T', '0',
                '0', ':', '0', '0', ':', '0', '0', '.', '0', '0', '0', 'Z'}};
  const auto put_two = [&](std::size_t first, auto number) {
    const auto two = static_cast<unsigned>(number);
    text.characters[first] = static_cast<char>('0' + two / 10);
    text.characters[first + 1] = static_cast<char>('0' + two % 10);
  };
  const auto year = static_cast<unsigned>(static_cast<int>(date.year()));
  const auto milliseconds = static_cast<unsigned>(time.subseconds().count());
  put_two(0, year / 100);
  put_two(2, year % 100);
  put_two(5, static_cast<unsigned>(date.month()));
  put_two(8, static_cast<unsigned>(date.day()));
  put_two(11, time.hours().count());
  put_two(14, time.minutes().count());
  put_two(17, time.seconds().count());
  put_two(20, milliseconds / 10);
  text.characters[22] = static_cast<char>('0' + milliseconds % 10);
  return text;
}

std::string format_utc(Instant at) {
  return std::string(utc_text(at).view());
}

std::optional<Instant> parse_utc(std::string_view text) {
  constexpr std::string_view shape = "dddd-dd-ddTdd:dd:dd.dddZ";
  if (text.size() != shape.size()) return std::nullopt;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const bool digit = is_digit(text[i]);
    if (shape[i] == 'd' ? !digit : text[i] != shape[i]) return std::nullopt;
  }
  const std::chrono::year_month_day date{
      std::chrono::year{digits(text, 0, 4)},
      std::chrono::month{static_cast<unsigned>(digits(text, 5, 2))},
      std::chrono::day{static_cast<unsigned>(digits(text, 8, 2))}};
  const int hour = digits(text, 11, 2), minute = digits(text, 14, 2), second = digits(text, 17, 2);
  if (!date.ok() || hour > 23 || minute > 59 || second > 59) return std::nullopt;
  return std::chrono::sys_days{date} + std::chrono::hours{hour} + std::chrono::minutes{minute} +
         std::chrono::seconds{second} + Duration{digits(text, 20, 3)};
}

std::string format_duration(Duration d) {
  constexpr std::array<std::pair<long, const char*>, 5> units{
      {{86'400'000, "d"}, {3'600'000, "h"}, {60'000, "m"}, {1'000, "s"}, {1, "ms"}}};
  if (d.count() == 0) return "0s";
  for (const auto& [size, name] : units) {
    if (d.count() % size == 0) return fmt::format("{}{}", d.count() / size, name);
  }
  return fmt::format("{}ms", d.count());
}

}  // namespace pawl
