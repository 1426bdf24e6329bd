// What a process makes sure of before it believes a store, and before it writes to one: that its
// tables are pawl's, and that the file and its log go together. All of it takes milliseconds,
// whatever the store's length; verify_journal() looks at everything.
#pragma once

#include <optional>
#include <string>

#include "engine/result.h"
#include "storage/sqlite.h"

namespace pawl {

/// What is wrong with the schema, or a log that does not go on from where the file ends; in words
/// that complete "the store ...", nullopt when nothing is.
Result<std::optional<std::string>> flaw_at_first_sight(Database& database);

/// Such a flaw is Fault::store.
Outcome require_fit_for_reading(Database& database);

/// So is, beyond that, a head that is not the last entry's, last entries that do not follow each
/// other, a standing that no entry tells of, and, of a small file, pages that do not fit together.
/// Changes nothing.
Outcome require_fit_for_writing(Database& database);

}  // namespace pawl
