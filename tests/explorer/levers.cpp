#include "tests/explorer/levers.h"

#include <array>
#include <span>
#include <variant>

#include "engine/entries.h"
#include "engine/gated_step.h"
#include "engine/result.h"

namespace pawl::explorer {

namespace {

/// One wave of one run, whose failure halts the rollout until a person decides about it.
RolloutRules rules() {
  RolloutRules rules;
  rules.waves.push_back({"all"});
  return rules;
}

void store(World& world, const Rollout& rollout) {
  world.office.wave = rollout.wave_state(0);
  world.office.state = rollout.state();
  world.office.frozen = rollout.frozen();
}

Lever lever_of(LeverKind kind) {
  Lever lever;
  lever.kind = kind;
  lever.by = "ann@host";
  return lever;
}

}  // namespace

Rollout rollout_of(const World& world) {
  Rollout rollout(rules(), std::span(&world.run, 1), std::array{world.office.wave},
                  world.office.state);
  rollout.freeze(world.office.frozen);
  return rollout;
}

void advance(World& world) {
  Rollout rollout = rollout_of(world);
  rollout.advance({});
  store(world, rollout);
}

bool is_admitted(const World& world, Gate gate) {
  Rollout rollout = rollout_of(world);
  if (gate == Gate::send) return rollout.obstacles(Gate::send, 0, world.run, {}).none();
  rollout.park(0, world.run, gate);
  return rollout.admit(gate, {}).has_value();
}

OpenLevers open_levers(const World& world) {
  OpenLevers open;
  const bool stopped = world.office.state != RolloutState::running || world.office.frozen;
  if (!stopped && world.mischief.levers == 0) return open;  // quick: by far the most
  const Rollout rollout = rollout_of(world);
  auto is_refused = [trial = rollout, &rollout](LeverKind kind) mutable {
    if (trial.pull(kind, "", "ann@host", "").index() == 1) return true;
    trial = rollout;
    return false;
  };
  if (!is_refused(LeverKind::unpause)) open.lifts.push_back(LeverKind::unpause);
  if (rollout.frozen()) open.lifts.push_back(LeverKind::unfreeze);
  if (world.mischief.levers == 0) return open;
  for (const LeverKind kind : {LeverKind::pause, LeverKind::cancel}) {
    if (!is_refused(kind)) open.others.push_back(kind);
  }
  if (!rollout.frozen() && !ended(rollout.state())) open.others.push_back(LeverKind::freeze);
  if (!rollout.may_be_decided()) return open;
  for (const auto& [kind, directive] : {std::pair{LeverKind::retry, Directive::retry},
                                        std::pair{LeverKind::skip, Directive::skip}}) {
    if (can_meet(*world.workflow, world.run, directed(world, directive)))
      open.others.push_back(kind);
  }
  return open;
}

void pull(World& world, LeverKind kind) {
  Rollout rollout = rollout_of(world);
  if (kind == LeverKind::freeze || kind == LeverKind::unfreeze) {
    bool frozen = rollout.frozen();
    store_lever_entry(lever_of(kind), frozen, instant_of(world.now));
    rollout.freeze(frozen);
  } else {
    const auto pulled = rollout.pull(kind, "", "ann@host", "");
    check(pulled.index() == 0, "an open lever is not refused");
    if (kind == LeverKind::pause) world.office.paused = true;
    if (kind == LeverKind::unpause) world.office.paused = false;
    if (kind == LeverKind::cancel) world.office.cancelled = true;
  }
  store(world, rollout);
  advance(world);
}

Event directed(const World& world, Directive directive) {
  return {instant_of(world.now), cloud_now(world), Directed{directive, "ann@host", ""}};
}

}  // namespace pawl::explorer
