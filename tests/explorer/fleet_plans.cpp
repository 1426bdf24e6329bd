#include "tests/explorer/fleet_plans.h"

#include "tests/engine/two_step.h"

namespace pawl::explorer {

namespace {

/// One run first, and then two of which one may fail, once a person has approved.
FleetPlan canary() {
  FleetPlan plan{"a canary, then two by approval", {0, 1, 1}, 0, {}};
  plan.rules.checks_parallel = 2;
  plan.rules.waves = {{"canary", 1, 0}, {"rest", 1, 1}};
  plan.rules.waves[1].approval = Approval::required;
  return plan;
}

/// Two at once, of which never more than one too many may fail, then another.
FleetPlan strict() {
  FleetPlan plan{"two that never overshoot, then one", {0, 0, 1}, 0, {}};
  plan.rules.checks_parallel = 3;
  plan.rules.max_failures = 1;
  plan.rules.waves = {{"first", 2, 1}, {"second", 1, 1}};
  plan.rules.waves[0].overshoot = plan.rules.waves[1].overshoot = Overshoot::never;
  return plan;
}

/// A wave that may close with a failure and soaks, then two, all of one spread value; checks wait
/// for their wave.
FleetPlan lenient() {
  FleetPlan plan{"one that may fail and soaks, then two apart", {0, 1, 1}, 1, {}};
  plan.rules.checks_parallel = 1;
  plan.rules.check_ahead = false;
  plan.rules.waves = {{"first", 1, 1}, {"second", 2, 0}};
  plan.rules.waves[0].soak = std::chrono::hours{1};
  plan.rules.waves[0].spread_max = plan.rules.waves[1].spread_max = 1;
  return plan;
}

}  // namespace

const std::vector<FleetPlan>& fleet_plans() {
  static const std::vector<FleetPlan> plans{canary(), strict(), lenient()};
  return plans;
}

const Workflow& fleet_workflow() {
  static const test::TwoStep workflow(StepRules{Duration{0}});
  return workflow;
}

}  // namespace pawl::explorer
