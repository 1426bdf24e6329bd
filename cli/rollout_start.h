// From a plan and its members to a rollout's first entries. Pure.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/journal.h"
#include "engine/loop.h"
#include "engine/run.h"
#include "engine/workflow.h"
#include "workflows/major_upgrade.h"
#include "workflows/plan.h"
#include "workflows/selection.h"

namespace pawl {

/// What the workflow of `plan` is for.
UpgradeGoal goal_of(const Plan& plan, const RolloutRecord& record);
/// The rules by which a rollout of `plan` is driven; `totals` are the waves' members, frozen.
LoopRules rules_of(const Plan& plan, std::span<const std::int64_t> totals);
/// Whose calls the quota counts.
std::string account_of(const Plan& plan);

struct Start {
  NewRollout created;
  std::vector<Entry> entries;
};

/// What is the same for every run of a start.
struct StartedBy {
  std::int64_t number = 1;     ///< of the rollout, per plan name
  std::int64_t first_run = 1;  ///< the runs' numbers follow from here
  std::string plan_bytes, plan_path, actor;
  Instant at{};
};

Start start_rollout(const Plan& plan, const Workflow& workflow, std::span<const Member> members,
                    const StartedBy& by);

}  // namespace pawl
