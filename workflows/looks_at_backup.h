// The backup before the upgrade: how it is asked for, and how the looks at it are read. It goes by
// a name of its own, so what bears that name is ours, whatever became of the answer to the request.
#pragma once

#include <string>

#include "workflows/upgrade_looks.h"

namespace pawl {

/// Unlike that of any other attempt, run, rollout and store.
std::string backup_name(const UpgradeGoal& goal, const Run& run);
HttpRequest request_backup(const UpgradeGoal& goal, const Run& run);

/// An answer in any phase of the step.
Reading look_at_backup(const Looked& looked);

}  // namespace pawl
