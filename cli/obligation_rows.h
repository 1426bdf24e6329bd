// One row of `pawl obligations`, as its four forms of output show it.
#pragma once

#include <string>
#include <vector>

#include "cli/rows.h"
#include "storage/obligations.h"

namespace pawl {

/// `width`: columns of the terminal.
std::vector<Column> obligation_columns(std::size_t width);
std::vector<Cell> obligation_cells(const StoredObligation& obligation);
/// One JSON object.
std::string obligation_json(const StoredObligation& obligation);

}  // namespace pawl
