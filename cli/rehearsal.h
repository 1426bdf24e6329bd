// What the store's earlier rollouts tell about the instances of a plan: which are upgraded already,
// and how their rehearsals (`cutover: false`) to the same target went.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cli/failures.h"
#include "cli/json.h"
#include "storage/learned.h"
#include "workflows/plan.h"
#include "workflows/selection.h"

namespace pawl {

/// By the instance's id; each is the latest of its kind.
struct Past {
  std::map<std::string, PastRun> upgraded;   ///< with cutover, to whatever target: it is replaced
  std::map<std::string, PastRun> rehearsed;  ///< a rehearsal to the plan's target that has ended
};
/// Fault::store when a rollout cannot be read.
Result<Past> past_of(Database& database, const Plan& plan);

/// One rehearsal, as far as it is the latest of instances of the plan.
struct RehearsedIn {
  std::string rollout;
  Instant started{};
  std::optional<Instant> finished;
  std::size_t succeeded = 0, failed = 0;
};

/// What rehearsals have shown about a plan's instances.
struct Rehearsal {
  std::vector<RehearsedIn> rollouts;  ///< the latest first; empty where nothing was rehearsed
  std::size_t instances = 0;          ///< of the plan's, that were rehearsed
  std::size_t of = 0;                 ///< all of the plan's
  std::vector<Duration> took;         ///< their upgrades from acceptance to end, ascending
  std::vector<FailureKind> failures;  ///< the most frequent first
};
/// Nothing is rehearsed for a plan that is a rehearsal itself. Fault::store as above.
Result<Rehearsal> rehearsal_of(Database& database, const Plan& plan, const Past& past,
                               std::span<const Member> members);

/// By what an instance was replaced, and whether that is verified, as a clause; `plan` is for it.
std::string upgraded_words(const PastRun& run, const Plan& plan);
/// How the last rehearsal of an instance ended, as a clause.
std::string rehearsal_words(const PastRun& run);
/// Which rehearsals there were and what they took, as one sentence; empty where there was none.
std::string rehearsal_words(const Rehearsal& rehearsal);
/// That instances of the plan failed their rehearsal, by kind and with what to do; empty where none
/// did.
std::string rehearsal_warning(const Rehearsal& rehearsal);
/// The object `rehearsal` of `pawl plan --json`; `null` where there was none.
Json rehearsal_json(const Rehearsal& rehearsal);

}  // namespace pawl
