// From a plan and its members to a rollout's first entries. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
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
/// What a rollout of a plan is for; its record keeps it as the name of the workflow.
enum class RolloutKind : std::uint8_t {
  upgrade,
  precheck,  ///< every instance's check, and then it ends
};
std::string_view to_string(RolloutKind kind);
RolloutKind kind_of(std::string_view workflow);
std::string workflow_name(const Plan& plan, RolloutKind kind);
/// Under which name its rollouts are counted: the plan's own, or one that no plan can have.
std::string counted_as(const Plan& plan, RolloutKind kind);
/// The plan's name again.
std::string plan_of_count(std::string_view counted);

std::unique_ptr<Workflow> workflow_for(const Plan& plan, RolloutKind kind,
                                       const RolloutRecord& record);
/// The rules by which a rollout of `plan` is driven; `totals` are the waves' members, frozen. Those
/// of a precheck hold nothing back but the number of checks at once.
LoopRules rules_of(const Plan& plan, std::span<const std::int64_t> totals,
                   RolloutKind kind = RolloutKind::upgrade);
/// Whose calls the quota counts.
std::string account_of(const Plan& plan);
std::string account_of(const RolloutRecord& record);

struct Start {
  NewRollout created;
  std::vector<Entry> entries;
};

/// What is the same for every run of a start.
struct StartedBy {
  std::int64_t number = 1;     ///< of the rollout, per name under which it is counted
  std::int64_t first_run = 1;  ///< the runs' numbers follow from here
  std::string plan_bytes, plan_path, actor;
  Instant at{};
  RolloutKind kind = RolloutKind::upgrade;
  std::string failed_of{};                ///< the rollout whose failed runs these are; may be empty
  std::map<std::string, Run> upgraded{};  ///< those of its runs that it has upgraded, by instance
  /// By what the store knows an instance to be replaced, in words, by instance (decision 7).
  std::map<std::string, std::string> replaced{};
};

/// The first decision of `run`, whose instance `old`, a run of the ended `rollout`, has upgraded:
/// what comes after the upgrade is made again, and nothing is sent.
Decision begin_upgraded(const Workflow& workflow, Run run, const Run& old,
                        const std::string& rollout, Instant at);

Start start_rollout(const Plan& plan, const Workflow& workflow, std::span<const Member> members,
                    const StartedBy& by);

}  // namespace pawl
