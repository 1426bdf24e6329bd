#include "engine/reasons.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "engine/breakable.h"

// Admission and `pawl why` ask the same question: Rollout::obstacles. The one wants to know whether
// there is any, the other which, and until when.

namespace pawl {

namespace {

constexpr std::array<std::string_view, obstacle_kinds> obstacle_words{
    "ended",    "halted", "paused", "frozen", "checks",    "earlier_wave", "budget",
    "approval", "opens",  "window", "places", "overshoot", "spread",       "turn"};

void set(Obstacles& found, Obstacle what, bool holds) {
  found.set(static_cast<std::size_t>(what), holds);
}

/// "waves canary and mid have": those before `wave` that have not closed.
std::string earlier_waves(const Rollout& rollout, std::size_t wave) {
  const std::size_t first = rollout.current_wave();
  std::string names;
  for (std::size_t i = first; i < wave; ++i) {
    names += i == first ? "" : i + 1 == wave ? " and " : ", ";
    names += rollout.rules().waves[i].name;
  }
  return first + 1 == wave ? fmt::format("wave {} has", names)
                           : fmt::format("waves {} have", names);
}

std::string text_of_approval(WaveState state, const std::string& wave, const std::string& id) {
  const auto told = [&](const char* stands, const char* comes) {
    return fmt::format("wave {} of {} {}: `pawl approve {} {}` {}", wave, id, stands, id, wave,
                       comes);
  };
  if (state == WaveState::denied) return told("was denied", "opens it");
  if (state == WaveState::awaiting_approval) return told("waits for approval", "gives it");
  return fmt::format("wave {} of {} needs approval, which is asked for when its turn comes", wave,
                     id);
}

std::string text_of_checks(std::uint32_t left, const std::string& id) {
  return fmt::format("{} of {} not ended, and no upgrade begins before",
                     left == 1 ? "1 first check" : fmt::format("{} first checks", left),
                     id + (left == 1 ? " has" : " have"));
}

/// In whole seconds: nothing that is learned from polls is more exact.
std::string text_of_window(const Rollout& rollout, const std::string& id, std::size_t wave,
                           const Present& present) {
  const std::string& name = rollout.rules().waves[wave].name;
  if (present.upgrade_takes == Duration{0})
    return fmt::format("no window of wave {} is open", name);
  const Duration takes = present.upgrade_takes + present.before_takes;
  const std::string took =
      fmt::format("for the {} that upgrades{} took so far",
                  format_duration(std::chrono::ceil<std::chrono::seconds>(takes)),
                  present.before_takes > Duration{0} ? ", with the steps before them," : "");
  if (rollout.windows_too_short(wave, present)) {
    return fmt::format(
        "no window of wave {} is ever open {}: `pawl cancel {}`, then run a plan with longer "
        "windows",
        name, took, id);
  }
  return fmt::format("no window of wave {} is open {}", name, took);
}

std::string text_of(Obstacle what, const Rollout& rollout, const std::string& id, const Run& run,
                    Gate gate, const Present& present) {
  const auto wave = static_cast<std::size_t>(run.wave);
  const WaveRules& rules = rollout.rules().waves[wave];
  switch (what) {
    case Obstacle::ended:
      return rollout.state() == RolloutState::finished
                 ? fmt::format("{} is finished: nothing of it moves any more", id)
                 : fmt::format("{} is cancelled: what has not been sent is never sent", id);
    case Obstacle::halted: {
      const auto because = rollout.halts_because();
      return fmt::format("{} is halted{}{}", id, because ? ", for " : "", because.value_or(""));
    }
    case Obstacle::paused:
      return fmt::format("{} is paused: `pawl unpause {}` lets it go on", id, id);
    case Obstacle::frozen:
      return "the store is frozen: `pawl unfreeze` lets it go on";
    case Obstacle::checks:
      return text_of_checks(rollout.checks_left(), id);
    case Obstacle::earlier_wave:
      return fmt::format("{} to close before wave {} opens", earlier_waves(rollout, wave),
                         rules.name);
    case Obstacle::budget:
      return fmt::format("{}: too many for it to open, until some of them are retried or skipped",
                         rollout.words_of_failures(wave));
    case Obstacle::approval:
      return text_of_approval(rollout.wave_state(wave), rules.name, id);
    case Obstacle::opens:
      return fmt::format("wave {} opens as soon as the driver gets to it", rules.name);
    case Obstacle::window:
      return text_of_window(rollout, id, wave, present);
    case Obstacle::places:
      if (gate == Gate::check) {
        return fmt::format("all {} places for checks of {} are taken",
                           rollout.rules().checks_parallel, id);
      }
      return fmt::format("all {} places for {} of wave {} are taken", rules.max_parallel,
                         gate == Gate::after ? "hooks after upgrades" : "upgrades", rules.name);
    case Obstacle::overshoot:
      return fmt::format(
          "were all in flight to fail, one more would be beyond the budget of wave "
          "{} or of the rollout",
          rules.name);
    case Obstacle::spread:
      return fmt::format("{} with its value of the spread tag {} in flight, as many as may be",
                         rules.spread_max, rules.spread_max == 1 ? "is" : "are");
    case Obstacle::turn:
      return fmt::format("others of {} that may go come first", id);
  }
  return "";
}

}  // namespace

std::string_view to_string(Obstacle obstacle) {
  return obstacle_words[static_cast<std::size_t>(obstacle)];
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

Obstacles Rollout::obstacles(Gate gate, std::size_t wave, const Present& present) const {
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
  Obstacles found = obstacles(gate, wave, present);
  if (gate == Gate::send || gate == Gate::after) return found;
  const auto queue = [&](std::size_t of) -> const Parked& {
    return gate == Gate::check ? waves_[of].checks : waves_[of].upgrades;
  };
  const bool full = gate == Gate::upgrade && queue(wave).full(run.spread);
  set(found, Obstacle::spread, full);
  bool first = queue(wave).next() == static_cast<std::uint32_t>(position);
  for (std::size_t i = 0; first && i < wave; ++i)
    first = !queue(i).next() || obstacles(gate, i, present).any();
  set(found, Obstacle::turn, !full && !first);
  return found;
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

std::vector<Reason> reasons(const Rollout& rollout, const std::string& id, std::size_t position,
                            const Run& run, std::optional<Gate> gate, const Present& present) {
  std::vector<Reason> found;
  const std::string because = run.reason.empty() ? "" : ": " + run.reason;
  const std::string& it = run.name.empty() ? run.instance_id : run.name;
  if (ended(run.state)) {
    const bool by_itself = run.state == RunState::succeeded || run.state == RunState::failed;
    found.push_back(
        {"over",
         fmt::format("{} {} {}{}", it, by_itself ? "has" : "is", to_string(run.state), because),
         {}});
    return found;
  }
  if (run.state == RunState::needs_operator) {
    found.push_back({"person", fmt::format("a person must decide about {}{}", it, because), {}});
    return found;
  }
  if (!gate) {
    found.push_back(
        {"under_way",
         fmt::format("{} is {}, {}{}", it, to_string(run.state), to_string(run.phase), because),
         {}});
    return found;
  }
  const Obstacles obstacles = rollout.obstacles(*gate, position, run, present);
  for (std::size_t i = 0; i < obstacle_kinds; ++i) {
    if (!obstacles[i]) continue;
    const auto what = static_cast<Obstacle>(i);
    found.push_back({to_string(what), text_of(what, rollout, id, run, *gate, present),
                     rollout.earliest(what, static_cast<std::size_t>(run.wave), present)});
  }
  return found;
}

}  // namespace pawl
