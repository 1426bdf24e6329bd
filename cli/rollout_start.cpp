#include "cli/rollout_start.h"

#include <fmt/core.h>

#include <utility>

#include "engine/entries.h"
#include "engine/gated_step.h"
#include "workflows/upgrade_facts.h"
#include "workflows/upgrade_looks.h"
#include "workflows/upgrade_steps.h"

namespace pawl {

namespace {

// Written to the store: never changed. The point keeps it apart from every plan's name.
constexpr std::string_view precheck_suffix = ".precheck";

/// Nothing of the waves counts where nothing is upgraded; what fails is told at the end.
RolloutRules checks_alone(RolloutRules rules) {
  rules.check_ahead = true;
  rules.max_failures.reset();
  for (WaveRules& wave : rules.waves) {
    wave.approval = Approval::none;
    wave.soak = Duration{0};
    wave.max_failures = UINT32_MAX;
    wave.windows = nullptr;
  }
  return rules;
}

}  // namespace

UpgradeGoal goal_of(const Plan& plan, const RolloutRecord& record) {
  UpgradeGoal goal{plan.cloud.project_id, plan.target_version, plan.cutover, plan.statistics,
                   plan.on_foreign};
  goal.around.backup = plan.backup_before_upgrade;
  goal.around.before = plan.before_hooks;
  goal.around.after = plan.after_hooks;
  goal.around.directory = record.plan_path.substr(0, record.plan_path.rfind('/') + 1);
  for (const Wave& wave : plan.waves)
    goal.around.waves.push_back(wave.name);
  goal.around.rollout = record.id;
  goal.around.origin = record.id + ' ' + format_utc(record.started);
  return goal;
}

std::string account_of(const Plan& plan) {
  return plan.cloud.endpoint + ' ' + plan.cloud.project_id;
}
std::string account_of(const RolloutRecord& record) {
  return record.endpoint + ' ' + record.project_id;
}

std::string_view to_string(RolloutKind kind) {
  return kind == RolloutKind::precheck ? "precheck" : "upgrade";
}

RolloutKind kind_of(std::string_view workflow) {
  return workflow.ends_with(precheck_suffix) ? RolloutKind::precheck : RolloutKind::upgrade;
}

std::string workflow_name(const Plan& plan, RolloutKind kind) {
  return plan.workflow + (kind == RolloutKind::precheck ? std::string(precheck_suffix) : "");
}

std::string counted_as(const Plan& plan, RolloutKind kind) {
  return plan.name + (kind == RolloutKind::precheck ? std::string(precheck_suffix) : "");
}

std::string plan_of_count(std::string_view counted) {
  if (counted.ends_with(precheck_suffix)) counted.remove_suffix(precheck_suffix.size());
  return std::string(counted);
}

std::unique_ptr<Workflow> workflow_for(const Plan& plan, RolloutKind kind,
                                       const RolloutRecord& record) {
  return std::make_unique<MajorUpgrade>(
      goal_of(plan, record), plan.timeouts, plan.check,
      kind == RolloutKind::precheck ? Extent::check : Extent::whole);
}

LoopRules rules_of(const Plan& plan, std::span<const std::int64_t> totals, RolloutKind kind) {
  LoopRules rules;
  rules.polls = {plan.polling.first, plan.polling.min, plan.polling.max};
  rules.calls_per_minute = plan.cloud.calls_per_minute;
  rules.account = account_of(plan);
  rules.rollout.checks_parallel = plan.check.parallel;
  rules.rollout.check_ahead = plan.check.first == FirstCheck::ahead;
  std::size_t all = 0;
  for (std::size_t i = 0; i < plan.waves.size(); ++i) {
    const Wave& wave = plan.waves[i];
    const auto total = static_cast<std::size_t>(totals[i]);
    WaveRules& made = rules.rollout.waves.emplace_back();
    made.name = wave.name;
    made.max_parallel = wave.max_parallel;
    made.max_failures = failures_borne(wave.max_failures, total);
    made.overshoot = wave.overshoot;
    made.approval = wave.approval;
    made.soak = wave.soak;
    if (wave.spread) {
      made.spread_max = wave.spread->max;
      made.spread_tag = wave.spread->tag;
    }
    if (!wave.windows.empty()) {
      made.windows = [windows = wave.windows](CloudInstant now) {
        return opening_at(windows, now);
      };
    }
    all += total;
  }
  if (plan.max_failures) rules.rollout.max_failures = failures_borne(*plan.max_failures, all);
  if (kind == RolloutKind::precheck) rules.rollout = checks_alone(std::move(rules.rollout));
  return rules;
}

Decision begin_upgraded(const Workflow& workflow, Run run, const Run& old,
                        const std::string& rollout, Instant at) {
  check(comes_after_upgrade(old.step), "a run that has not been upgraded");
  run.facts = old.facts;
  for (std::uint8_t step = 0; step < steps_max; ++step) {
    if (!comes_after_upgrade(step) || old.attempts[step] == 0) continue;
    run.attempts[step] = static_cast<std::uint16_t>(old.attempts[step] + 1);
  }
  run.reason = fmt::format("{} has upgraded it; what comes after that is made again", rollout);
  return begin_at(workflow, std::move(run), upgrade_step::verify, at);
}

namespace {

/// `run` as its first decision leaves it, with what is known of its instance beforehand.
Run first_state(const Workflow& workflow, Run run, const Member& member, const StartedBy& by) {
  if (const auto old = by.upgraded.find(member.id); old != by.upgraded.end()) {
    return begin_upgraded(workflow, std::move(run), old->second, by.failed_of, by.at).next;
  }
  if (member.dr_role) run.facts.set(fact::dr_role, to_string(*member.dr_role));
  if (const auto made = by.replaced.find(member.id); made != by.replaced.end()) {
    run.facts.set(fact::replaced, made->second);
  } else if (member.listed) {
    note_listed(run.facts, *member.listed);
  }
  return begin(workflow, std::move(run), by.at).next;
}

}  // namespace

Start start_rollout(const Plan& plan, const Workflow& workflow, std::span<const Member> members,
                    const StartedBy& by) {
  Start start;
  const std::string counted = counted_as(plan, by.kind);
  start.created.rollout = {fmt::format("{}-{}", counted, by.number),
                           counted,
                           by.number,
                           by.plan_bytes,
                           by.plan_path,
                           plan.cloud.endpoint,
                           plan.cloud.project_id,
                           workflow_name(plan, by.kind),
                           by.at};
  for (std::size_t i = 0; i < plan.waves.size(); ++i)
    start.created.waves.push_back({static_cast<std::int32_t>(i), plan.waves[i].name, 0});
  // Each run goes into its entry at once: what is held of a fleet here is the most that ever is.
  start.created.runs.reserve(members.size());
  start.entries.reserve(members.size() + 1);
  start.entries.emplace_back();
  for (const Member& member : members) {
    Run run;
    run.id = by.first_run + static_cast<std::int64_t>(start.created.runs.size());
    run.wave = static_cast<std::int32_t>(member.wave);
    run.instance_id = member.id;
    run.name = member.name;
    ++start.created.waves[member.wave].total;
    start.created.runs.push_back({run.id, run.wave, run.instance_id, run.name, member.spread});
    start.entries.push_back(enrolled_entry(
        start.created.rollout.id, first_state(workflow, std::move(run), member, by), by.at));
  }
  start.entries.front() = started_entry(start.created, by.actor, by.at, by.failed_of);
  return start;
}

}  // namespace pawl
