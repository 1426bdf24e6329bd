// What a rollout takes up of one that has ended (`--failed-of`): all that did not succeed there and
// was not on its target. What was upgraded there is not upgraded once more: its run goes on behind
// the upgrade.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "engine/run.h"
#include "storage/audit.h"
#include "workflows/plan.h"
#include "workflows/selection.h"

namespace pawl {

struct FollowUp {
  RolloutSummary followed{};
  cloud::Cutover cutover = cloud::Cutover::no;  ///< of its plan
  Ids only{};                                   ///< its instances that are taken up
  std::map<std::string, Run> upgraded;          ///< of them those that it has upgraded, by their id
};
/// What earlier ones have taken up of `rollout` stays theirs. Fault::usage when it is unfinished or
/// a pre-check, or that was all.
Result<FollowUp> follow_up_of(AuditReader& audit, const std::string& rollout);

/// What did not succeed in a rollout, and no later one has taken up.
struct LeftOver {
  std::string rollout;
  bool finished = false;
  std::vector<std::string> instances{};  ///< their ids
};
/// Of `rollout`, of those that took up of it, and so on; only those of which something is left.
Result<std::vector<LeftOver>> left_over_of(AuditReader& audit, const std::string& rollout);
/// The same, and besides of those whose runs it took up itself.
Result<std::vector<LeftOver>> left_over_around(AuditReader& audit, std::string rollout);
/// "`--failed-of fleet-1` takes up what is left there: a and b", one such clause for each.
std::string words_of(const std::vector<LeftOver>& left);

/// The run of `rollout` about the instance with this id, which it has upgraded. Fault::usage when
/// there is none.
Result<Run> upgraded_run(AuditReader& audit, const std::string& rollout,
                         const std::string& instance_id);

/// Makes both fit each other: an upgraded instance that the fleet no longer lists joins `members`
/// (its old instance may be released), and one that was only rehearsed, in a way that `plan` does
/// not ask for, begins anew. Fault::usage when nothing is left to take up, or an instance was
/// replaced in a way that `plan` cannot verify.
Outcome fit(FollowUp& follow_up, const Plan& plan, std::span<const Candidate> fleet,
            std::vector<Member>& members);

/// What becomes of them, one sentence a line: those that the plan leaves out, and those that are
/// verified only. Empty where all of them begin anew.
std::string words_of(const FollowUp& follow_up, std::span<const Member> members);

}  // namespace pawl
