// The steps of the major upgrade as data. Their positions are stored with every run, so each has
// its own in every rollout, and their order stands in `Step::next`.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/workflow.h"
#include "workflows/plan.h"

namespace pawl {

namespace upgrade_step {
inline constexpr std::uint8_t precheck = 0, upgrade = 1, verify = 2, backup = 3;
}  // namespace upgrade_step

/// What a plan wants besides the upgrade itself.
struct Around {
  bool backup = false;
  std::string rollout{};  ///< its id
  std::string origin{};   ///< as the rollout's id, and unlike that of any rollout of another store
};

/// All of them; those that the plan does not ask for are without a name.
std::vector<Step> upgrade_steps(const Timeouts& timeouts, const Check& check, const Around& around);

/// The run's phase as outputs spell it: of a step that stands beside the main three the step's name
/// comes before it, as in `backup_submitted`. Empty for a run that is over.
std::string shown_phase(const Run& run);

}  // namespace pawl
