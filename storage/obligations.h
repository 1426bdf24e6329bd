// What upgrades left for people to do, as the journal tells it: opened by one entry, whose seq is
// its number, and closed by another.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/journal.h"
#include "storage/sqlite.h"

namespace pawl {

struct Closing {
  Instant at{};
  std::string by, reason;
};

struct StoredObligation {
  std::int64_t number = 0;
  std::string rollout;
  std::int64_t run = 0;
  std::string instance_id, name;  ///< of the run
  std::string kind, text;
  Instant opened{};
  std::optional<Closing> closed{};
};

/// Empty texts and lists filter nothing.
struct ObligationFilter {
  std::vector<std::int64_t> numbers{}, runs{};
  std::string rollout{}, kind{};
  bool closed_too = false;
};

/// Calls `take` with each that passes, the oldest first, until it returns false.
Outcome each_obligation(Database& database, const ObligationFilter& filter,
                        const std::function<bool(const StoredObligation&)>& take);
/// How many are open of a rollout: now, and just after entry `seq`.
Result<std::int64_t> open_obligations(Database& database, const std::string& rollout);
Result<std::int64_t> open_obligations_at(Database& database, const std::string& rollout,
                                         std::int64_t seq);

/// The last entry of a run; no such run is Fault::store.
Result<Entry> last_entry_of(Database& database, std::int64_t run);

}  // namespace pawl
