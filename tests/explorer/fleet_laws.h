// Law 5 for a fleet, by plain counts of its runs and by what persons have asked.
#pragma once

#include <optional>
#include <string>

#include "tests/explorer/fleet.h"

namespace pawl::explorer {

/// The run at `position` has come to an intent, which `before` had not; the others stand as they
/// did when it was decided.
std::optional<std::string> judge_intent(const Fleet& fleet, std::size_t position);
/// The rollout made `move`.
std::optional<std::string> judge_rollout(const Fleet& fleet, const RolloutMove& move);
/// How everything stands after a step.
std::optional<std::string> judge_fleet(const Fleet& fleet);

}  // namespace pawl::explorer
