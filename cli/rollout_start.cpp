#include "cli/rollout_start.h"

#include <fmt/format.h>

#include <utility>

#include "engine/entries.h"
#include "engine/gated_step.h"

namespace pawl {

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

LoopRules rules_of(const Plan& plan, std::span<const std::int64_t> totals) {
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
    if (wave.spread) made.spread_max = wave.spread->max;
    if (!wave.windows.empty()) {
      made.windows = [windows = wave.windows](CloudInstant now) {
        return opening_at(windows, now);
      };
    }
    all += total;
  }
  if (plan.max_failures) rules.rollout.max_failures = failures_borne(*plan.max_failures, all);
  return rules;
}

Start start_rollout(const Plan& plan, const Workflow& workflow, std::span<const Member> members,
                    const StartedBy& by) {
  Start start;
  start.created.rollout = {fmt::format("{}-{}", plan.name, by.number),
                           plan.name,
                           by.number,
                           by.plan_bytes,
                           by.plan_path,
                           plan.cloud.endpoint,
                           plan.cloud.project_id,
                           plan.workflow,
                           by.at};
  for (std::size_t i = 0; i < plan.waves.size(); ++i)
    start.created.waves.push_back({static_cast<std::int32_t>(i), plan.waves[i].name, 0});
  std::vector<Run> runs;
  runs.reserve(members.size());
  for (const Member& member : members) {
    Run run;
    run.id = by.first_run + static_cast<std::int64_t>(runs.size());
    run.wave = static_cast<std::int32_t>(member.wave);
    run.instance_id = member.id;
    run.name = member.name;
    ++start.created.waves[member.wave].total;
    start.created.runs.push_back({run.id, run.wave, run.instance_id, run.name, member.spread});
    runs.push_back(begin(workflow, std::move(run), by.at).next);
  }
  start.entries = first_entries(start.created, runs, by.actor, by.at);
  return start;
}

}  // namespace pawl
