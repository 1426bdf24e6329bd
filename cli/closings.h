// What people say has been done of what upgrades left: levers that belong to no rollout, for they
// are pulled long after its end as well.
#pragma once

#include "engine/time.h"
#include "storage/sqlite_journal.h"

namespace pawl {

/// Answers the levers that close obligations, one a commit; `database` is the journal's own, and
/// `now` not before its last entry. A number that is not open any more is refused in the journal.
Outcome close_as_asked(SqliteJournal& journal, Database& database, Instant now);

}  // namespace pawl
