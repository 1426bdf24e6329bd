// Breadth-first through every world that the roots lead to, so that what is found first is as short
// as can be; then backwards from the ends, for a world from which no end can be reached.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tests/explorer/world.h"

namespace pawl::explorer {

struct Violation {
  std::string law;
  Story story;  ///< from the root to the broken law, a line an event
};

struct Explored {
  std::size_t states = 0, transitions = 0;
  std::size_t ends = 0;  ///< of these states, runs that are over
  std::optional<Violation> violation;
};

/// Stops at the first broken law. `states_max` keeps a mistake from eating the machine.
Explored explore(const std::vector<World>& roots, std::size_t states_max);

/// Where the run ends when nothing goes wrong any more from `world` on; nothing when it never does.
std::optional<RunState> end_in_peace(World world, Story* story);

}  // namespace pawl::explorer
