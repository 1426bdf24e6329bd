// The tables of a store, and how an older store becomes one of this build.
#pragma once

#include <cstdint>
#include <span>

#include "storage/sqlite.h"

namespace pawl {

/// "pawl" in ASCII: tells a pawl store from any other SQLite file, at offset 68 of its header.
inline constexpr std::int64_t store_application_id = 0x7061776c;

/// One step from schema version n to n + 1; n is its place in the list, from 0.
struct Migration {
  const char* sql;
};

/// All steps of this build, oldest first; a released step is never edited, only followed.
std::span<const Migration> migrations();
/// The version that this build reads and writes.
std::int64_t schema_version();

/// Refuses, before anything is read through SQLite: what is no SQLite file, another program's, a
/// newer pawl's, or of a version that no pawl writes. Changes nothing.
Outcome require_pawl_file(Database& database);
/// Whether it is of this build's version, and not of an older one; what require_pawl_file refuses
/// by its version is Fault::store.
Result<bool> is_current(Database& database);
/// Takes the store through the steps that it lacks, all of them or none. What require_pawl_file
/// refuses by its version is refused, and not changed.
Outcome migrate(Database& database, std::span<const Migration> steps);

}  // namespace pawl
