#include "engine/quota.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "engine/result.h"

namespace pawl {

Quota::Quota(std::string account, double calls_per_minute, const std::optional<QuotaLease>& last,
             Instant now)
    : account_(std::move(account)), at_(now) {
  check(calls_per_minute > 0, "a quota has calls");
  // Whatever minute one looks at, it sees at most one full bucket and what flowed in meanwhile.
  burst_ = std::max(1.0, calls_per_minute / 10);
  per_ms_ = std::max(calls_per_minute - burst_, calls_per_minute / 2) / 60'000;
  lease_size_ = std::max(5.0, std::floor(per_ms_ * 1'000));
  level_ = burst_;
  if (last) {
    level_ = std::clamp(last->level, 0.0, burst_);
    at_ = std::min(last->at, now);
    level_ = level_at(now);
    at_ = now;
  }
}

double Quota::level_at(Instant now) const {
  const double passed = static_cast<double>(std::max<std::int64_t>(0, (now - at_).count()));
  return std::min(burst_, level_ + passed * per_ms_);
}

bool Quota::take(Instant now) {
  if (left(now) < 1) return false;
  left_ -= 1;
  return true;
}

std::optional<QuotaLease> Quota::next_lease(Instant now) const {
  if (left_ >= 1 || now < quiet_until_) return std::nullopt;
  const double level = level_at(now);
  if (level < 1) return std::nullopt;
  return QuotaLease{account_, level - std::min(std::floor(level), lease_size_), now};
}

void Quota::leased(const QuotaLease& lease) {
  left_ += std::round(level_at(lease.at) - lease.level);
  level_ = lease.level;
  at_ = lease.at;
}

Instant Quota::earliest(Instant now) const {
  const Instant quiet = std::max(now, quiet_until_);
  if (left_ >= 1) return quiet;
  const double missing = 1 - level_at(now);
  if (missing <= 0) return quiet;
  return std::max(quiet, now + Duration{static_cast<std::int64_t>(std::ceil(missing / per_ms_))});
}

void Quota::throttled(Instant now, Instant until) {
  quiet_until_ = std::max(quiet_until_, until);
  level_ = 0;
  left_ = 0;
  at_ = now;
}

}  // namespace pawl
