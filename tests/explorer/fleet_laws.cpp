#include "tests/explorer/fleet_laws.h"

#include <fmt/format.h>

#include <algorithm>

namespace pawl::explorer {

namespace {

using Broken = std::optional<std::string>;
constexpr std::int32_t every_wave = -1;

bool in_flight(const Run& run) {
  return run.phase == Phase::intended || run.phase == Phase::submitted ||
         run.phase == Phase::unsure;
}

/// An upgrade that is, or may be, under way.
bool upgrades(const Run& run) {
  return run.step > 0 && (in_flight(run) || run.state == RunState::needs_operator);
}

template <typename Which>
std::uint32_t tally(const Fleet& fleet, std::int32_t wave, Which which) {
  return static_cast<std::uint32_t>(
      std::count_if(fleet.members.begin(), fleet.members.end(), [&](const auto& member) {
        return (wave == every_wave || member.run.wave == wave) && which(member.run);
      }));
}

bool has_ended(const Fleet& fleet, std::int32_t wave) {
  return tally(fleet, wave, [](const Run& run) { return !ended(run.state); }) == 0;
}

const WaveRules& rules_of(const Fleet& fleet, std::int32_t wave) {
  return fleet.plan->rules.waves[static_cast<std::size_t>(wave)];
}

WaveState state_of(const Fleet& fleet, std::int32_t wave) {
  return fleet.rollout.wave_state(static_cast<std::size_t>(wave));
}

/// More than the budgets of `wave` and of the rollout allow.
bool overspends(const Fleet& fleet, std::int32_t wave, std::uint32_t here, std::uint32_t all) {
  const auto& most = fleet.plan->rules.max_failures;
  return here > rules_of(fleet, wave).max_failures || (most && all > *most);
}

/// The budget is spent, by the wave whose turn it is; not before the checks ahead are done.
bool is_spent(const Fleet& fleet) {
  std::int32_t wave = 0;
  while (wave + 1 < std::int32_t{waves_in_fleet} && state_of(fleet, wave) == WaveState::closed)
    ++wave;
  const WaveState state = state_of(fleet, wave);
  const bool opened =
      state == WaveState::open || state == WaveState::soaking || state == WaveState::closed;
  const auto unchecked = [](const Run& run) {
    return run.step == 0 && !run.checked_once && run.phase != Phase::over;
  };
  if (!opened && fleet.plan->rules.check_ahead && tally(fleet, every_wave, unchecked) > 0) {
    return false;
  }
  return overspends(fleet, wave, tally(fleet, wave, is_charged),
                    tally(fleet, every_wave, is_charged));
}

Broken judge_upgrade(const Fleet& fleet, const Run& run) {
  const WaveState state = state_of(fleet, run.wave);
  // In a wave that has closed only what a person tries again goes on.
  if (state != WaveState::open && state != WaveState::closed) {
    return fmt::format("law 5: an upgrade in a wave that is {}", to_string(state));
  }
  for (std::int32_t before = 0; before < run.wave; ++before) {
    if (state_of(fleet, before) != WaveState::closed) {
      return "law 5: an upgrade before the waves ahead have closed";
    }
  }
  const auto wave = static_cast<std::size_t>(run.wave);
  const WaveRules& rules = rules_of(fleet, run.wave);
  if (rules.approval == Approval::required && state == WaveState::open &&
      !fleet.asked.approved[wave]) {
    return "law 5: an upgrade in a wave that nobody has approved";
  }
  if (rules.overshoot == Overshoot::allowed) return std::nullopt;
  const auto may_fail = [](const Run& other) { return is_charged(other) || upgrades(other); };
  const auto& most = fleet.plan->rules.max_failures;
  if (tally(fleet, run.wave, may_fail) > rules.max_failures + 1 ||
      (most && tally(fleet, every_wave, may_fail) > *most + 1)) {
    return "law 5: an upgrade that could overspend the budget with everything in flight";
  }
  return std::nullopt;
}

/// That it was told of each move and has forgotten none gives the same as counting now.
Broken judge_counts(const Fleet& fleet) {
  Rollout again = rollout_taken_up(fleet);
  for (std::size_t wave = 0; wave < waves_in_fleet; ++wave) {
    if (fleet.rollout.counts(wave) != again.counts(wave))
      return "law 7: the counts are not those of the runs";
  }
  if (fleet.rollout.in_flight() != again.in_flight()) {
    return "law 7: what is in flight is miscounted";
  }
  if (fleet.rollout.may_start() != again.may_start()) {
    return "law 6: a driver that takes the rollout up judges its budget otherwise";
  }
  if (!again.may_start()) return std::nullopt;
  Rollout live = fleet.rollout;
  for (const Gate gate : {Gate::check, Gate::upgrade}) {
    for (std::size_t i = 0; i <= runs_in_fleet; ++i) {
      const auto admitted = live.admit(gate, fleet_time());
      if (admitted != again.admit(gate, fleet_time())) {
        return "law 6: a driver that takes the rollout up admits another run";
      }
      if (!admitted) break;
    }
  }
  return std::nullopt;
}

}  // namespace

Broken judge_intent(const Fleet& fleet, std::size_t position) {
  if (fleet.asked.paused) return "law 5: an intent under a pause";
  if (fleet.asked.frozen) return "law 5: an intent under a freeze";
  if (fleet.asked.cancelled) return "law 5: an intent of a cancelled rollout";
  if (fleet.asked.denied) return "law 5: an intent after a wave was denied";
  if (is_spent(fleet)) return "law 5: an intent with the failure budget spent";
  const Run& run = fleet.members[position].run;
  if (run.step > 0) return judge_upgrade(fleet, run);
  const auto checks = [](const Run& other) { return other.step == 0 && in_flight(other); };
  // A check that a person tries to find again is followed beyond the limit; none is sent.
  if (tally(fleet, every_wave, checks) <= fleet.plan->rules.checks_parallel) return std::nullopt;
  return "law 5: too many checks in flight";
}

Broken judge_rollout(const Fleet& fleet, const RolloutMove& move) {
  if (move.wave < 0) return std::nullopt;
  const auto& asked = fleet.asked;
  if (move.event == "wave_closed" && !has_ended(fleet, move.wave)) {
    return "law 5: a wave closes before its runs have ended";
  }
  if (move.event != "wave_opened") return std::nullopt;
  if (asked.paused || asked.frozen || asked.cancelled || asked.denied) {
    return "law 5: a wave opens that a person holds back";
  }
  for (std::int32_t before = 0; before < move.wave; ++before) {
    if (state_of(fleet, before) != WaveState::closed) return "law 5: a wave opens out of turn";
  }
  return std::nullopt;
}

Broken judge_fleet(const Fleet& fleet) {
  for (std::int32_t wave = 0; wave < std::int32_t{waves_in_fleet}; ++wave) {
    const WaveRules& rules = rules_of(fleet, wave);
    const auto of_one_value = [](const Run& run) { return run.spread != 0 && upgrades(run); };
    if (tally(fleet, wave, upgrades) > rules.max_parallel) {
      return "law 5: too many upgrades in flight";
    }
    if (rules.spread_max > 0 && tally(fleet, every_wave, of_one_value) > rules.spread_max) {
      return "law 5: too many upgrades in flight with the same spread value";
    }
  }
  const RolloutState state = fleet.rollout.state();
  if (state == RolloutState::finished && !has_ended(fleet, every_wave)) {
    return "law 6: the rollout is finished and a run of it has not ended";
  }
  if (state == RolloutState::cancelled && !has_ended(fleet, every_wave)) {
    return "law 6: the rollout is cancelled and a run of it has not ended";
  }
  return judge_counts(fleet);
}

}  // namespace pawl::explorer
