// The fleet as the cloud lists it, once, before a rollout starts.
#pragma once

#include <string>
#include <vector>

#include "engine/ports.h"
#include "engine/quota.h"
#include "engine/result.h"
#include "workflows/selection.h"

namespace pawl {

/// What a call before the start is made with.
struct Outside {
  Clock& clock;
  HttpClient& client;
  Journal& journal;  ///< keeps the quota's leases
};

/// Every PostgreSQL instance of the project, a hundred a call, none twice: pages shift while
/// instances come and go, so the list is read again until its count and its ids agree (cloud-api
/// trap 18), with an end. `request` is one call's time limit. Fault::remote when the endpoint
/// cannot be reached, refuses the credentials or gives no readable answer.
Result<std::vector<Candidate>> list_fleet(const Outside& outside, Quota& quota,
                                          const std::string& endpoint,
                                          const std::string& project_id, Duration request);

}  // namespace pawl
