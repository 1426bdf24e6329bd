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
inline constexpr std::uint8_t before_hooks = 4, after_hooks = 10;  ///< the first of hooks_max each
}  // namespace upgrade_step

/// What a plan wants besides the upgrade itself.
struct Around {
  bool backup = false;
  std::vector<Hook> before{}, after{};
  std::string directory{};           ///< of the plan, absolute
  std::vector<std::string> waves{};  ///< their names
  std::string rollout{};             ///< its id
  std::string origin{};  ///< as the rollout's id, and unlike that of any rollout of another store
};

/// The step runs the hook at this position of its list.
bool is_before_hook(std::uint8_t step);
bool is_after_hook(std::uint8_t step);
/// Whoever stands there has been upgraded, whatever came of it afterwards: there is no way back.
bool comes_after_upgrade(std::uint8_t step);

/// All of them; those that the plan does not ask for are without a name.
std::vector<Step> upgrade_steps(const Timeouts& timeouts, const Check& check, const Around& around);

/// The run's phase as outputs spell it: of a step that stands beside the main three the step's name
/// comes before it, as in `backup_submitted` and `before_hook_1_running`. Empty for a run that is
/// over.
std::string shown_phase(const Run& run);

}  // namespace pawl
