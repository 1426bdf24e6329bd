#include "tests/simulation/operators.h"

#include <algorithm>
#include <chrono>

namespace pawl::simulation {

namespace {

using namespace std::chrono_literals;

}  // namespace

void Operators::begin() {
  const std::size_t levers = world_.conditions.weather.levers;
  helps_left_ = std::min<std::size_t>(levers, 3);
  world_.at(world_.calm_at, [this] { come_by(); });
  for (std::size_t i = 0; i < levers; ++i)
    world_.after(world_.dice.within(0s, world_.conditions.storm), [this] { pull_something(); });
}

void Operators::pull(LeverKind kind, const std::string& instance) {
  const bool of_store = kind == LeverKind::freeze || kind == LeverKind::unfreeze;
  const std::string rollout = of_store ? "" : rollout_.rollout.id;
  ledger_.post({0, {}, kind, rollout, instance, operator_name, ""});
}

/// Who stops something lets it go on later.
void Operators::pull_something() {
  const auto later = world_.dice.within(1min, 1h);
  switch (world_.dice.below(10)) {
    case 0:
    case 1:
    case 2:
      pull(LeverKind::pause);
      return world_.after(later, [this] { pull(LeverKind::unpause); });
    case 3:
    case 4:
      pull(LeverKind::freeze);
      return world_.after(later, [this] { pull(LeverKind::unfreeze); });
    case 5:
      return pull(LeverKind::skip, any_member());
    case 6:
      return pull(LeverKind::approve);
    case 7:
      if (world_.dice.chance(20)) return pull(LeverKind::deny);
      return world_.dice.chance(10) ? pull(LeverKind::cancel) : pull(LeverKind::approve);
    default:
      return pull(LeverKind::retry, any_member());
  }
}

void Operators::come_by() {
  if (gone_) return;
  for (const LeverKind kind : laws_.awaited())
    pull(kind);
  world_.after(1h, [this] { come_by(); });
}

bool Operators::help(Ending ending) {
  if ((ending != Ending::attention && ending != Ending::halted) || helps_left_ == 0) return false;
  --helps_left_;
  world_.befall("helping hands");
  for (const std::string& instance : laws_.undecided())
    pull(world_.dice.chance(80) ? LeverKind::retry : LeverKind::skip, instance);
  return true;
}

}  // namespace pawl::simulation
