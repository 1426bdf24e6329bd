// Two clocks that are never mixed up: the local one, whose times are stored, and the cloud's, by
// which expiries and start times are judged. The second is known only as an interval.
#pragma once

#include <array>
#include <chrono>
#include <compare>
#include <optional>
#include <string>
#include <string_view>

namespace pawl {

using Duration = std::chrono::milliseconds;
/// Local UTC wall time as pawl stores it; never runs back within a store.
using Instant = std::chrono::sys_time<Duration>;

/// A point of time on the cloud's clock.
struct CloudInstant {
  Instant at;
  auto operator<=>(const CloudInstant&) const = default;
};
inline CloudInstant operator+(CloudInstant t, Duration d) {
  return {t.at + d};
}
inline CloudInstant operator-(CloudInstant t, Duration d) {
  return {t.at - d};
}

/// What the cloud's clock shows at one moment: certainly in [earliest, latest].
struct CloudNow {
  CloudInstant earliest, latest;
  auto operator<=>(const CloudNow&) const = default;
};

/// A span of the cloud's time, from its first moment to before its last.
struct Opening {
  CloudInstant from, to;
  bool operator==(const Opening&) const = default;
};

/// RFC 3339 in UTC with milliseconds, "2026-11-22T10:00:00.000Z": the one form pawl writes. A time
/// outside the years 0000-9999 is cut to them, so that what is written can be read.
std::string format_utc(Instant at);
/// The same without a string of its own; an entry of the journal holds many times.
struct UtcText {
  std::array<char, 24> characters;
  std::string_view view() const { return {characters.data(), characters.size()}; }
};
UtcText utc_text(Instant at);
/// Reads back exactly what format_utc writes; anything else is nullopt.
std::optional<Instant> parse_utc(std::string_view text);
/// "500ms", "30s", "10m", "2h", "7d": the largest unit that divides `d`; "0s" for zero.
std::string format_duration(Duration d);

}  // namespace pawl
