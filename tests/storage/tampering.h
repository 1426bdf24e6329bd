// What somebody can do to a store who has the file, SQLite and this code.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "storage/verify.h"

namespace pawl::test {

/// Runs `sql` past all triggers, which are there again afterwards.
void tamper(const std::string& path, const std::string& sql);

/// The page, from 1, with which that table of the store begins.
std::size_t root_of(const std::string& path, const std::string& table);

enum class KeptHead : std::uint8_t { left, rewritten };
/// Gives entry `seq` other data and all from it on the hashes that fit.
void rewrite_chain(const std::string& path, std::int64_t seq, KeptHead head);

/// What a reader's verification says.
Result<Verified> verify_store(const std::string& path, const std::string& noted_head = "",
                              const Judge& judge = nullptr);

/// Where in the file the row of an entry lies; its header and values without what is around them.
struct RowBytes {
  std::int64_t seq = 0;
  std::size_t begin = 0, end = 0;
};
/// Of all entries of a closed store. REQUIRES: none is longer than a page.
std::vector<RowBytes> rows_in_file(const std::string& path);

}  // namespace pawl::test
