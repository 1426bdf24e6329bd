// Proves a store's journal whole, or names the first entry that is not as it was written.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "storage/sqlite.h"
#include "storage/stored_entry.h"

namespace pawl {

/// The first thing that is wrong. `seq` is the entry's, or 0 where no entry is to blame.
struct Broken {
  std::int64_t seq = 0;
  std::string what;
};

struct Verified {
  std::int64_t entries = 0;  ///< read before the end, or before the first bad one
  std::string head;          ///< 64 hex digits of the last good entry, zeros for none
  std::optional<Broken> broken;
};

/// Judges one entry by what the caller knows; `before` is the whole state of its subject before it,
/// empty for its first. Returns what is wrong with it.
using Judge =
    std::function<std::optional<std::string>(const StoredEntry& entry, const std::string& before)>;

/// Reads every entry in order, in one moment of the store: the numbers have no hole, each hash is
/// right and covers the one before, what a rollout was started with is unchanged, `judge` agrees,
/// and at the end the kept head and the states of all rollouts, waves and runs are those of the
/// last entries, and SQLite finds its tables and indexes whole. First of all these are those that
/// pawl makes, and the log beside the file is its own. `noted_head`, unless empty, must be the hash
/// of one of the entries: a chain that was rewritten to its very end can only be found so. Takes
/// memory in proportion to the subjects.
Result<Verified> verify_journal(Database& database, const std::string& noted_head,
                                const Judge& judge);

}  // namespace pawl
