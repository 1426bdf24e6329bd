// A rollout goes on only as it was started (decision 17).
#pragma once

#include <string>

#include "cli/plan_file.h"
#include "engine/journal.h"
#include "storage/audit.h"

namespace pawl {

/// Whether the unfinished `rollout` may go on with this plan file. Fault::usage when the plan, the
/// project or the directory that its hooks run in is another, or that cannot be entered.
Outcome same_as_started(const PlanFile& file, const RolloutRecord& rollout);
/// The same of a rollout that is resumed, whose plan the store has. A project that it names counts,
/// whatever else does.
Outcome same_as_started(AuditReader& audit, const std::string& rollout);

}  // namespace pawl
