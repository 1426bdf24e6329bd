// Reading back what drives a rollout on.
#pragma once

#include <string>

#include "engine/journal.h"
#include "storage/sqlite.h"

namespace pawl {

/// Rollout `id` with the last state of each of its subjects, all as of one moment. An unknown id
/// is Fault::usage.
Result<StoredRollout> load_rollout(Database& database, const std::string& id);

/// What rollout `id` was started with, without a look at any entry. An unknown id is Fault::usage.
Result<NewRollout> load_frozen(Database& database, const std::string& id);

}  // namespace pawl
