// An entry as it lies in the store, and how its row is read.
#pragma once

#include <cstdint>
#include <string>

#include "engine/journal.h"
#include "storage/sqlite.h"

namespace pawl {

class FieldHasher;

struct StoredEntry {
  std::int64_t seq = 0;  ///< from 1 on, without holes over the whole store
  Entry entry;
  std::int64_t prior = 0;       ///< seq of the same subject's entry before, 0 for its first
  std::string wave_name;        ///< empty when no wave is concerned
  std::string frozen;           ///< chain.h: what a rollout was started with; mostly empty
  std::string prev_hash, hash;  ///< 64 hex digits, lower case
  bool operator==(const StoredEntry&) const = default;
};

/// SELECT with all that read_stored_entry() wants, up to and without WHERE; the entry's table is
/// called e.
extern const std::string_view select_stored_entries;

/// Fills `entry` (its strings' room is used again) from the present row. A row that cannot have
/// been written by pawl is Fault::store.
Outcome read_stored_entry(const Statement& row, StoredEntry& entry);

/// What `hash` is where the entry says what it did when it was written.
std::string hash_of(FieldHasher& hasher, const StoredEntry& entry);

}  // namespace pawl
