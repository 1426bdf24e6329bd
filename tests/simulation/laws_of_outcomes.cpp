// Laws 1 and 3: what the runs say of their outcome is true.
#include <fmt/format.h>

#include <algorithm>

#include "tests/simulation/laws.h"
#include "workflows/upgrade_facts.h"
#include "workflows/upgrade_steps.h"

namespace pawl::simulation {

namespace {

/// Someone else's cannot be told from the run's own that began after its intent; without an intent
/// it follows someone else's.
bool may_be_ours(const Report& report, const Run& run) {
  return report.who == Who::pawl || !run.intended ||
         report.start >= run.intended->earliest - Duration{1'000};
}

/// Whether a rollout may end so, with so many runs that have not ended or ask for a person.
bool may_end(Ending ending, std::size_t open, std::size_t asking) {
  switch (ending) {
    case Ending::finished:
    case Ending::cancelled:
      return open + asking == 0;
    case Ending::halted:
      return true;
    case Ending::attention:
      return asking > 0;
    case Ending::waiting:
    case Ending::interrupted:
    case Ending::refused:
      break;
  }
  return false;
}

}  // namespace

bool Laws::has_upgrade_under_way(const Member& member) {
  return member.travelling > 0 || cloud_.running_upgrades(member.run.instance_id, Who::pawl) > 0;
}

/// A further attempt begins only when nothing of the earlier ones goes on.
void Laws::judge_retry(Member& member, const Run& after) {
  const Run& before = member.run;
  member.followed_again = in_flight(after) && after.phase != Phase::intended &&
                          (member.followed_again || before.phase == Phase::over);
  member.upgraded = !pawl::ended(after.state) && (member.upgraded || before.phase == Phase::over) &&
                    (after.step == upgrade_step::verify || is_after_hook(after.step));
  const bool given_up = after.state == RunState::skipped || after.state == RunState::cancelled;
  member.left_alone = given_up && before.phase == Phase::over;
  if (before.state != RunState::failed || pawl::ended(after.state)) return;
  if (before.step == upgrade_step::upgrade &&
      (after.step != upgrade_step::precheck || after.valid_until)) {
    world_.break_law("law 2: a failed upgrade is retried without a check of its own",
                     after.instance_id);
  }
  if (member.upgraded) return world_.tally.count("retried after the upgrade");
  member.accepted_before = cloud_.accepted_upgrades(after.instance_id, Who::pawl);
  if (member.accepted_before > 0) world_.tally.count("upgrades attempted once more");
  if (has_upgrade_under_way(member)) {
    world_.break_law("law 1: an attempt begins while an earlier one goes on", after.instance_id);
  }
}

void Laws::judge_outcome(const Member& member, const Run& after, const Entry& entry) {
  const Run& before = member.run;
  const bool given_up = after.state == RunState::failed || after.state == RunState::skipped;
  const bool by_a_person = before.phase == Phase::over;
  if (given_up && !by_a_person && has_upgrade_under_way(member)) {
    world_.break_law("law 1: a run is given up while its upgrade is under way", entry.instance_id);
  }
  if (before.step == upgrade_step::precheck && after.step > upgrade_step::precheck)
    judge_check_end(before, after);
  const bool taken_back = before.step == upgrade_step::upgrade && before.phase == Phase::unsure &&
                          after.phase == Phase::waiting;
  if (taken_back) {
    world_.tally.count("upgrades proven not to have arrived");
    if (member.travelling > 0 ||
        cloud_.accepted_upgrades(entry.instance_id, Who::pawl) > member.accepted_before) {
      world_.break_law("law 1: an upgrade counts as never arrived that did or will",
                       entry.instance_id);
    }
  }
  const bool by_the_gate = before.step == upgrade_step::upgrade && before.phase == Phase::submitted;
  if (by_the_gate && after.step == upgrade_step::verify) judge_upgrade_end(before, "success");
  if (by_the_gate && after.state == RunState::failed) judge_upgrade_end(before, "failed");
  const bool hook = is_before_hook(before.step) || is_after_hook(before.step);
  if (hook && before.phase == Phase::intended && machine_.running(after.instance_id) > 0) {
    world_.break_law("a hook is done with that goes on", after.instance_id);
  }
  if (after.state == RunState::succeeded) judge_success(after);
}

/// The check that passed is one that the run may take for its own, and counts as long as it says.
void Laws::judge_check_end(const Run& before, const Run& after) {
  if (after.facts.has(fact::adopted_upgrade)) return;  // such a run sends none
  const auto checks = cloud_.checks(before.instance_id);
  const bool known = std::any_of(checks.begin(), checks.end(), [&](const Report& check) {
    return check.result == "success" && check.expires == after.valid_until &&
           may_be_ours(check, before);
  });
  if (!known)
    world_.break_law("law 3: a check counts as passed that is not the run's", before.instance_id);
}

/// An upgrade that the run may take for its own has ended so.
void Laws::judge_upgrade_end(const Run& before, const std::string& result) {
  const auto reports = cloud_.upgrades(before.instance_id);
  const bool known = std::any_of(reports.begin(), reports.end(), [&](const Report& report) {
    return report.result == result && report.target == before.facts.get(fact::target_version) &&
           may_be_ours(report, before);
  });
  if (!known) {
    world_.break_law(
        fmt::format("law 3: the upgrade counts as {}, and none of the run's is", result),
        before.instance_id);
  }
}

/// The new instance stands there, as the run says.
bool Laws::made_well(const Run& run) {
  const std::string_view made = run.facts.get(fact::new_instance_id);
  const std::string_view target = run.facts.get(fact::target_version);
  const bool cutover = world_.conditions.plan.cutover == cloud::Cutover::yes;
  const auto reports = cloud_.upgrades(run.instance_id);
  const bool made_so = std::any_of(reports.begin(), reports.end(), [&](const Report& report) {
    return report.made == made && report.result == "success" && report.cutover == cutover;
  });
  const auto instance = cloud_.shown(std::string(made));
  return made_so && instance && instance->status == "ACTIVE" && instance->version == target &&
         (!cutover || instance->address == run.facts.get(fact::source_addresses));
}

void Laws::judge_success(const Run& run) {
  if (!made_well(run)) {
    world_.break_law("law 3: a run says that it succeeded, and it has not", run.instance_id);
  }
  if (!hooks_went_well(run, upgrade_step::after_hooks)) {
    world_.break_law("a run succeeds whose hook did not", run.instance_id);
  }
}

/// Of the hooks that begin at step `first`, each has ended well when it was last run.
bool Laws::hooks_went_well(Run run, std::uint8_t first) {
  const Plan& plan = world_.conditions.plan;
  const auto& hooks = first == upgrade_step::before_hooks ? plan.before_hooks : plan.after_hooks;
  for (std::size_t i = 0; i < hooks.size(); ++i) {
    run.step = static_cast<std::uint8_t>(first + i);
    if (!machine_.went_well(name_of(workflow_.command(run)))) return false;
  }
  return machine_.running(run.instance_id) == 0;
}

/// What a plan has done before an upgrade is done when it leaves.
void Laws::judge_what_comes_before(const Run& run) {
  if (!hooks_went_well(run, upgrade_step::before_hooks)) {
    world_.break_law("an upgrade leaves whose hook did not end well", run.instance_id);
  }
  if (!world_.conditions.plan.backup_before_upgrade) return;
  const auto backups = cloud_.backups(run.instance_id);
  if (std::find(backups.begin(), backups.end(), "COMPLETED") == backups.end()) {
    world_.break_law("an upgrade leaves without its backup", run.instance_id);
  }
}

void Laws::ended(Ending ending) {
  std::size_t open = 0, asking = 0;
  for (const Member& member : members_) {
    const Run& run = member.run;
    asking += run.state == RunState::needs_operator ? 1 : 0;
    open += pawl::ended(run.state) || run.state == RunState::needs_operator ? 0 : 1;
    if (pawl::ended(run.state)) {
      const bool goes_on = has_upgrade_under_way(member);
      if (goes_on && !member.left_alone)
        world_.break_law("law 1: an upgrade goes on after its run has ended", run.instance_id);
      if (goes_on && !member.in_doubt)
        world_.break_law("law 7: no obligation tells of an upgrade left alone", run.instance_id);
    } else if (in_flight(run)) {
      world_.break_law("the rollout ends with a run in flight", run.instance_id);
    }
    world_.tally.count(fmt::format("runs {}", to_string(run.state)));
  }
  if (!may_end(ending, open, asking)) world_.break_law("the rollout ends before its runs");
}

std::vector<LeverKind> Laws::awaited() const {
  std::vector<LeverKind> levers;
  if (rollout_ == "paused") levers.push_back(LeverKind::unpause);
  if (frozen_) levers.push_back(LeverKind::unfreeze);
  const bool asks = std::any_of(waves_.begin(), waves_.end(), [](const std::string& wave) {
    return wave == "awaiting_approval" || wave == "denied";
  });
  if (asks) levers.push_back(LeverKind::approve);
  return levers;
}

std::vector<std::string> Laws::undecided() const {
  std::vector<std::string> found;
  for (const Member& member : members_) {
    const RunState state = member.run.state;
    if (state == RunState::failed || state == RunState::needs_operator)
      found.push_back(member.run.instance_id);
  }
  return found;
}

}  // namespace pawl::simulation
