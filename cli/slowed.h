// What the cloud's throttle has left of an account's calls, as the store knows it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "engine/journal.h"
#include "storage/sqlite.h"

namespace pawl {

struct Slowed {
  std::uint32_t calls_per_minute = 0;  ///< that go out, fewer than the plan has; 0: as many
  std::optional<Instant> quiet_until;  ///< before which none goes out, at this machine's clock
  bool operator==(const Slowed&) const = default;
};

/// Nothing where the calls go out as the plan has it at `now`, and where nobody has taken any for
/// so long that the lease tells of another day. Pure.
std::optional<Slowed> slowed_of(const std::optional<QuotaLease>& lease, Instant now);
/// The same of the store's last lease of `account`. Fault::store when it cannot be read.
Result<std::optional<Slowed>> slowed(Database& database, const std::string& account, Instant now);

/// "the cloud throttles the calls: 30 a minute go out, and none before 2026-11-22T10:00:05.000Z"
std::string words_of(const Slowed& slowed);

}  // namespace pawl
