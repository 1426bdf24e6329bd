#include "cli/slowed.h"

#include <fmt/core.h>

#include "storage/leases.h"

namespace pawl {

namespace {

/// Whoever makes calls takes a lease in each minute; while nobody does, they wait for no quota.
constexpr Duration lately = std::chrono::minutes{5};

}  // namespace

std::optional<Slowed> slowed_of(const std::optional<QuotaLease>& lease, Instant now) {
  if (!lease) return std::nullopt;
  const bool quiet = lease->quiet_until > now;
  if (!quiet && (lease->slowed_to == 0 || now - lease->at > lately)) return std::nullopt;
  return Slowed{lease->slowed_to, quiet ? std::optional(lease->quiet_until) : std::nullopt};
}

Result<std::optional<Slowed>> slowed(Database& database, const std::string& account, Instant now) {
  const auto lease = load_lease(database, account);
  if (!lease) return lease.error();
  return slowed_of(*lease, now);
}

std::string words_of(const Slowed& slowed) {
  const std::string until = slowed.quiet_until ? format_utc(*slowed.quiet_until) : "";
  if (slowed.calls_per_minute == 0)
    return fmt::format("the cloud has asked for no call before {}", until);
  return fmt::format("the cloud throttles the calls: {} a minute go out{}{}",
                     slowed.calls_per_minute, until.empty() ? "" : ", and none before ", until);
}

}  // namespace pawl
