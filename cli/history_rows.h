// Entries of the journal as `pawl history` and notifications show it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/rows.h"
#include "storage/audit.h"

namespace pawl {

/// What the entries of a table have in common.
enum class HistoryOf : std::uint8_t { one_run, one_rollout, several };

/// `width` is that of the terminal: a narrow one has no room for what is said above the table, nor
/// for more of an id than tells it from others.
std::vector<Column> history_columns(std::size_t width, HistoryOf of);
std::vector<Cell> history_cells(Format format, const StoredEntry& stored);
/// The line of `--output ndjson`.
std::string entry_json(const StoredEntry& stored);
/// Prints the entries that pass `filter` to stdout, until nobody reads it any more. Fault::store
/// when one cannot be read.
Outcome print_history(Format format, AuditReader& audit, const HistoryFilter& filter);

}  // namespace pawl
