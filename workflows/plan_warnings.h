// What a good plan asks for and a person may not mean: rules that contradict each other or do
// nothing. Each warning says what will happen; none changes what is done.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "engine/time.h"
#include "workflows/mistakes.h"
#include "workflows/plan.h"
#include "workflows/yaml_reader.h"

namespace pawl {

/// How long a check's report counts as documented: seven days on the pages, one day in a sample of
/// the API (cloud-api 1.3, 1.4).
inline constexpr Duration report_counts_for = std::chrono::days{7};
inline constexpr Duration report_counts_at_least = std::chrono::days{1};
/// The documentation's sample of an upgrade with its cutover (cloud-api 6.5).
inline constexpr Duration sample_upgrade = std::chrono::minutes{25};

/// By the plan alone; `root` is the tree that `plan` was read from. Columns count bytes.
std::vector<Mistake> plan_warnings(const YamlNode& root, const Plan& plan);

/// What a fleet makes of a wave.
struct WaveShape {
  std::size_t total = 0;          ///< members
  std::size_t unknown = 0;        ///< of them ids that the cloud does not know
  std::size_t spread_values = 0;  ///< values of the tag that it spreads by
  std::size_t spread_free = 0;    ///< members without one
  bool never_starts = false;      ///< no window is long enough for what such upgrades took
  bool untimed = false;  ///< its upgrades come first, in windows, and nothing tells what they take
};

/// By the plan and its waves' members, in the order of its waves; `bytes` are those that `plan` was
/// read from, `upgrade_took` is what nine of ten upgrades took at most. Columns count characters.
std::vector<Mistake> fleet_warnings(std::string_view bytes, const Plan& plan,
                                    const std::vector<WaveShape>& waves, Duration upgrade_took);

}  // namespace pawl
