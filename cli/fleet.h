// The fleet as the cloud lists it, once, before a rollout starts or to show a plan.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cli/credentials.h"
#include "cli/log.h"
#include "engine/journal.h"
#include "engine/ports.h"
#include "engine/quota.h"
#include "engine/result.h"
#include "workflows/selection.h"

namespace pawl {

/// What a call before the start is made with.
struct Outside {
  Clock& clock;
  HttpClient& client;
  Credentials& credentials;  ///< what `client` proves its calls with
  /// Takes a further lease for `quota` out of the account's bucket, durably before it is spent;
  /// false where the bucket has none now. Fault::store.
  std::function<Result<bool>(Quota& quota)> lease;
  /// As that of an exchange, asked before each call as well: an error ends it all.
  std::function<Outcome()> go_on;
};

/// Takes one call of the quota, however long that takes. Fault::store.
Outcome take_call(const Outside& outside, Quota& quota);

struct Fleet {
  std::vector<Candidate> instances;
  /// Why it is not known which of them take part in disaster recovery; empty where it is.
  std::string dr_unread{};
  /// The cloud's clock at its last answer, where that told.
  std::optional<CloudInstant> date{};
};

/// What it is that takes a while.
void tell_of_listing(const Log& log, const Plan& plan);
/// Every PostgreSQL instance of the plan's project, a hundred a call, none twice: pages shift while
/// instances come and go, so the list is read again until its count and its ids agree (cloud-api
/// trap 18), with an end; so does a list of more than a million end it. One call more tells which
/// take part in disaster recovery; a cloud that has no such call has no disaster recovery. The
/// credentials are kept fresh meanwhile. Fault::remote when the endpoint cannot be reached or gives
/// no readable answer. Fault::refused after the first call that is refused for its credentials,
/// where no fresh ones can be had, or these are refused too: more than five in a row would lock an
/// access key for everybody.
Result<Fleet> list_fleet(const Outside& outside, Quota& quota, const Plan& plan);

/// The members of `plan` among `fleet`, with or without `only`, as resolve has them; what the list
/// leaves open about them is told to `log`.
Result<std::vector<Member>> members_among(const Plan& plan, const Fleet& fleet, const Ids* only,
                                          const Log& log);

/// The versions that the cloud offers to one instance, as it spells them. Faults as above.
Result<std::vector<std::string>> offered_versions(const Outside& outside, Quota& quota,
                                                  const Plan& plan, const std::string& instance_id);

}  // namespace pawl
