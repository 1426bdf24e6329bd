// How a stored rollout stands: its runs, and the admission that goes by them. For whoever drives it
// on, and for whoever only asks.
#pragma once

#include <optional>
#include <vector>

#include "engine/journal.h"
#include "engine/pacing.h"
#include "engine/rollout.h"
#include "engine/workflow.h"

namespace pawl {

struct Standing {
  std::vector<Run> runs;  ///< by position, with their spread numbers
  Rollout rollout;        ///< nothing is parked yet
};

/// Reads it back. A state that cannot be read or does not fit is Fault::store.
Result<Standing> standing_of(const Workflow& workflow, const RolloutRules& rules,
                             const StoredRollout& stored);

/// The step whose duration windows and forecasts go by: the first that waits at Gate::upgrade.
std::size_t placed_step(const Workflow& workflow);

/// Teaches `pacing` what the store knows of how long steps take.
void learn(Pacing& pacing, const Workflow& workflow, const StoredRollout& stored);
/// What admission goes by: the cloud's time, and how long what is admitted is likely to take.
Present present_of(const Workflow& workflow, const Pacing& pacing, std::optional<CloudNow> cloud);

}  // namespace pawl
