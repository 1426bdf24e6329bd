// Which checks of a rollout that goes on will be too old when their run's turn comes. They are made
// anew then; whoever would rather hurry an approval should know before.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/result.h"
#include "engine/time.h"
#include "storage/sqlite.h"

namespace pawl {

struct StaleChecks {
  std::string wave;
  std::int64_t remaining = 0;          ///< runs of the wave that are still to be upgraded
  std::vector<std::string> instances;  ///< of them those whose check will be too old, by position
  bool approval = false;               ///< the wave waits, or will wait, for a person
  std::optional<CloudInstant> from;    ///< when the first of the wave's checks is too old
  std::optional<CloudInstant> starts;  ///< when the first of its upgrades is expected to begin
};

/// One for each wave with something still to be upgraded, by what such steps took so far, approvals
/// counted as given at once; none for a rollout that has ended. Fault::store, and Fault::usage for
/// an unknown id.
Result<std::vector<StaleChecks>> stale_checks(Database& database, const std::string& rollout,
                                              CloudInstant now);

}  // namespace pawl
