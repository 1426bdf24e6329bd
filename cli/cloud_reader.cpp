#include "cli/cloud_reader.h"

#include <fmt/core.h>

#include <utility>

#include "cli/cloud_client.h"
#include "cli/lock_wait.h"
#include "cli/refusals.h"
#include "cli/rollout_start.h"
#include "storage/leases.h"

namespace pawl {

Result<bool> lease_one(Database& database, Quota& quota, Instant now) {
  const auto next = [&quota, now](const std::optional<QuotaLease>& last) {
    if (last) quota.stored(*last, now);
    return quota.next_lease(now, 1);
  };
  const auto lease = take_lease(database, quota.account(), next);
  if (!lease) return lease.error();
  if (*lease) quota.leased(**lease);
  return lease->has_value();
}

Result<std::unique_ptr<CloudReader>> CloudReader::open(Plan& plan, const Options& options,
                                                       const Log& log, Database* store) {
  auto found = take_credentials(log);
  if (!found) return found.error();
  const ProofTarget target = target_of(plan, options.ca_file);
  std::unique_ptr<CloudReader> reader(new CloudReader(plan));
  if (store != nullptr) {
    auto opened = Store::open_for_levers(options.store, wall_time(), lock_wait_told_by(log));
    if (opened) {
      reader->store_ = std::move(*opened);
      const Outcome may = may_be_tried(reader->store_->database(), *found, reader->now());
      if (!may) return may.error();
    } else {
      log.info(fmt::format("the calls are counted here alone: {}", opened.error().what));
    }
  }
  auto credentials = Credentials::open(*found, target, reader->clock_);
  if (!credentials) return credentials.error();
  reader->credentials_ = std::move(*credentials);
  if (Outcome known = fill_in_project(plan, *reader->credentials_); !known) return known.error();
  auto client = client_for(target, *reader->credentials_, reader->clock_);
  if (!client) return client.error();
  reader->client_ = std::move(*client);
  std::optional<QuotaLease> last;
  if (store != nullptr) {
    auto kept = load_lease(*store, account_of(plan));
    if (!kept) return kept.error();
    last = std::move(*kept);
  }
  reader->found_ = std::move(*found);
  reader->quota_.emplace(account_of(plan), plan.cloud.calls_per_minute, last, reader->now());
  return reader;
}

Outside CloudReader::outside() {
  return {clock_, *client_, *credentials_, [this](Quota& quota) { return lease(quota); },
          [] { return Outcome(Done{}); }};
}

Result<bool> CloudReader::lease(Quota& quota) {
  if (store_) return lease_one(store_->database(), quota, clock_.now());
  const auto next = quota.next_lease(clock_.now());
  if (next) quota.leased(*next);
  return next.has_value();
}

Result<Fleet> CloudReader::fleet() {
  auto listed = list_fleet(outside(), *quota_, plan_);
  if (!listed && listed.error().fault == Fault::refused && store_) {
    const Outcome noted = note_refusal(store_->database(), found_, now());
    if (!noted) return noted.error();
  }
  return listed;
}

Result<std::vector<std::string>> CloudReader::offered(const std::string& instance_id) {
  return offered_versions(outside(), *quota_, plan_, instance_id);
}

}  // namespace pawl
