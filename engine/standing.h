// How a stored rollout stands: its runs, and the admission that goes by them. For whoever drives it
// on, and for whoever only asks.
#pragma once

#include <vector>

#include "engine/journal.h"
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

}  // namespace pawl
