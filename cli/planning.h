// What a plan would do to the fleet as it is: each instance's wave and fate, and what the rollout
// will take.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cli/cloud_reader.h"
#include "cli/outlook.h"
#include "cli/plan_file.h"
#include "cli/rehearsal.h"
#include "storage/audit.h"
#include "workflows/selection.h"

namespace pawl {

enum class Fate : std::uint8_t {
  upgrade,
  skip,  ///< left alone, as far as is known now
  fail,  ///< the cloud does not know it
};
std::string_view to_string(Fate fate);

struct PlannedInstance {
  Member member;
  Fate fate = Fate::upgrade;
  std::string reason;          ///< of skip and fail; else what is worth knowing, may be empty
  std::string source_version;  ///< empty where the cloud gave none
  std::string target_version;  ///< empty where it is not known beforehand
  std::optional<CloudInstant> starts;  ///< estimated; absent where nothing starts
  bool stale = false;                  ///< its check will be too old by then, and be renewed
};

/// What the store knows; all of it empty where there is no store.
struct Known {
  bool frozen = false;
  std::string unfinished;  ///< the plan's own rollout, where it has not ended
  std::vector<StepTook> took;
  Past past;
  Rehearsal rehearsal;
};
/// Reads it. `audit` may be null. Fault::usage when a member belongs to another unfinished rollout.
Result<Known> known_of(const Plan& plan, std::span<const Member> members, Database* database);

/// The answer to "what may such an instance be upgraded to", by source version: the offered
/// spelling, or why there is none. One instance of each version is asked.
struct Offer {
  std::string asked;  ///< the instance that it was offered to
  std::string target, refusal;
};
using Offers = std::map<std::string, Offer>;
/// What cannot be read is left out, with a word to `log`; Fault::refused ends it at once.
Result<Offers> ask_offers(CloudReader& cloud, const Plan& plan,
                          std::span<const PlannedInstance> instances, const Log& log);

struct PlannedRollout {
  std::vector<PlannedInstance> instances;  ///< by wave, in the order of their turns
  RolloutRules rules;
  StepTimes times;
  Outlook outlook;
  CloudInstant from{};
};

/// Each member's fate, as far as the list and the store tell. Pure.
std::vector<PlannedInstance> fates_of(const Plan& plan, std::span<const Member> members,
                                      std::span<const Candidate> fleet, const Known& known);
/// Adds targets, turns and what it will take. Pure.
PlannedRollout planned_rollout(const Plan& plan, std::vector<PlannedInstance> instances,
                               const Offers& offers, const Known& known, CloudInstant now);

}  // namespace pawl
