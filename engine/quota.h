// The account's calls as a token bucket that survives a restart: the driver spends a lease that
// the store has already written off, so a crash forfeits calls and never spends them twice.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "engine/http.h"
#include "engine/journal.h"
#include "engine/time.h"

namespace pawl {

/// The rate in force has changed: in calls a minute.
struct RateMove {
  std::uint32_t before = 0, after = 0;
  std::uint32_t most = 0;  ///< as configured
  Instant quiet_until{};   ///< until when none goes out at all
};

class Quota {
 public:
  /// `calls_per_minute` >= 1 is never exceeded in any sixty seconds. `last` is the store's lease.
  Quota(std::string account, std::uint32_t calls_per_minute, const std::optional<QuotaLease>& last,
        Instant now);

  const std::string& account() const { return account_; }
  /// Spends one call of the lease; false when none is left or the cloud asked for quiet.
  bool take(Instant now);
  /// Returns a call that was taken and not sent.
  void give_back() { ++left_; }
  /// Calls of the lease that may be sent at once.
  std::int64_t left(Instant now) const { return now < quiet_until_ ? 0 : left_; }

  /// What the store holds, right before a further lease: where another process has taken calls of
  /// the same bucket since the last one of this quota, they are missing here too.
  void stored(const QuotaLease& last, Instant now);
  /// A further lease to be committed, of `most` calls at most, when the last is spent and the
  /// bucket holds at least a call; of no call, when there is only something to be told.
  std::optional<QuotaLease> next_lease(
      Instant now, std::int64_t most = std::numeric_limits<std::int64_t>::max()) const;
  /// The lease is durable and may be spent.
  void leased(const QuotaLease& lease);
  /// When a call can be sent at the earliest; `now` when one can already.
  Instant earliest(Instant now) const;
  /// What the answer to a call that left at `sent` says about calls to come: that they are too many
  /// (`throttle`, as the workflow reads it), or, with a 503, that nothing is served for a while.
  void heed(const HttpResponse& answer, const std::optional<Throttle>& throttle, Instant sent,
            Instant now);
  /// The cloud throttled a call that was sent at `sent`: nothing more before `until`, the bucket is
  /// empty, and from then on half as many calls a minute, but no fewer than a twentieth of what was
  /// configured, or as many as the cloud has `named`.
  /// Answers to calls that were on their way together count once. Each minute without another
  /// answer of this kind lets a twentieth more calls through, up to what was configured.
  void throttled(Instant sent, Instant now, Instant until,
                 std::optional<std::uint32_t> named = std::nullopt);
  /// The cloud serves nothing before `until`, and calls are no fewer for it afterwards.
  void quiet(Instant until);
  /// Calls a minute that are in force.
  std::uint32_t calls_per_minute() const { return rate_; }
  /// The store does not know yet that the rate has moved, or until when there is to be quiet: a
  /// lease is due.
  bool untold() const { return untold_; }
  /// Once for each time that the rate is lowered, by a throttled answer or by what the store tells
  /// of one, and once it is again as configured; the small steps in between are not told.
  std::optional<RateMove> take_move() { return std::exchange(move_, std::nullopt); }

 private:
  void take_up(const QuotaLease& last, Instant now);
  std::int64_t level_at(Instant now) const;
  void set_rate(std::uint32_t calls_per_minute);
  void move_rate(std::uint32_t calls_per_minute);
  QuotaLease lease_of(std::int64_t level, Instant now) const;

  std::string account_;
  std::optional<QuotaLease> last_;  // that this quota knows to be in the store
  // In parts of a call, so that what flows in within a millisecond is a whole number.
  std::int64_t burst_ = 0, per_ms_ = 0, level_ = 0;
  std::int64_t lease_max_ = 0;  // calls
  std::int64_t left_ = 0;       // calls
  Instant at_;
  Instant quiet_until_{};
  std::uint32_t most_;  // calls a minute, as configured
  std::uint32_t rate_;
  Instant slowed_at_{}, raise_at_{};
  std::optional<RateMove> move_;
  bool untold_ = false;
};

}  // namespace pawl
