// Why a run is not moving: the words for what admission itself goes by. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/rollout.h"

namespace pawl {

/// One thing that a run waits for.
struct Reason {
  std::string_view what;  ///< one word, stable: an obstacle's, or `over`, `person`, `under_way`
  std::string text;       ///< one sentence for people
  /// The first moment at which it can be out of the way, where only time decides.
  std::optional<CloudInstant> earliest;
  bool operator==(const Reason&) const = default;
};

std::string_view to_string(Obstacle obstacle);

/// Why `run`, at `position` of the rollout with this id, is not moving, first what has to clear
/// first. `gate` is where it is parked; none: something of it is under way, or it is over. Empty
/// exactly when `rollout.admit(gate, present)` would let it pass next, or, at Gate::send, when
/// `rollout.obstacles` has none for it.
std::vector<Reason> reasons(const Rollout& rollout, const std::string& id, std::size_t position,
                            const Run& run, std::optional<Gate> gate, const Present& present);

}  // namespace pawl
