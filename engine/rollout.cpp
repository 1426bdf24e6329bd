#include "engine/rollout.h"

#include <fmt/format.h>

#include <utility>

#include "engine/result.h"

namespace pawl {

namespace {

// Written to the store and to every output: never renamed.
constexpr std::array<std::string_view, 3> wave_words{"pending", "open", "closed"};
constexpr std::array<std::string_view, 3> rollout_words{"running", "halted", "finished"};

std::uint32_t of(const Counts& counts, RunState state) {
  return counts[static_cast<std::size_t>(state)];
}

/// A run's place among the upgrades: kept through verification, and by a run that nobody has
/// decided on, for its upgrade may still be under way.
bool holds_upgrade_place(const Run& run) {
  if (run.step == 0) return false;
  return run.holds_place || run.state == RunState::upgrading || run.state == RunState::verifying ||
         run.state == RunState::needs_operator;
}

bool holds_check_place(const Run& run) {
  return run.step == 0 && (run.holds_place || run.state == RunState::checking);
}

bool in_flight(const Run& run) {
  return run.phase == Phase::intended || run.phase == Phase::submitted ||
         run.phase == Phase::unsure;
}

/// The first check of the run may still come to an end by itself.
bool unchecked(const Run& run) {
  return !run.checked_once && run.step == 0 && run.phase != Phase::over;
}

}  // namespace

std::string_view to_string(WaveState state) {
  return wave_words[static_cast<std::size_t>(state)];
}
std::string_view to_string(RolloutState state) {
  return rollout_words[static_cast<std::size_t>(state)];
}

std::optional<WaveState> wave_state_from(std::string_view word) {
  for (std::size_t i = 0; i < wave_words.size(); ++i) {
    if (wave_words[i] == word) return static_cast<WaveState>(i);
  }
  return std::nullopt;
}

std::optional<RolloutState> rollout_state_from(std::string_view word) {
  for (std::size_t i = 0; i < rollout_words.size(); ++i) {
    if (rollout_words[i] == word) return static_cast<RolloutState>(i);
  }
  return std::nullopt;
}

Rollout::Rollout(RolloutRules rules, std::span<const Run> runs, std::span<const WaveState> waves,
                 RolloutState state)
    : rules_(std::move(rules)), waves_(rules_.waves.size()), state_(state) {
  check(waves.size() == waves_.size(), "every wave has a state");
  for (std::size_t i = 0; i < waves.size(); ++i)
    waves_[i].state = waves[i];
  for (const Run& run : runs) {
    ++waves_[static_cast<std::size_t>(run.wave)].total;
    count(run, 1);
  }
  while (current_ < waves_.size() && waves_[current_].state == WaveState::closed)
    ++current_;
}

void Rollout::count(const Run& run, int by) {
  const auto add = [by](std::uint32_t& to, bool when) {
    if (when) to = static_cast<std::uint32_t>(static_cast<int>(to) + by);
  };
  Wave& wave = waves_[static_cast<std::size_t>(run.wave)];
  add(wave.counts[static_cast<std::size_t>(run.state)], true);
  add(wave.upgrade_places, holds_upgrade_place(run));
  add(check_places_, holds_check_place(run));
  add(unchecked_, unchecked(run));
  add(in_flight_, pawl::in_flight(run));
}

void Rollout::moved(const Run& before, const Run& after) {
  count(before, -1);
  count(after, 1);
}

void Rollout::park(std::size_t position, std::int32_t wave, Gate gate) {
  check(gate != Gate::send, "leave to send is not a place to queue for");
  Wave& its = waves_[static_cast<std::size_t>(wave)];
  (gate == Gate::check ? its.checks : its.upgrades).push(static_cast<std::uint32_t>(position));
}

std::optional<std::size_t> Rollout::admit(Gate gate) {
  if (!may_start()) return std::nullopt;
  const auto take = [](Queue& queue) {
    const std::size_t position = queue.top();
    queue.pop();
    return position;
  };
  if (gate == Gate::check) {
    if (check_places_ >= rules_.checks_parallel) return std::nullopt;
    for (std::size_t i = current_; i < waves_.size(); ++i) {
      if (!rules_.check_ahead && waves_[i].state != WaveState::open) break;
      if (!waves_[i].checks.empty()) return take(waves_[i].checks);
    }
    return std::nullopt;
  }
  if (current_ == waves_.size() || waves_[current_].state != WaveState::open) return std::nullopt;
  Wave& wave = waves_[current_];
  if (wave.upgrade_places >= rules_.waves[current_].max_parallel) return std::nullopt;
  if (wave.upgrades.empty()) return std::nullopt;
  return take(wave.upgrades);
}

std::uint32_t Rollout::charged(const Wave& wave) const {
  return of(wave.counts, RunState::failed) + of(wave.counts, RunState::needs_operator);
}

std::optional<std::string> Rollout::over_budget(const Wave& wave, const WaveRules& rules) const {
  const std::uint32_t here = charged(wave);
  if (here > rules.max_failures) {
    return fmt::format("wave {} has {} failed runs and may have {}", rules.name, here,
                       rules.max_failures);
  }
  std::uint32_t all = 0;
  for (const Wave& other : waves_)
    all += charged(other);
  if (rules_.max_failures && all > *rules_.max_failures) {
    return fmt::format("the rollout has {} failed runs and may have {}", all, *rules_.max_failures);
  }
  return std::nullopt;
}

std::vector<RolloutMove> Rollout::advance() {
  std::vector<RolloutMove> moves;
  while (state_ == RolloutState::running) {
    if (current_ == waves_.size()) {
      state_ = RolloutState::finished;
      moves.push_back({-1, "rollout_finished", "running", "finished", ""});
      break;
    }
    Wave& wave = waves_[current_];
    const WaveRules& rules = rules_.waves[current_];
    const auto position = static_cast<std::int32_t>(current_);
    const bool opens = wave.state == WaveState::pending;
    if (opens && rules_.check_ahead && unchecked_ > 0) break;
    if (auto because = over_budget(wave, rules)) {
      state_ = RolloutState::halted;
      moves.push_back({-1, "rollout_halted", "running", "halted", std::move(*because)});
      break;
    }
    if (opens) {
      wave.state = WaveState::open;
      moves.push_back({position, "wave_opened", "pending", "open", ""});
      continue;
    }
    const std::uint32_t done =
        of(wave.counts, RunState::succeeded) + of(wave.counts, RunState::failed) +
        of(wave.counts, RunState::skipped) + of(wave.counts, RunState::cancelled);
    if (done < wave.total) break;
    wave.state = WaveState::closed;
    moves.push_back({position, "wave_closed", "open", "closed", ""});
    ++current_;
  }
  return moves;
}

std::uint32_t Rollout::total(RunState state) const {
  std::uint32_t all = 0;
  for (const Wave& wave : waves_)
    all += of(wave.counts, state);
  return all;
}

}  // namespace pawl
