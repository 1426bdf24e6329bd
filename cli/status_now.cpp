#include "cli/status_now.h"

#include <utility>

#include "cli/rollout_start.h"
#include "storage/levers.h"

namespace pawl {

Result<StatusTimes> status_now(Database& database, AuditReader& audit,
                               const RolloutSummary& summary, Instant now) {
  StatusTimes times;
  const auto frozen = store_frozen(database);
  if (!frozen) return frozen.error();
  times.frozen = *frozen;
  auto asked = asked_levers(database, summary.record.id);
  if (!asked) return asked.error();
  times.asked = std::move(*asked);
  if (summary.finished) return times;
  auto last = last_driver(database, audit, summary.record.id);
  if (!last) return last.error();
  times.driver = std::move(*last);
  auto few = slowed(database, account_of(summary.record), now);
  if (!few) return few.error();
  times.slowed = *few;
  return times;
}

}  // namespace pawl
