// A rollout's fleet as a plain list that is walked over for every question: slow, and so simple
// that the counters of the real one can be held against it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/rollout.h"
#include "tests/support/dice.h"

namespace pawl::test {

/// Steps as the major upgrade has them: check, upgrade, verify.
class RolloutModel {
 public:
  RolloutModel(RolloutRules rules, std::size_t runs, Dice& dice)
      : rules_(std::move(rules)), waves_(rules_.waves.size(), WaveState::pending), dice_(dice) {
    for (std::size_t i = 0; i < runs; ++i) {
      Run run;
      run.id = static_cast<std::int64_t>(i + 1);
      run.wave = static_cast<std::int32_t>(dice_.below(waves_.size()));
      runs_.push_back(run);
    }
  }

  const RolloutRules& rules() const { return rules_; }
  const std::vector<Run>& runs() const { return runs_; }
  const std::vector<WaveState>& waves() const { return waves_; }
  RolloutState state() const { return state_; }
  bool parked(std::size_t i) const {
    const Run& run = runs_[i];
    return run.phase == Phase::waiting && !run.holds_place;
  }

  /// A new process: what is not stored is forgotten.
  void forget_places() {
    for (Run& run : runs_) {
      if (run.phase == Phase::waiting) run.holds_place = false;
    }
  }

  // What must come out, by counting.

  std::uint32_t count(std::int32_t wave, RunState state) const {
    return tally([&](const Run& run) { return run.wave == wave && run.state == state; });
  }
  std::uint32_t in_flight() const { return tally(flies); }
  std::uint32_t checks_in_flight() const {
    return tally([](const Run& run) { return run.step == 0 && (run.holds_place || flies(run)); });
  }
  /// Those that nobody has decided on may still be under way.
  std::uint32_t upgrades_in_flight(std::int32_t wave) const {
    return tally([&](const Run& run) {
      return run.wave == wave && run.step > 0 &&
             (run.holds_place || flies(run) || run.state == RunState::needs_operator);
    });
  }

  std::optional<std::size_t> may_pass(Gate gate) const {
    if (state_ != RolloutState::running || due() == "rollout_halted") return std::nullopt;
    if (gate == Gate::check && checks_in_flight() >= rules_.checks_parallel) return std::nullopt;
    for (std::size_t w = first_open(); w < waves_.size(); ++w) {
      const auto wave = static_cast<std::int32_t>(w);
      const bool open = waves_[w] == WaveState::open;
      if (gate == Gate::check && !open && !rules_.check_ahead) return std::nullopt;
      if (gate == Gate::upgrade &&
          (!open || upgrades_in_flight(wave) >= rules_.waves[w].max_parallel)) {
        return std::nullopt;
      }
      for (std::size_t i = 0; i < runs_.size(); ++i) {
        if (runs_[i].wave == wave && parked(i) && (gate == Gate::check) == (runs_[i].step == 0)) {
          return i;
        }
      }
      if (gate == Gate::upgrade) return std::nullopt;
    }
    return std::nullopt;
  }

  /// The events of everything that is due, applied.
  std::vector<std::string> advance() {
    std::vector<std::string> events;
    while (const auto event = due()) {
      const std::size_t w = first_open();
      if (*event == "rollout_finished") state_ = RolloutState::finished;
      if (*event == "rollout_halted") state_ = RolloutState::halted;
      if (*event == "wave_opened") waves_[w] = WaveState::open;
      if (*event == "wave_closed") waves_[w] = WaveState::closed;
      events.push_back(*event);
    }
    return events;
  }

  // What may happen to a run, as the gated step lets it.

  Run admit(std::size_t i) {
    Run run = runs_[i];
    if (run.step == 1 && dice_.chance(10)) return back_to_check(run);
    run.holds_place = true;
    return run;
  }

