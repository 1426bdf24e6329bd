#include "tests/explorer/fleet.h"

#include <algorithm>
#include <utility>

#include "engine/gated_step.h"
#include "tests/explorer/fleet_turn.h"
#include "tests/explorer/taken_up.h"

namespace pawl::explorer {

namespace {

constexpr Instant the_moment{std::chrono::hours{500'000}};
/// Longer than any soak of a plan here.
constexpr Duration a_day = std::chrono::hours{24};

/// In memory and in the store alike, but for what no entry keeps.
void put(std::string& key, const Run& run) {
  for (const int value :
       {static_cast<int>(run.state), static_cast<int>(run.phase), int{run.step},
        static_cast<int>(run.look), static_cast<int>(run.ended_in), int{run.holds_place},
        int{run.cleared}, int{run.attempt_open}, int{run.checked_once}, int{run.halts},
        int{run.absences}, int{run.sends[run.step]}, int{run.renewals},
        int{run.valid_until.has_value()}}) {
    key += static_cast<char>(value);
  }
}

void put(std::string& key, const Effect& effect) {
  key += static_cast<char>(effect.index());
  if (const auto* park = std::get_if<Park>(&effect)) key += static_cast<char>(park->gate);
}

}  // namespace

bool is_charged(const Run& run) {
  return run.state == RunState::failed || run.state == RunState::needs_operator;
}

Present fleet_time(bool after_soaks) {
  const CloudInstant now{the_moment + (after_soaks ? a_day : Duration{0})};
  return {CloudNow{now, now}, Duration{0}};
}

std::optional<Gate> parked_at(const Fleet::Member& member) {
  const auto* park = std::get_if<Park>(&member.effect);
  if (!park || park->gate == Gate::send) return std::nullopt;
  return park->gate;
}

Rollout rollout_taken_up(const Fleet& fleet) {
  std::array<Run, runs_in_fleet> runs;
  std::array<WaveState, waves_in_fleet> waves{};
  for (std::size_t i = 0; i < runs.size(); ++i)
    runs[i] = fleet.members[i].run;
  for (std::size_t wave = 0; wave < waves.size(); ++wave)
    waves[wave] = fleet.rollout.wave_state(wave);
  Rollout rollout(fleet.plan->rules, runs, waves, fleet.rollout.state());
  rollout.freeze(fleet.rollout.frozen());
  for (std::size_t wave = 0; wave < waves.size(); ++wave) {
    if (waves[wave] == WaveState::soaking) {
      rollout.soaks_until(wave, fleet_time().cloud->latest + fleet.plan->rules.waves[wave].soak);
    }
  }
  for (std::size_t i = 0; i < runs.size(); ++i) {
    if (const auto gate = parked_at(fleet.members[i])) rollout.park(i, runs[i], *gate);
  }
  return rollout;
}

Fleet begin_fleet(const FleetPlan& plan, const Workflow& workflow, FleetMischief mischief) {
  std::array<Fleet::Member, runs_in_fleet> members;
  std::array<Run, runs_in_fleet> runs;
  for (std::size_t i = 0; i < members.size(); ++i) {
    Run run;
    run.id = static_cast<std::int64_t>(i + 1);
    run.wave = plan.wave[i];
    run.spread = plan.spread;
    run.instance_id = std::string(1, static_cast<char>('a' + i));
    Decision decision = begin(workflow, std::move(run), the_moment);
    members[i] = {decision.next, decision.next, decision.effect};
    runs[i] = std::move(decision.next);
  }
  const std::array<WaveState, waves_in_fleet> pending{};
  Fleet fleet{&plan, &workflow, members, Rollout(plan.rules, runs, pending, RolloutState::running),
              {},    mischief};
  for (std::size_t i = 0; i < runs.size(); ++i)
    fleet.rollout.park(i, runs[i], *parked_at(members[i]));
  fleet.rollout.advance(fleet_time());
  return fleet;
}

std::string key_of(const Fleet& fleet) {
  std::string key;
  key += static_cast<char>(fleet.rollout.state());
  for (std::size_t wave = 0; wave < waves_in_fleet; ++wave)
    key += static_cast<char>(fleet.rollout.wave_state(wave));
  if (fleet.over()) {
    for (const Fleet::Member& member : fleet.members)
      key += static_cast<char>(member.run.state);
    return key;
  }
  const Fleet::Asked& asked = fleet.asked;
  for (const int value : {int{fleet.rollout.frozen()}, int{asked.paused}, int{asked.frozen},
                          int{asked.denied}, int{asked.approved[0]}, int{asked.approved[1]},
                          fleet.left.faults, fleet.left.crashes, fleet.left.levers}) {
    key += static_cast<char>(value);
  }
  for (const Fleet::Member& member : fleet.members) {
    put(key, member.run);
    put(key, taken_up(member.committed));
    put(key, member.effect);
  }
  return key;
}

std::optional<std::string> step(Fleet& fleet, Chooser& chooser, Story* story) {
  return FleetTurn(fleet, chooser, story).take();
}

}  // namespace pawl::explorer
