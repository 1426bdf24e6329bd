// An entry of the journal as `pawl history` and notifications show it.
#pragma once

#include <string>
#include <vector>

#include "cli/rows.h"
#include "storage/stored_entry.h"

namespace pawl {

/// `width` is that of the terminal.
std::vector<Column> history_columns(std::size_t width);
std::vector<Cell> history_cells(Format format, const StoredEntry& stored);
/// The line of `--output ndjson`.
std::string entry_json(const StoredEntry& stored);

}  // namespace pawl
