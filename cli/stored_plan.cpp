#include "cli/stored_plan.h"

#include <fmt/core.h>

#include <utility>

#include "cli/plan_file.h"
#include "cli/rollout_start.h"
#include "engine/gated_step.h"
#include "engine/pacing.h"

namespace pawl {

Result<StoredPlan> stored_plan(StoredRollout stored) {
  const RolloutRecord& record = stored.record;
  auto plan = frozen_plan(record.plan, record.project_id, record.id);
  if (!plan) return plan.error();
  std::vector<std::int64_t> totals;
  for (const StoredWave& wave : stored.waves)
    totals.push_back(wave.record.total);
  if (totals.size() != plan->waves.size()) {
    return Error{Fault::store, fmt::format("rollout {}: its waves are not its plan's; `pawl audit "
                                           "verify` finds the first bad entry",
                                           record.id)};
  }
  const RolloutKind kind = kind_of(record.workflow);
  LoopRules rules = rules_of(*plan, totals, kind);
  auto workflow = workflow_for(*plan, kind, record);
  return StoredPlan{std::move(stored), std::move(*plan), std::move(rules), std::move(workflow)};
}

Result<Admission> admission_of(const StoredPlan& plan, CloudInstant now) {
  auto standing = standing_of(*plan.workflow, plan.rules.rollout, plan.stored);
  if (!standing) return standing.error();
  Pacing pacing(plan.rules.polls);
  learn(pacing, *plan.workflow, plan.stored);
  Admission admission{
      std::move(*standing), {}, present_of(*plan.workflow, pacing, CloudNow{now, now})};
  admission.gates.resize(admission.standing.runs.size());
  for (std::size_t i = 0; i < admission.gates.size(); ++i) {
    const Run& run = admission.standing.runs[i];
    const auto effect = resume_effect(*plan.workflow, run);
    const auto* park = effect ? std::get_if<Park>(&*effect) : nullptr;
    if (park == nullptr) continue;
    admission.gates[i] = park->gate;
    if (park->gate == Gate::after) continue;  // no place
    admission.standing.rollout.park(i, run, park->gate);
  }
  return admission;
}

}  // namespace pawl
