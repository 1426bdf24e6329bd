// How things stood at a time, by the journal alone.
#pragma once

#include <string>

#include "storage/audit.h"

namespace pawl {

/// Rollout `id` after the last entry that is not later than `at`. Fault::usage when there is no
/// such rollout, or it had not started.
Result<RolloutView> rollout_as_of(Database& database, const std::string& id, Instant at);

/// The rollout that was the last to have started by then. Fault::usage when none had.
Result<std::string> latest_as_of(Database& database, Instant at);

}  // namespace pawl
