#include "cli/follow_up.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "cli/plan_file.h"
#include "cli/rollout_start.h"
#include "cli/run_facts.h"
#include "cli/text.h"
#include "workflows/upgrade_facts.h"
#include "workflows/upgrade_steps.h"
#include "workflows/versions.h"

namespace pawl {

namespace {

constexpr std::size_t ids_named_max = 5;

std::string list_of(const std::vector<std::string>& ids) {
  const auto named = static_cast<std::ptrdiff_t>(std::min(ids.size(), ids_named_max));
  return fmt::format("{}{}", fmt::join(ids.begin(), ids.begin() + named, ", "),
                     ids.size() > ids_named_max ? ", …" : "");
}

bool excluded(const Plan& plan, const std::string& id) {
  return std::any_of(plan.exclude.begin(), plan.exclude.end(), [&id](const InstanceRule& rule) {
    return std::find(rule.ids.begin(), rule.ids.end(), id) != rule.ids.end();
  });
}

/// The instances that later rollouts have taken up of what did not succeed in `rollout`.
Result<Ids> taken_up_of(AuditReader& audit, const std::string& rollout) {
  Ids taken;
  const auto followers = audit.followers_of(rollout);
  if (!followers) return followers.error();
  for (const std::string& follower : *followers) {
    const auto view = audit.rollout(follower);
    if (!view) return view.error();
    for (const RunView& stored : view->runs)
      taken.insert(stored.record.instance_id);
  }
  return taken;
}

}  // namespace

// A store may have been tampered with: none is looked at twice.

Result<std::vector<LeftOver>> left_over_of(AuditReader& audit, const std::string& rollout) {
  std::vector<LeftOver> all;
  std::vector<std::string> ids{rollout};
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const std::string id = ids[i];
    const auto view = audit.rollout(id);
    if (!view) return view.error();
    const auto taken = taken_up_of(audit, id);
    if (!taken) return taken.error();
    LeftOver here{id, view->summary.finished.has_value()};
    for (const RunView& stored : view->runs) {
      if (taken->contains(stored.record.instance_id)) continue;
      const Result<Run> run = run_of(stored);
      if (!run) return run.error();
      if (!fine(*run)) here.instances.push_back(run->instance_id);
    }
    if (!here.instances.empty()) all.push_back(std::move(here));
    const auto followers = audit.followers_of(id);
    if (!followers) return followers.error();
    for (const std::string& follower : *followers) {
      if (std::find(ids.begin(), ids.end(), follower) == ids.end()) ids.push_back(follower);
    }
  }
  return all;
}

Result<std::vector<LeftOver>> left_over_around(AuditReader& audit, std::string rollout) {
  for (Ids seen; seen.insert(rollout).second;) {
    auto summary = audit.summary(rollout, RunCounts::left_out);
    if (!summary) return summary.error();
    if (summary->failed_of.empty()) break;
    rollout = std::move(summary->failed_of);
  }
  return left_over_of(audit, rollout);
}

std::string words_of(const std::vector<LeftOver>& left) {
  std::string words;
  for (const LeftOver& one : left) {
    words += fmt::format("{}`{} {}` {} what is left there: {}", words.empty() ? "" : "; ",
                         one.finished ? "--failed-of" : "pawl resume", one.rollout,
                         one.finished ? "takes up" : "goes on with", list_of(one.instances));
  }
  return words;
}

Result<FollowUp> follow_up_of(AuditReader& audit, const std::string& rollout) {
  auto old = audit.rollout(rollout);
  if (!old) return old.error();
  if (kind_of(old->summary.record.workflow) == RolloutKind::precheck) {
    return Error{Fault::usage, fmt::format("{} is a pre-check, which upgrades nothing: `pawl run "
                                           "PLAN` upgrades. Nothing was started",
                                           rollout)};
  }
  if (!old->summary.finished) {
    return Error{Fault::usage,
                 fmt::format("{} is unfinished; `pawl retry` decides its failed runs. Nothing was "
                             "started",
                             rollout)};
  }
  const auto taken = taken_up_of(audit, rollout);
  if (!taken) return taken.error();
  const RolloutRecord& record = old->summary.record;
  const auto plan = frozen_plan(record.plan, record.project_id, rollout);
  if (!plan) return plan.error();
  FollowUp follow_up;
  follow_up.cutover = plan->cutover;
  for (const RunView& stored : old->runs) {
    Result<Run> run = run_of(stored);
    if (!run) return run.error();
    if (fine(*run) || taken->contains(run->instance_id)) continue;
    follow_up.only.insert(run->instance_id);
    if (!comes_after_upgrade(run->step)) continue;
    std::string id = run->instance_id;
    follow_up.upgraded.emplace(std::move(id), std::move(*run));
  }
  if (follow_up.only.empty() && !old->summary.followed_by.empty()) {
    const auto left = left_over_of(audit, rollout);
    if (!left) return left.error();
    const std::string words = words_of(*left);
    return Error{Fault::usage,
                 fmt::format("all that did not succeed in {} was taken up by {}; {}. Nothing was "
                             "started",
                             rollout, old->summary.followed_by,
                             words.empty() ? "nothing is left of it" : words)};
  }
  follow_up.followed = std::move(old->summary);
  return follow_up;
}

