// What a rollout will take: calls, hours, and which checks will be too old at their turn. By what
// earlier runs of the store took where it knows, else by an assumption that is said to be one.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "engine/timetable.h"
#include "storage/learned.h"
#include "workflows/plan.h"

namespace pawl {

/// Nine of ten such steps took no longer.
struct StepTimes {
  Duration check{0};
  Duration upgrade{0};  ///< from the trigger's acceptance to its end, and so what windows go by
  Duration verify{0};   ///< from there to the new instance's proof
  bool check_known = false, upgrade_known = false;  ///< false: assumed
};
StepTimes step_times(std::span<const StepTook> took);

/// One run that is still to be upgraded, by position.
struct Remaining {
  std::int32_t wave = 0;
  std::uint32_t spread = 0;             ///< as Run::spread
  std::optional<CloudInstant> expires;  ///< of its check, where that has passed
};

struct Outlook {
  std::int64_t calls = 0;   ///< to the end, if nothing fails and nobody changes anything
  Timetable table;          ///< in the order of what remains
  std::vector<bool> stale;  ///< by run: its check will be too old at its turn
  std::vector<CloudInstant> stale_from;  ///< by run: from when on it is
  std::optional<CloudInstant> ends;
};

/// `from` is now, `upgrades_from` the earliest moment at which the first upgrade may start.
Outlook outlook(const Plan& plan, const RolloutRules& rules, std::span<const Remaining> runs,
                const StepTimes& times, CloudInstant from, CloudInstant upgrades_from);

}  // namespace pawl
