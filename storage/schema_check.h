// Whether a store's tables, indexes and triggers are those that pawl makes: what is read through
// others, or written past others, can say anything.
#pragma once

#include <optional>
#include <string>

#include "engine/result.h"
#include "storage/sqlite.h"

namespace pawl {

/// What is missing, changed, or strange and not harmless in the schema, against what the store's
/// version has, in words that complete "the store ..."; nullopt when nothing is. Further views,
/// tables and plain indexes, which people make for questions of their own, change nothing that pawl
/// reads or writes.
Result<std::optional<std::string>> flaw_in_schema(Database& database);

}  // namespace pawl
