#include <doctest/doctest.h>
#include <fmt/format.h>

#include <vector>

#include "tests/explorer/fleet_plans.h"
#include "tests/explorer/report.h"

using namespace pawl;
using namespace pawl::explorer;

namespace {

void explore_plan(const FleetPlan& plan, const FleetMischief& mischief, std::size_t states_least) {
  explore_all<Fleet>({begin_fleet(plan, fleet_workflow(), mischief)},
                     fmt::format("{}, {}", plan.name, words_of(mischief)), states_least);
}

}  // namespace

TEST_CASE("a fleet that nothing disturbs gets through, with the approvals that it needs") {
  for (const FleetPlan& plan : fleet_plans()) {
    CAPTURE(plan.name);
    Fleet fleet = begin_fleet(plan, fleet_workflow(), {});
    REQUIRE(end_in_peace(fleet, nullptr));
    CHECK(fleet.rollout.total(RunState::succeeded) == runs_in_fleet);
    CHECK(fleet.asked.approved[1] == (plan.rules.waves[1].approval == Approval::required));
  }
}

TEST_CASE("no bound of a fleet is crossed in any of its states, and an end is in reach from each") {
  for (const FleetPlan& plan : fleet_plans()) {
    if (thorough) explore_plan(plan, {0, 0, 1}, 30'000);
    explore_plan(plan, {1, thorough ? 1 : 0, 0}, thorough ? 100'000 : 49'000);
  }
}

TEST_CASE("nor where crashes and detours meet what persons ask") {
  for (const FleetPlan& plan : fleet_plans()) {
    explore_plan(plan, {0, 1, thorough ? 2 : 1}, thorough ? 250'000 : 60'000);
    if (!thorough) break;
    explore_plan(plan, {1, 0, 1}, 200'000);
  }
}
