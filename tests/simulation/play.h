// One seed: a rollout from its start to its end, through everything that its world does to it.
#pragma once

#include <cstdint>
#include <optional>

#include "tests/simulation/world.h"

namespace pawl::simulation {

/// The law that was broken, if one was.
std::optional<Broken> play(std::uint64_t seed, Tally& tally, Story* story = nullptr);

}  // namespace pawl::simulation
