#include "engine/quota.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "engine/result.h"

// Why no sixty seconds see more than calls_per_minute: the bucket and what is left of the lease
// hold at most `burst` calls together, and a minute lets `calls_per_minute - burst` flow in. A
// restart cannot know how much of the last lease was spent just now, so it takes all of it as such.

namespace pawl {

namespace {

/// Parts of a call: a minute's milliseconds, twice, for half a call a minute is the slowest flow.
constexpr std::int64_t call = 120'000;
/// Every bucket is full after so long; no sum of parts can overflow within it.
constexpr std::int64_t full_after_ms = 120'000;

/// A stored level can have been edited into anything.
std::int64_t parts_of(double level, std::int64_t most) {
  if (!(level > 0)) return 0;
  const double parts = level * static_cast<double>(call);
  return parts < static_cast<double>(most) ? std::llround(parts) : most;
}

}  // namespace

Quota::Quota(std::string account, std::uint32_t calls_per_minute,
             const std::optional<QuotaLease>& last, Instant now)
    : account_(std::move(account)), at_(now) {
  check(calls_per_minute > 0, "a quota has calls");
  const std::int64_t calls = calls_per_minute;
  const std::int64_t at_once = std::max<std::int64_t>(1, calls / 10);
  burst_ = at_once * call;
  per_ms_ = std::max<std::int64_t>(1, 2 * (calls - at_once));
  lease_max_ = std::min(at_once, std::max<std::int64_t>(5, per_ms_ * 1'000 / call));
  level_ = burst_;
  if (last) {
    level_ = parts_of(last->level, burst_);
    at_ = std::min(last->at, now);
    level_ = std::min(level_at(now), burst_ - lease_max_ * call);
    at_ = now;
  }
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

std::optional<QuotaLease> Quota::next_lease(Instant now) const {
  if (left_ >= 1 || now < quiet_until_) return std::nullopt;
  const std::int64_t level = level_at(now);
  if (level < call) return std::nullopt;
  const std::int64_t after = level - std::min(level / call, lease_max_) * call;
  return QuotaLease{account_, static_cast<double>(after) / static_cast<double>(call), now};
}

void Quota::leased(const QuotaLease& lease) {
  const std::int64_t level = level_at(lease.at);
  level_ = parts_of(lease.level, level);
  left_ += (level - level_) / call;
  at_ = lease.at;
}

Instant Quota::earliest(Instant now) const {
  const Instant quiet = std::max(now, quiet_until_);
  if (left_ >= 1) return quiet;
  const std::int64_t missing = call - level_at(now);
  if (missing <= 0) return quiet;
  return std::max(quiet, now + Duration{(missing + per_ms_ - 1) / per_ms_});
}

void Quota::throttled(Instant now, Instant until) {
  quiet_until_ = std::max(quiet_until_, until);
  level_ = 0;
  left_ = 0;
  at_ = now;
}

}  // namespace pawl
