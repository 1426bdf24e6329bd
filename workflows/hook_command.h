// What a hook is told about its run.
#pragma once

#include "engine/command.h"
#include "workflows/major_upgrade.h"

namespace pawl {

/// The command of the hook that the run's step runs. Its variables are PAWL_HOOK, which no other
/// attempt, run or rollout has, and the run's facts as PAWL_*; its stdin is one JSON object with
/// the same values under the same names in lower case, without "PAWL_". A value that is not known
/// is empty.
Command hook_command(const UpgradeGoal& goal, const Run& run);

}  // namespace pawl
