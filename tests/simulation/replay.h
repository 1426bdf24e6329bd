// A decision made again from what its entry keeps, as `pawl audit verify` does.
#pragma once

#include <optional>
#include <string>

#include "engine/journal.h"
#include "engine/workflow.h"

namespace pawl::simulation {

/// What is wrong with a run's entry, `before` being the run's stored state before it (empty for its
/// first).
std::optional<std::string> flaw_of(const Workflow& workflow, const Entry& entry,
                                   const std::string& before);

}  // namespace pawl::simulation
