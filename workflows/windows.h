// Maintenance windows: when an upgrade may be triggered, by the clocks on the wall of some zone.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "engine/time.h"

namespace pawl {

/// Opens at `from` on each of its days and closes at the `to` that follows.
struct Window {
  std::uint8_t days = 0;     ///< bit 0 is Monday, bit 6 Sunday; at least one
  Duration from{0}, to{0};   ///< since midnight, below 24 h; `to` <= `from` is on the next day
  std::string zone = "UTC";  ///< as the time-zone database has it
  bool operator==(const Window&) const = default;
};

/// The first time after `now` at which one of `windows` is open, or the present one; windows that
/// meet or overlap count as one. Nothing when none opens within the next sixteen days.
///
/// On the days when clocks change: a `from` that the clocks skip is the moment of the change, one
/// that they show twice is the first of both; so is a `to`. A window that lies in skipped time
/// alone does not open on that day.
std::optional<Opening> opening_at(std::span<const Window> windows, CloudInstant now);

}  // namespace pawl