Result<Run> upgraded_run(AuditReader& audit, const std::string& rollout,
                         const std::string& instance_id) {
  const auto found = audit.runs_of(instance_id, rollout);
  if (!found) return found.error();
  for (const RunView& stored : *found) {
    if (stored.record.instance_id != instance_id) continue;
    Result<Run> run = run_of(stored);
    if (!run || comes_after_upgrade(run->step)) return run;
  }
  return Error{Fault::usage, fmt::format("{} has not upgraded {}", rollout, instance_id)};
}

Outcome fit(FollowUp& follow_up, const Plan& plan, std::span<const Candidate> fleet,
            std::vector<Member>& members) {
  const std::string& rollout = follow_up.followed.record.id;
  if (follow_up.cutover == cloud::Cutover::yes && !follow_up.upgraded.empty()) {
    std::unordered_set<std::string_view> known;
    for (const Candidate& candidate : fleet)
      known.insert(candidate.id);
    for (const Member& member : members)
      known.insert(member.id);
    const auto last = static_cast<std::uint32_t>(plan.waves.size() - 1);
    for (const auto& [id, run] : follow_up.upgraded) {
      if (known.contains(id) || excluded(plan, id)) continue;
      members.push_back({id, run.name, last, std::nullopt});
    }
  }
  if (members.empty()) {
    return Error{Fault::usage,
                 fmt::format("the plan takes none of the instances that did not succeed in {}; "
                             "nothing was started",
                             rollout)};
  }
  for (const Member& member : members) {
    const auto found = follow_up.upgraded.find(member.id);
    if (found == follow_up.upgraded.end()) continue;
    const std::string_view target = found->second.facts.get(fact::target_version);
    const bool same =
        follow_up.cutover == plan.cutover && cloud::same_target(target, plan.target_version);
    if (same) continue;
    if (follow_up.cutover == cloud::Cutover::yes) {
      return Error{Fault::usage,
                   fmt::format("{} has upgraded {} to {} with cutover, and that is still to be "
                               "verified, which this plan, to {} {} cutover, cannot do; name a "
                               "plan that asks for the same, or exclude the instance. Nothing was "
                               "started",
                               rollout, member.id, target, plan.target_version,
                               plan.cutover == cloud::Cutover::yes ? "with" : "without")};
    }
    follow_up.upgraded.erase(found);
  }
  return Done{};
}

std::string words_of(const FollowUp& follow_up, std::span<const Member> members) {
  const std::string& rollout = follow_up.followed.record.id;
  Ids left_out = follow_up.only;
  std::vector<std::string> verified;
  for (const Member& member : members) {
    left_out.erase(member.id);
    if (follow_up.upgraded.contains(member.id)) verified.push_back(member.id);
  }
  std::string words;
  if (!verified.empty()) {
    words = fmt::format(
        "{} has upgraded {} of them already, {}: what comes after the upgrade is made again, and "
        "nothing is upgraded once more",
        rollout, verified.size(), list_of(verified));
  }
  if (left_out.empty()) return words;
  std::vector<std::string> ids(left_out.begin(), left_out.end());
  std::sort(ids.begin(), ids.end());
  return fmt::format(
      "{}{}{} that did not succeed in {} {} left out, for this plan does not take "
      "{}: {}; with a plan that does, `--failed-of {}` takes up what is left there",
      words, words.empty() ? "" : "\n", ids.size(), rollout, ids.size() == 1 ? "is" : "are",
      ids.size() == 1 ? "it" : "them", list_of(ids), rollout);
}

}  // namespace pawl
