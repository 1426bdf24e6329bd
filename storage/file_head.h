// The head as it lies in the store's file, whatever its log holds.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "engine/result.h"
#include "storage/sqlite.h"

namespace pawl {

struct FileHead {
  std::int64_t seq = 0;
  std::string hash;  ///< raw bytes
};

/// nullopt where it cannot be told: the table may lie elsewhere in the file than in the log.
/// REQUIRES: within a read transaction, or a checkpoint could bring in what comes after it.
Result<std::optional<FileHead>> head_in_file(Database& database);

}  // namespace pawl
