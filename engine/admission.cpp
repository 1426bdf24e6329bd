// Law 5: which run may pass which gate now, what keeps the others, and until when. reasons.cpp has
// the words for it.
#include <algorithm>

#include "engine/breakable.h"
#include "engine/rollout.h"

namespace pawl {

namespace {

void set(Obstacles& found, Obstacle what, bool holds) {
  found.set(static_cast<std::size_t>(what), holds);
}

}  // namespace

/// In a wave that has closed only a run that a person tries again is left to admit.
bool Rollout::admits(std::size_t wave) const {
  if (broken(Guard::waves_in_order)) return true;
  return waves_[wave].state == WaveState::open || waves_[wave].state == WaveState::closed;
}

/// The rules are asked no more often than their answer may change. How far they look ahead moves on
/// with the time, so where too little is left of an opening that may have no end, once a minute.
std::optional<Opening> Rollout::opening(std::size_t wave, CloudInstant now, Duration takes) const {
  constexpr Duration too_short_for{60'000};
  auto& [asked, opening] = waves_[wave].last_opening;
  const bool holds = opening && *asked <= now && now < opening->to;
  const bool fits = holds && std::max(now, opening->from) + takes <= opening->to;
  if (!holds || (!fits && now >= *asked + too_short_for)) {
    opening = rules_.waves[wave].windows(now);
    asked = now;
  }
  return opening;
}

/// Certainly inside, and with what is to be done in it to spare.
bool Rollout::window_open(std::size_t wave, const Present& present, Duration takes) const {
  if (!rules_.waves[wave].windows) return true;
  if (!present.cloud) return false;
  const auto open = opening(wave, present.cloud->latest, takes);
  return open && open->from <= present.cloud->earliest && present.cloud->latest < open->to &&
         present.cloud->latest + takes <= open->to;
}

/// One more in flight, and all of them failing, would go beyond what halts the rollout anyway.
bool Rollout::overshoots(std::size_t wave, std::uint32_t Wave::*could_fail) const {
  const WaveRules& rules = rules_.waves[wave];
  if (rules.overshoot == Overshoot::allowed || broken(Guard::no_overshoot)) return false;
  if (waves_[wave].*could_fail > rules.max_failures) return true;
  if (!rules_.max_failures) return false;
  std::uint32_t all = 0;
  for (const Wave& its : waves_)
    all += its.*could_fail;
  return all > *rules_.max_failures;
}

/// Nothing at all may start: the levers, and a halt that is due.
Obstacles Rollout::held_back() const {
  Obstacles found;
  if (!broken(Guard::stops_obeyed)) {
    set(found, Obstacle::ended, pawl::ended(state_) || state_ == RolloutState::cancelling);
    set(found, Obstacle::paused, state_ == RolloutState::paused);
    set(found, Obstacle::frozen, frozen_);
    set(found, Obstacle::halted, state_ == RolloutState::halted);
  }
  if (halts_because()) set(found, Obstacle::halted, true);
  return found;
}

/// Why `wave` is not open yet.
void Rollout::obstacles_to_open(std::size_t wave, Obstacles& found) const {
  const WaveState state = waves_[wave].state;
  const bool asked = state == WaveState::pending || state == WaveState::awaiting_approval ||
                     state == WaveState::denied;
  set(found, Obstacle::checks, rules_.check_ahead && unchecked_ > 0 && state != WaveState::soaking);
  set(found, Obstacle::earlier_wave, wave > current_);
  set(found, Obstacle::budget, waves_[wave].charged > rules_.waves[wave].max_failures);
  set(found, Obstacle::approval, rules_.waves[wave].approval == Approval::required && asked);
  set(found, Obstacle::opens, found.none());
}

Obstacles Rollout::obstacles_of_wave(Gate gate, std::size_t wave, const Present& present) const {
  if (gate == Gate::after) {
    Obstacles found;
    set(found, Obstacle::places, waves_[wave].after_places >= rules_.waves[wave].max_parallel);
    return found;
  }
  Obstacles found = held_back();
  if (gate == Gate::check) {
    if (!rules_.check_ahead && !admits(wave)) obstacles_to_open(wave, found);
    set(found, Obstacle::places, check_places_ >= rules_.checks_parallel);
    return found;
  }
  if (!admits(wave)) obstacles_to_open(wave, found);
  // What lies before the upgrade in its place is behind it when leave to send is asked for.
  const Duration takes =
      present.upgrade_takes + (gate == Gate::send ? Duration{0} : present.before_takes);
  set(found, Obstacle::window, !window_open(wave, present, takes));
  if (gate == Gate::send) {  // it holds its place
    set(found, Obstacle::overshoot, overshoots(wave, &Wave::exposed));
    return found;
  }
  const bool full = waves_[wave].upgrade_places >= rules_.waves[wave].max_parallel;
  set(found, Obstacle::places, full && !broken(Guard::places_counted));
  set(found, Obstacle::overshoot, overshoots(wave, &Wave::at_risk));
  return found;
}

Obstacles Rollout::obstacles(Gate gate, std::size_t position, const Run& run,
                             const Present& present) const {
  const auto wave = static_cast<std::size_t>(run.wave);
  if (gate == Gate::send && run.step == 0) {
    Obstacles found = held_back();
    set(found, Obstacle::places, checks_in_flight_ >= rules_.checks_parallel);
    return found;
  }
  Obstacles found = obstacles_of_wave(gate, wave, present);
  if (gate == Gate::send || gate == Gate::after) return found;
  const auto queue = [&](std::size_t of) -> const Parked& {
    return gate == Gate::check ? waves_[of].checks : waves_[of].upgrades;
  };
  const bool full = gate == Gate::upgrade && queue(wave).full(run.spread);
  set(found, Obstacle::spread, full);
  bool first = queue(wave).next() == static_cast<std::uint32_t>(position);
  for (std::size_t i = 0; first && i < wave; ++i)
    first = !queue(i).next() || obstacles_of_wave(gate, i, present).any();
  set(found, Obstacle::turn, !full && !first);
  return found;
}

bool Rollout::may_start() const {
  return held_back().none();
}

std::optional<std::size_t> Rollout::admit(Gate gate, const Present& present) {
  if (!may_start()) return std::nullopt;
  if (gate == Gate::check) {
    for (std::size_t i = 0; i < waves_.size(); ++i) {
      if (obstacles_of_wave(gate, i, present).any()) return std::nullopt;
      if (const auto position = waves_[i].checks.take()) return *position;
    }
    return std::nullopt;
  }
  for (std::size_t i = 0; i < waves_.size() && admits(i); ++i) {
    if (waves_[i].upgrades.empty() || obstacles_of_wave(gate, i, present).any()) continue;
    if (const auto position = waves_[i].upgrades.take()) return *position;
  }
  return std::nullopt;
}

/// When `wave` can open at the earliest: the soaks before it take their time, whatever else does.
std::optional<CloudInstant> Rollout::soaked(std::size_t wave, const Present& present) const {
  if (!present.cloud) return std::nullopt;
  CloudInstant at = present.cloud->latest;
  for (std::size_t i = current_; i < wave; ++i) {
    const bool soaks = waves_[i].state == WaveState::soaking && waves_[i].until;
    at = soaks ? std::max(at, *waves_[i].until) : at + soak_of(i);
  }
  return at;
}

std::optional<CloudInstant> Rollout::earliest(Obstacle obstacle, std::size_t wave,
                                              const Present& present) const {
  const auto opens = soaked(wave, present);
  if (!opens) return std::nullopt;
  if (obstacle == Obstacle::earlier_wave) {
    return *opens > present.cloud->latest ? opens : std::nullopt;
  }
  if (obstacle != Obstacle::window || !rules_.waves[wave].windows) return std::nullopt;
  CloudInstant at = *opens;
  for (int tried = 0; tried < openings_tried; ++tried) {
    const auto open = rules_.waves[wave].windows(at);
    if (!open) return std::nullopt;
    const CloudInstant from = std::max(at, open->from);
    if (from + present.before_takes + present.upgrade_takes <= open->to) return from;
    at = open->to;
  }
  return std::nullopt;
}

bool Rollout::windows_too_short(std::size_t wave, const Present& present) const {
  const auto& windows = rules_.waves[wave].windows;
  return windows && present.cloud && windows(present.cloud->latest) &&
         !earliest(Obstacle::window, wave, present);
}

}  // namespace pawl