  /// The next of its possible moves; nothing for a run that only admission or a person moves.
  std::optional<Run> move(std::size_t i) {
    Run run = runs_[i];
    if (run.phase == Phase::over || parked(i)) return std::nullopt;
    switch (run.phase) {
      case Phase::waiting:
        if (dice_.chance(5)) return end(run, RunState::skipped);
        if (dice_.chance(10)) return end(run, RunState::failed);
        if (run.step == 1 && dice_.chance(10)) return back_to_check(run);
        run.phase = Phase::intended;
        run.state = run.step == 0 ? RunState::checking : RunState::upgrading;
        return run;
      case Phase::intended:
      case Phase::unsure:
        if (dice_.chance(20)) return back_to_waiting(run);
        if (dice_.chance(10)) return end(run, RunState::needs_operator);
        run.phase = dice_.chance(30) ? Phase::unsure : Phase::submitted;
        return run;
      case Phase::submitted:
        if (dice_.chance(10)) return end(run, RunState::failed);
        if (dice_.chance(10)) return end(run, RunState::needs_operator);
        if (run.step == 0 && dice_.chance(20)) return back_to_waiting(run);
        return pass(run);
      case Phase::over:
        break;
    }
    return std::nullopt;
  }

  void put(std::size_t i, const Run& run) { runs_[i] = run; }

 private:
  static bool flies(const Run& run) {
    return run.phase == Phase::intended || run.phase == Phase::submitted ||
           run.phase == Phase::unsure;
  }

  template <typename Which>
  std::uint32_t tally(Which which) const {
    return static_cast<std::uint32_t>(std::count_if(runs_.begin(), runs_.end(), which));
  }

  std::size_t first_open() const {
    return static_cast<std::size_t>(
        std::find_if(waves_.begin(), waves_.end(),
                     [](WaveState state) { return state != WaveState::closed; }) -
        waves_.begin());
  }
  std::optional<std::string> due() const {
    if (state_ != RolloutState::running) return std::nullopt;
    const std::size_t w = first_open();
    if (w == waves_.size()) return "rollout_finished";
    const bool pending = waves_[w] == WaveState::pending;
    if (pending && rules_.check_ahead && checks_to_come()) return std::nullopt;
    if (overspent(w)) return "rollout_halted";
    if (pending) return "wave_opened";
    if (all_ended(static_cast<std::int32_t>(w))) return "wave_closed";
    return std::nullopt;
  }
  bool checks_to_come() const {
    return tally([](const Run& run) {
             return run.step == 0 && !run.checked_once && run.phase != Phase::over;
           }) > 0;
  }
  static bool charged(const Run& run) {
    return run.state == RunState::failed || run.state == RunState::needs_operator;
  }
  bool overspent(std::size_t w) const {
    const auto here = tally(
        [&](const Run& run) { return static_cast<std::size_t>(run.wave) == w && charged(run); });
    return here > rules_.waves[w].max_failures ||
           (rules_.max_failures && tally(charged) > *rules_.max_failures);
  }
  bool all_ended(std::int32_t wave) const {
    return tally([&](const Run& run) { return run.wave == wave && !ended(run.state); }) == 0;
  }

  static Run back_to_waiting(Run run) {
    run.phase = Phase::waiting;
    run.state = run.step == 0 && !run.checked_once ? RunState::pending : RunState::ready;
    return run;
  }
  static Run back_to_check(Run run) {
    run.step = 0;
    run.holds_place = false;
    return back_to_waiting(run);
  }
  static Run pass(Run run) {
    if (run.step == 2) return end(run, RunState::succeeded);
    if (run.step == 0) {
      run.checked_once = true;
      run.holds_place = false;
      run.phase = Phase::waiting;
      run.state = RunState::ready;
    } else {
      run.state = RunState::verifying;
    }
    ++run.step;
    return run;
  }
  static Run end(Run run, RunState state) {
    run.state = state;
    run.phase = Phase::over;
    run.holds_place = false;
    return run;
  }

  RolloutRules rules_;
  std::vector<Run> runs_;
  std::vector<WaveState> waves_;
  RolloutState state_ = RolloutState::running;
  Dice& dice_;
};

}  // namespace pawl::test
