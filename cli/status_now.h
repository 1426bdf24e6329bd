// What a status tells beside the view, as the store has it now.
#pragma once

#include "cli/status_view.h"
#include "engine/time.h"
#include "storage/audit.h"
#include "storage/sqlite.h"

namespace pawl {

/// What is cheap to read of it: no pass over the fleet. `now` is this machine's. Fault::store when
/// it cannot be read.
Result<StatusBeside> status_now(Database& database, AuditReader& audit,
                                const RolloutSummary& summary, Instant now);

}  // namespace pawl
