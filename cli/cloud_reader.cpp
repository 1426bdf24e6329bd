#include "cli/cloud_reader.h"

#include <utility>

#include "cli/cloud_client.h"
#include "cli/rollout_start.h"

namespace pawl {

CloudReader::CloudReader(const Plan& plan, std::unique_ptr<Authorizer> authorizer)
    : plan_(plan), authorizer_(std::move(authorizer)) {}

Result<std::unique_ptr<CloudReader>> CloudReader::open(const Plan& plan,
                                                       const std::optional<QuotaLease>& last) {
  auto authorizer = authorizer_for(plan);
  if (!authorizer) return authorizer.error();
  std::unique_ptr<CloudReader> reader(new CloudReader(plan, std::move(*authorizer)));
  auto client = client_for(plan, reader->clock_, reader->authorizer_.get());
  if (!client) return client.error();
  reader->client_ = std::move(*client);
  reader->quota_.emplace(account_of(plan), plan.cloud.calls_per_minute, last, reader->now());
  return reader;
}

Outside CloudReader::outside() {
  return {clock_, *client_, [](const QuotaLease&) { return Outcome(Done{}); }};
}

Result<std::vector<Candidate>> CloudReader::fleet() {
  return list_fleet(outside(), *quota_, plan_);
}

Result<std::vector<std::string>> CloudReader::offered(const std::string& instance_id) {
  return offered_versions(outside(), *quota_, plan_, instance_id);
}

}  // namespace pawl
