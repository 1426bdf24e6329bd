// What persons may do to the one run's rollout, at any point. What becomes of it is the product's
// own bookkeeping, made of the run and of what is stored, as by a driver that takes it up.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/lever.h"
#include "tests/explorer/world.h"

namespace pawl::explorer {

/// As a driver that takes it up now has it; nothing is parked.
Rollout rollout_of(const World& world);
/// Everything that is due becomes of the rollout.
void advance(World& world);
/// The gate at which the run waits lets it through now.
bool is_admitted(const World& world, Gate gate);

/// The levers that would not be refused now; those that lift another apart, for they are free.
struct OpenLevers {
  std::vector<LeverKind> lifts, others;
};
OpenLevers open_levers(const World& world);

/// Pulls an open lever of the rollout or the store (not retry, skip).
void pull(World& world, LeverKind kind);

/// What a person or the end of the rollout asks of the run; can_meet says whether it is open.
Event directed(const World& world, Directive directive);

}  // namespace pawl::explorer
