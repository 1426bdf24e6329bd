// One row of `pawl obligations`, as its four forms of output show it, and where to find it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "cli/json.h"
#include "cli/rows.h"
#include "storage/obligations.h"

namespace pawl {

std::vector<Column> obligation_columns();
/// `columns` are those of obligation_columns(); some may have lost their headings.
void print_obligations(Format format, std::span<const StoredObligation> all,
                       std::vector<Column> columns);
std::vector<Cell> obligation_cells(const StoredObligation& obligation);
/// One JSON object.
Json obligation_json(const StoredObligation& obligation);

/// "2 obligations are open; `pawl obligations --rollout fleet-1` lists them"; `count` is not 0.
std::string words_of_open(std::int64_t count, const std::string& rollout);

}  // namespace pawl
