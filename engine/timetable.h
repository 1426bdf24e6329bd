// When a rollout's checks and upgrades would begin and end, by its rules and by what such steps
// take: an estimate for people, in which nothing fails and nobody is waited for. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "engine/rollout.h"
#include "engine/time.h"

namespace pawl {

/// A run that is still to be upgraded.
struct TimetableRun {
  std::int32_t wave = 0;
  std::uint32_t spread = 0;  ///< as Run::spread
  bool checked = false;      ///< its check has passed already
};

struct TimetablePace {
  Duration check{0}, upgrade{0};         ///< from the admission to the end of its place
  Duration fits{0};                      ///< what must fit into a window; 0: not known
  Duration between_checks{0};            ///< the quota lets none begin sooner after another
  Duration between_upgrades{0};          ///< the same
  CloudInstant from{}, upgrades_from{};  ///< no check, no upgrade begins earlier
};

struct Timetable {
  /// Absent: the windows never let one of its upgrades begin, or one of a wave before it.
  struct Wave {
    std::optional<CloudInstant> opens, ends;
  };
  std::vector<CloudInstant> checked;                ///< by run: when its check has passed
  std::vector<std::optional<CloudInstant>> starts;  ///< by run: when its upgrade begins
  std::vector<Wave> waves;                          ///< as the rules have them
};

/// `runs` by position, and so by wave. A wave that waits for approval opens as if it were granted
/// at once. Takes time in proportion to the runs.
Timetable timetable(const RolloutRules& rules, std::span<const TimetableRun> runs,
                    const TimetablePace& pace);

}  // namespace pawl
