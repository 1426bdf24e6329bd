#include "workflows/windows.h"

#include <date/tz.h>

#include <algorithm>
#include <vector>

namespace pawl {

namespace {

using LocalTime = date::local_time<Duration>;

/// A change of the clocks may skip the window of one week, so the next one is up to two weeks
/// ahead; two days more are for what lies across midnight and for zones far from each other.
constexpr int days_ahead = 16;

/// The moment at which the clocks of `zone` show `local` for the first time, or pass over it.
Instant first_moment(const date::time_zone& zone, LocalTime local) {
  const date::local_info info = zone.get_info(local);
  if (info.result == date::local_info::nonexistent) {
    return std::chrono::time_point_cast<Duration>(info.first.end);
  }
  return Instant{local.time_since_epoch() -
                 std::chrono::duration_cast<Duration>(info.first.offset)};
}

void add_openings(const Window& window, Instant now, std::vector<Opening>& openings) {
  const date::time_zone& zone = *date::locate_zone(window.zone);
  const auto today = date::floor<date::days>(zone.to_local(now));
  // Yesterday's may still be open, and the day before yesterday's where the clocks went back.
  for (int ahead = -2; ahead <= days_ahead; ++ahead) {
    const auto day = today + date::days{ahead};
    const unsigned weekday = date::weekday(day).iso_encoding() - 1;
    if ((window.days >> weekday & 1U) == 0) continue;
    const bool next_day = window.to <= window.from;
    const Instant from = first_moment(zone, day + window.from);
    const Instant to = first_moment(zone, day + date::days{next_day ? 1 : 0} + window.to);
    if (from < to) openings.push_back({{from}, {to}});
  }
}

}  // namespace

std::optional<Opening> opening_at(std::span<const Window> windows, CloudInstant now) {
  std::vector<Opening> openings;
  for (const Window& window : windows)
    add_openings(window, now.at, openings);
  std::sort(openings.begin(), openings.end(),
            [](const Opening& a, const Opening& b) { return a.from < b.from; });
  std::optional<Opening> found;
  for (const Opening& opening : openings) {
    if (found && opening.from <= found->to) {
      found->to = std::max(found->to, opening.to);
    } else if (!found || found->to <= now) {
      found = opening;
    } else {
      break;
    }
  }
  if (found && found->to <= now) return std::nullopt;
  return found;
}

}  // namespace pawl
