#include "engine/reasons.h"

#include <fmt/core.h>

#include <array>
#include <chrono>

// Admission and `pawl why` ask the same question: Rollout::obstacles. The one wants to know whether
// there is any, the other which, and until when.

namespace pawl {

namespace {

constexpr std::array<std::string_view, obstacle_kinds> obstacle_words{
    "ended",    "halted", "paused", "frozen", "checks",    "earlier_wave", "budget",
    "approval", "opens",  "window", "places", "overshoot", "spread",       "turn"};

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
