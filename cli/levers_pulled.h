// Levers are written down in the store and answered by the driver that runs, or by this process
// where none does.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "cli/log.h"
#include "cli/options.h"
#include "engine/lever.h"
#include "storage/sqlite.h"

namespace pawl {

/// Writes down `levers`, which are all of one rollout or all of the store and of one person, and
/// returns once they are answered: the refusals among the answers. Fault::held where a driver runs
/// that does not answer; they stay written down then. Fault::store where they are marked as
/// answered and the journal tells of nothing that came of them.
Result<std::vector<std::string>> pull_levers(const Options& options, const Log& log,
                                             Database& database, std::span<const Lever> levers);

}  // namespace pawl
