// Levers lie in a table of their own, where any process may write them down; whoever holds the
// driver's lock turns them into entries.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/lever.h"
#include "engine/result.h"
#include "storage/sqlite.h"

namespace pawl {

/// Writes `levers` down durably, all or none; the last one's number, up to which theirs are in a
/// row. Waits for a driver's commit as LockWait has it.
Result<std::int64_t> post_levers(Database& database, std::span<const Lever> levers);

/// The levers of `rollout`, and of the whole store, that no entry has answered, without those that
/// close obligations; oldest first. A kind that this build does not know is Fault::store.
Result<std::vector<Lever>> waiting_levers(Database& database, const std::string& rollout);
/// Those that close obligations.
Result<std::vector<Lever>> waiting_closings(Database& database);

/// A lever that no entry has answered, for people to see: of whatever kind, known here or not.
struct AskedLever {
  Instant at{};
  std::string kind, target, by, reason;
  bool operator==(const AskedLever&) const = default;
};
/// Those of `rollout` and of the whole store, and those that close obligations; oldest first.
Result<std::vector<AskedLever>> asked_levers(Database& database, const std::string& rollout);

/// The rollouts that levers wait for, each once; an empty id stands for the store as a whole.
Result<std::vector<std::string>> rollouts_with_levers(Database& database);

/// Whether an entry has answered it, which may be a refusal.
Result<bool> lever_answered(Database& database, std::int64_t id);

/// Whether the store is frozen.
Result<bool> store_frozen(Database& database);

}  // namespace pawl
