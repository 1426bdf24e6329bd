// The account's calls as a token bucket that survives a restart: the driver spends a lease that
// the store has already written off, so a crash forfeits calls and never spends them twice.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "engine/journal.h"
#include "engine/time.h"

namespace pawl {

class Quota {
 public:
  /// `calls_per_minute` >= 1 is never exceeded in any sixty seconds. `last` is the store's lease.
  Quota(std::string account, std::uint32_t calls_per_minute, const std::optional<QuotaLease>& last,
        Instant now);

  /// Spends one call of the lease; false when none is left or the cloud asked for quiet.
  bool take(Instant now);
  /// Returns a call that was taken and not sent.
  void give_back() { ++left_; }
  /// Calls of the lease that may be sent at once.
  std::int64_t left(Instant now) const { return now < quiet_until_ ? 0 : left_; }

  /// A further lease to be committed, when the last is spent and the bucket holds at least a call.
  std::optional<QuotaLease> next_lease(Instant now) const;
  /// The lease is durable and may be spent.
  void leased(const QuotaLease& lease);
  /// When a call can be sent at the earliest; `now` when one can already.
  Instant earliest(Instant now) const;
  /// The cloud answered 429: nothing more before `until`, and the bucket is empty.
  void throttled(Instant now, Instant until);

 private:
  std::int64_t level_at(Instant now) const;

  std::string account_;
  // In parts of a call, so that what flows in within a millisecond is a whole number.
  std::int64_t burst_, per_ms_, level_;
  std::int64_t lease_max_;  // calls
  std::int64_t left_ = 0;   // calls
  Instant at_;
  Instant quiet_until_{};
};

}  // namespace pawl
