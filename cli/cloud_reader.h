// Questions to the cloud from a process that drives nothing: it keeps to the quota and writes
// nothing down.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/fleet.h"
#include "engine/io/curl_client.h"
#include "engine/io/system_clock.h"
#include "engine/quota.h"
#include "workflows/plan.h"

namespace pawl {

class CloudReader final {
 public:
  /// `plan` outlives it; `last` is what the store knows of the quota. Fault::usage and
  /// Fault::remote as authorizer_for has them.
  static Result<std::unique_ptr<CloudReader>> open(const Plan& plan,
                                                   const std::optional<QuotaLease>& last);
  CloudReader(const CloudReader&) = delete;
  CloudReader& operator=(const CloudReader&) = delete;

  /// As list_fleet and offered_versions have it.
  Result<std::vector<Candidate>> fleet();
  Result<std::vector<std::string>> offered(const std::string& instance_id);
  Instant now() { return clock_.now(); }

 private:
  CloudReader(const Plan& plan, std::unique_ptr<Authorizer> authorizer);
  Outside outside();

  const Plan& plan_;
  SystemClock clock_;
  std::unique_ptr<Authorizer> authorizer_;
  std::unique_ptr<CurlClient> client_;
  std::optional<Quota> quota_;
};

}  // namespace pawl
