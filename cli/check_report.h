// What `pawl precheck` has found, instance by instance.
#pragma once

#include "cli/options.h"
#include "storage/audit.h"

namespace pawl {

/// Prints to stdout the end of every check of a rollout of prechecks. Fault::store when a run
/// cannot be read.
Outcome print_check_report(Format format, const RolloutView& view);

}  // namespace pawl
