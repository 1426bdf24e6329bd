// A stored rollout with the plan that it was started with, for whoever drives it on or asks why it
// stands where it stands.
#pragma once

#include <memory>
#include <vector>

#include "engine/journal.h"
#include "engine/loop.h"
#include "engine/reasons.h"
#include "engine/standing.h"
#include "engine/workflow.h"
#include "workflows/plan.h"

namespace pawl {

struct StoredPlan {
  StoredRollout stored;
  Plan plan;
  LoopRules rules;
  std::unique_ptr<Workflow> workflow;
};

/// Fault::store when the plan or the waves cannot be read.
Result<StoredPlan> stored_plan(StoredRollout stored);

/// As the driver's admission has it at this moment, but for places that runs hold which have sent
/// nothing yet: those are not stored, and such runs count as waiting for their turn.
struct Admission {
  Standing standing;
  std::vector<std::optional<Gate>> gates;  ///< by position: where a run is parked
  Present present;                         ///< as the caller has the cloud's time
};
/// Fault::store when a state cannot be read.
Result<Admission> admission_of(const StoredPlan& plan, CloudInstant now);

}  // namespace pawl
