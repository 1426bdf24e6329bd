// Questions to the cloud from a process that drives nothing: of the store it changes the quota
// alone, which it shares with a driver.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/credentials.h"
#include "cli/fleet.h"
#include "cli/log.h"
#include "cli/options.h"
#include "engine/io/curl_client.h"
#include "engine/io/system_clock.h"
#include "engine/quota.h"
#include "storage/sqlite.h"
#include "storage/store.h"
#include "workflows/plan.h"

namespace pawl {

/// Leases one call for `quota` from the store's bucket, durably; false where the bucket has none
/// now. It is to leave at once: no more than that lies where a driver does not count it.
/// Fault::store.
Result<bool> lease_one(Database& database, Quota& quota, Instant now);

class CloudReader final {
 public:
  /// `plan` outlives it and gets its project filled in; `store` is where the quota is known, null
  /// where there is no store yet. One that cannot be written is read, and nobody told. Fault::usage
  /// and Fault::remote as cloud_client.h and Credentials::open have them.
  static Result<std::unique_ptr<CloudReader>> open(Plan& plan, const Options& options,
                                                   const Log& log, Database* store);
  CloudReader(const CloudReader&) = delete;
  CloudReader& operator=(const CloudReader&) = delete;

  /// As list_fleet and offered_versions have it.
  Result<Fleet> fleet();
  Result<std::vector<std::string>> offered(const std::string& instance_id);
  Instant now() { return clock_.now(); }

 private:
  explicit CloudReader(const Plan& plan) : plan_(plan) {}
  Outside outside();
  Result<bool> lease(Quota& quota);

  const Plan& plan_;
  SystemClock clock_;
  std::unique_ptr<Store> store_;  ///< to write the quota; null: for itself
  FoundCredentials found_;
  std::unique_ptr<Credentials> credentials_;
  std::unique_ptr<CurlClient> client_;
  std::optional<Quota> quota_;
};

}  // namespace pawl
