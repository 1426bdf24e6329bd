#include "cli/status_now.h"

#include <utility>

#include "cli/rollout_start.h"
#include "storage/levers.h"

namespace pawl {

Result<StatusBeside> status_now(Database& database, AuditReader& audit,
                                const RolloutSummary& summary, Instant now) {
  StatusBeside beside;
  const auto frozen = store_frozen(database);
  if (!frozen) return frozen.error();
  beside.frozen = *frozen;
  auto asked = asked_levers(database, summary.record.id);
  if (!asked) return asked.error();
  beside.asked = std::move(*asked);
  if (summary.finished) return beside;
  auto last = last_driver(database, audit, summary.record.id);
  if (!last) return last.error();
  beside.driver = std::move(*last);
  auto few = slowed(database, account_of(summary.record), now);
  if (!few) return few.error();
  beside.slowed = *few;
  return beside;
}

}  // namespace pawl
