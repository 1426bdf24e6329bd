#include "engine/quota.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "engine/result.h"

// Why no sixty seconds see more than calls_per_minute: the bucket and what is left of the lease
// hold at most `burst` calls together, and a minute lets `calls_per_minute - burst` flow in; while
// the cloud's throttle is obeyed, both are smaller. A restart cannot know how much of the last
// lease was spent just now, so it takes all of it as such; and so does whoever finds another
// process's lease in the store. A process that takes calls beside a driver leases one at a time and
// spends it at once, so that no lease lies where nobody counts it.

namespace pawl {

namespace {

/// Parts of a call: a minute's milliseconds, twice, for half a call a minute is the slowest flow.
constexpr std::int64_t call = 120'000;
/// Every bucket is full after so long; no sum of parts can overflow within it.
constexpr std::int64_t full_after_ms = 120'000;

constexpr Duration raise_every{60'000};
/// Where the answer that throttles names no time.
constexpr Duration quiet_after_throttle{5'000};
/// The slowest that halving leads to, as a part of what was configured: a cloud that refuses
/// whatever the rate must not bring a rollout to a standstill.
constexpr std::uint32_t slowest_part = 20;
/// A stored time can have been edited as well.
constexpr Duration quiet_max = std::chrono::minutes{30};

/// A stored level can have been edited into anything.
std::int64_t parts_of(double level, std::int64_t most) {
  if (!(level > 0)) return 0;
  const double parts = level * static_cast<double>(call);
  return parts < static_cast<double>(most) ? std::llround(parts) : most;
}

}  // namespace

Quota::Quota(std::string account, std::uint32_t calls_per_minute,
             const std::optional<QuotaLease>& last, Instant now)
    : account_(std::move(account)), at_(now), most_(calls_per_minute) {
  check(calls_per_minute > 0, "a quota has calls");
  set_rate(calls_per_minute);
  level_ = burst_;
  if (last) take_up(*last, now);
}

/// All of the lease counts as spent just now.
void Quota::take_up(const QuotaLease& last, Instant now) {
  raise_at_ = now + raise_every;
  quiet_until_ = std::max(quiet_until_, std::min(last.quiet_until, now + quiet_max));
  if (last.slowed_to > 0 && last.slowed_to < rate_) move_rate(last.slowed_to);
  level_ = parts_of(last.level, burst_);
  at_ = std::min(last.at, now);
  level_ = std::min(level_at(now), burst_ - lease_max_ * call);
  at_ = now;
  last_ = last;
}

void Quota::stored(const QuotaLease& last, Instant now) {
  if (last_ == last) return;
  const std::int64_t before = level_at(now);
  take_up(last, now);
  level_ = std::min(level_, before);
}

/// At once go a twentieth of a second's calls, or a few: the answers that say "too many" come only
/// after all that was sent together.
void Quota::set_rate(std::uint32_t calls_per_minute) {
  constexpr std::int64_t few = 6;
  rate_ = calls_per_minute;
  const std::int64_t calls = rate_;
  const std::int64_t at_once =
      std::clamp<std::int64_t>(calls / 10, 1, std::max(few, calls / 1'200));
  burst_ = at_once * call;
  per_ms_ = std::max<std::int64_t>(1, 2 * (calls - at_once));
  lease_max_ = std::min(at_once, std::max<std::int64_t>(5, per_ms_ * 1'000 / call));
}

void Quota::move_rate(std::uint32_t calls_per_minute) {
  if (calls_per_minute == rate_) return;
  move_ = RateMove{rate_, calls_per_minute, most_, quiet_until_};
  set_rate(calls_per_minute);
}

std::int64_t Quota::level_at(Instant now) const {
  const auto passed = std::clamp<std::int64_t>((now - at_).count(), 0, full_after_ms);
  return std::min(std::max(level_, burst_ - left_ * call), level_ + passed * per_ms_);
}

bool Quota::take(Instant now) {
  if (left(now) < 1) return false;
  // What flowed in so far was bounded by the lease as it stood until now.
  level_ = level_at(now);
  at_ = std::max(at_, now);
  --left_;
  return true;
}

std::optional<QuotaLease> Quota::next_lease(Instant now, std::int64_t most) const {
  const std::int64_t level = level_at(now);
  if (left_ >= 1 || now < quiet_until_ || level < call)  // nothing to be had, but to be told
    return untold_ ? std::optional(lease_of(level, now)) : std::nullopt;
  return lease_of(level - std::min({level / call, lease_max_, most}) * call, now);
}

QuotaLease Quota::lease_of(std::int64_t level, Instant now) const {
  const double calls = static_cast<double>(level) / static_cast<double>(call);
  return {account_, calls, now, rate_ < most_ ? rate_ : 0, quiet_until_};
}

void Quota::leased(const QuotaLease& lease) {
  last_ = lease;
  untold_ = false;
  const std::int64_t level = level_at(lease.at);
  level_ = parts_of(lease.level, level);
  left_ += (level - level_) / call;
  at_ = lease.at;
  if (rate_ < most_ && at_ >= raise_at_) {
    raise_at_ = at_ + raise_every;
    const auto raised = static_cast<std::uint32_t>(
        std::min<std::uint64_t>(most_, rate_ + std::max<std::uint64_t>(1, rate_ / 20)));
    if (raised < most_) {
      set_rate(raised);
    } else {
      move_rate(most_);
      untold_ = true;
    }
  }
}

Instant Quota::earliest(Instant now) const {
  const Instant quiet = std::max(now, quiet_until_);
  if (left_ >= 1) return quiet;
  const std::int64_t missing = call - level_at(now);
  if (missing <= 0) return quiet;
  return std::max(quiet, now + Duration{(missing + per_ms_ - 1) / per_ms_});
}

void Quota::heed(const HttpResponse& answer, const std::optional<Throttle>& throttle, Instant sent,
                 Instant now) {
  if (throttle) {
    throttled(sent, now, now + answer.retry_after.value_or(quiet_after_throttle),
              throttle->calls_per_minute);
  } else if (answer.status == 503 && answer.retry_after) {
    quiet(now + *answer.retry_after);
  }
}

void Quota::quiet(Instant until) {
  untold_ = untold_ || until > quiet_until_;
  quiet_until_ = std::max(quiet_until_, until);
}

void Quota::throttled(Instant sent, Instant now, Instant until,
                      std::optional<std::uint32_t> named) {
  // Nothing begins in the quiet; what was written in it had begun before.
  const bool together = sent <= slowed_at_ || sent < quiet_until_;
  quiet_until_ = std::max(quiet_until_, until);
  level_ = 0;
  left_ = 0;
  at_ = now;
  raise_at_ = now + raise_every;
  untold_ = true;
  if (together) return;
  slowed_at_ = now;
  const std::uint32_t half = std::max({1U, std::min(rate_, most_ / slowest_part), rate_ / 2});
  move_rate(named && *named > 0 && *named < rate_ ? *named : half);
}

}  // namespace pawl
