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
/// other or, in a store of this version, are not sound, a standing that no entry tells of, and, of
/// a small file, pages that do not fit together. Changes nothing.
Outcome require_fit_for_writing(Database& database);

/// What the last 64 entries say is what their hashes were made of, and their times are times: a
/// driver goes on from them, and a lever is judged by them.
Outcome require_sound_end(Database& database);

}  // namespace pawl
