// The rollouts of the second model.
#pragma once

#include <vector>

#include "tests/explorer/fleet.h"

namespace pawl::explorer {

const std::vector<FleetPlan>& fleet_plans();
/// Two gated steps whose settle time is nothing, for time stands still.
const Workflow& fleet_workflow();

}  // namespace pawl::explorer
