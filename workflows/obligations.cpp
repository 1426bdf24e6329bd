#include "workflows/obligations.h"

#include <fmt/core.h>

#include <string>

#include "workflows/cloud_recovery.h"
#include "workflows/cloud_text.h"
#include "workflows/upgrade_facts.h"
#include "workflows/upgrade_steps.h"

namespace pawl {

namespace {

std::string new_instance(const Run& run) {
  const std::string_view made = run.facts.get(fact::new_instance_id);
  return made.empty() ? "the new instance" : std::string(made);
}

std::vector<Obligation> left_by_rehearsal(const Run& run) {
  return {{obligation::rehearsal_copy,
           fmt::format("{} is a copy of {} and billed beside it: release it when the rehearsal has "
                       "been looked at",
                       new_instance(run), run.instance_id)}};
}

std::vector<Obligation> left_by_cutover(const UpgradeGoal& goal, const Run& run) {
  const std::string made = new_instance(run);
  const std::string& old = run.instance_id;
  std::vector<Obligation> left{
      {obligation::old_instance,
       fmt::format("{} is kept, with its backups, and goes on being billed: release it once {} has "
                   "proven itself",
                   old, made)}};
  if (run.facts.has(fact::prepaid)) {
    left.push_back({obligation::prepaid,
                    fmt::format("{} is prepaid and {} is pay-per-use, which makes two bills: the "
                                "old one cannot be deleted, only unsubscribed through billing",
                                old, made)});
  }
  if (run.facts.has(fact::replicas)) {
    left.push_back({obligation::read_replicas,
                    fmt::format("its read replicas stay with {}, on the old version: make them "
                                "anew on {}, then release {}",
                                old, made, run.facts.get(fact::replicas))});
  }
  if (cloud::dr_role_from(run.facts.get(fact::dr_role)) != cloud::DrRole::none) {
    left.push_back({obligation::disaster_recovery,
                    fmt::format("check whether {} had a disaster-recovery instance, which the "
                                "cloud did not say: it has to be made anew for {}",
                                old, made)});
  }
  if (goal.statistics == cloud::Statistics::after_cutover) {
    left.push_back({obligation::statistics,
                    fmt::format("the optimizer's statistics are collected after the cutover: look "
                                "whether each database of {} has them before its peak hours, and "
                                "run ANALYZE where not",
                                made)});
  }
  left.push_back({obligation::extensions,
                  fmt::format("extensions keep their old version: ALTER EXTENSION ... UPDATE in "
                              "each database of {}, and install again what was removed for the "
                              "upgrade",
                              made)});
  return left;
}

/// No person has had any of what comes after the upgrade made again.
bool first_time_after_upgrade(const Run& run) {
  for (std::uint8_t step = 0; step < steps_max; ++step) {
    if (comes_after_upgrade(step) && run.attempts[step] > 1) return false;
  }
  return true;
}

std::vector<Obligation> left_by_what_comes_after(const Run& before, const Run& after) {
  const bool stands = after.state == RunState::failed || after.state == RunState::needs_operator;
  if (before.phase == Phase::over || !stands || !first_time_after_upgrade(after)) return {};
  return {{obligation::unverified,
           fmt::format("the upgrade of {} has made {}, and what comes after it did not end well "
                       "({}): `pawl retry` makes that again and upgrades nothing, after the "
                       "rollout's end `pawl run PLAN --failed-of` does; or look yourself whether "
                       "{} does its work",
                       after.instance_id, new_instance(after), cloud::one_line(after.reason, 160),
                       new_instance(after))}};
}

/// A person gives up a run in doubt, and an upgrade may be under way: one in doubt, one whose end
/// was not seen, or one that left no trace when it was looked for.
bool gives_up_in_doubt(const Run& before, const Run& after) {
  const bool left_alone = after.state == RunState::skipped || after.state == RunState::cancelled;
  const bool open = before.sends[upgrade_step::upgrade] > 0 ||
                    (before.step == upgrade_step::upgrade && before.ended_in != Phase::waiting);
  return before.state == RunState::needs_operator && left_alone && open;
}

Obligation left_in_doubt(const Run& run) {
  return {obligation::in_doubt,
          fmt::format("its run was left alone while {} may be upgrading: look at its upgrade "
                      "history, and if there is a second instance, decide which one stays",
                      run.instance_id)};
}

/// A run ends by itself, and an upgrade that was sent before is accounted for by nothing.
bool ends_in_doubt(const Run& before, const Run& after) {
  const bool followed = before.step == upgrade_step::upgrade && before.phase != Phase::waiting &&
                        before.phase != Phase::intended;
  return after.phase == Phase::over && after.state != RunState::needs_operator && !followed &&
         after.sends[upgrade_step::upgrade] > 0;
}

/// What its upgrade has left, as it comes to be over.
std::vector<Obligation> left_by_upgrade(const UpgradeGoal& goal, const Run& before,
                                        const Run& after) {
  if (before.step != upgrade_step::upgrade) return {};
  if (after.step == upgrade_step::verify) {
    std::vector<Obligation> left = goal.cutover == cloud::Cutover::yes
                                       ? left_by_cutover(goal, after)
                                       : left_by_rehearsal(after);
    if (const std::string_view another = after.facts.get(fact::another_upgrade); !another.empty()) {
      left.push_back({obligation::in_doubt,
                      fmt::format("besides the upgrade that was followed the history of {} shows "
                                  "{}, which may be one that was sent as well: if it has made an "
                                  "instance too, decide which one stays",
                                  after.instance_id, another)});
    }
    return left;
  }
  const bool taken = before.phase == Phase::submitted || before.phase == Phase::unsure;
  if (taken && after.state == RunState::failed) {
    return {{obligation::failed_upgrade,
             fmt::format("an upgrade of {} has failed, and what that leaves is documented nowhere: "
                         "check whether it still takes writes, and whether a half-made instance is "
                         "there and billed",
                         after.instance_id)}};
  }
  return {};
}

}  // namespace

std::vector<Obligation> obligations_of(const UpgradeGoal& goal, const Run& before,
                                       const Run& after) {
  if (comes_after_upgrade(before.step)) return left_by_what_comes_after(before, after);
  if (before.phase == Phase::over) {
    if (!gives_up_in_doubt(before, after)) return {};
    return {left_in_doubt(after)};
  }
  if (ends_in_doubt(before, after)) return {left_in_doubt(after)};
  return left_by_upgrade(goal, before, after);
}

}  // namespace pawl
