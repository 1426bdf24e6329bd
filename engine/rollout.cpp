#include "engine/rollout.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "engine/breakable.h"
#include "engine/enum_words.h"
#include "engine/result.h"

namespace pawl {

namespace {

// Written to the store and to every output: never renamed.
constexpr std::array<std::string_view, 7> wave_words{
    "pending", "awaiting_approval", "denied", "approved", "open", "soaking", "closed"};
constexpr std::array<std::string_view, 6> rollout_words{"running",    "paused",    "halted",
                                                        "cancelling", "cancelled", "finished"};

std::uint32_t of(const Counts& counts, RunState state) {
  return counts[static_cast<std::size_t>(state)];
}

bool in_flight(const Run& run) {
  return run.phase == Phase::intended || run.phase == Phase::submitted ||
         run.phase == Phase::unsure;
}

bool holds_check_place(const Run& run) {
  return run.step == 0 && (run.holds_place || run.state == RunState::checking);
}

/// Something was sent of a later step that is not proven to have come to nothing.
bool sent_after_first(const Run& run) {
  return std::any_of(run.sends.begin() + 1, run.sends.end(), [](auto sends) { return sends > 0; });
}

/// Counts as a failure.
bool charged(const Run& run) {
  return run.state == RunState::failed || run.state == RunState::needs_operator;
}

/// The first check of the run may still come to an end by itself.
bool unchecked(const Run& run) {
  return !run.checked_once && run.step == 0 && run.phase != Phase::over;
}

/// "3 failed runs and 1 in need of an operator": both count.
std::string failures(std::uint32_t failed, std::uint32_t stuck) {
  const auto runs = [](std::uint32_t count) { return count == 1 ? "run" : "runs"; };
  if (stuck == 0) return fmt::format("{} failed {}", failed, runs(failed));
  if (failed == 0) return fmt::format("{} {} in need of an operator", stuck, runs(stuck));
  return fmt::format("{} failed {} and {} in need of an operator", failed, runs(failed), stuck);
}

}  // namespace

bool holds_upgrade_place(const Run& run) {
  // What was sent and not found may be under way, whatever else stopped the run (decision 24).
  if (run.step == 0) return run.state == RunState::needs_operator && sent_after_first(run);
  return run.holds_place || in_flight(run) || run.state == RunState::upgrading ||
         run.state == RunState::verifying || run.state == RunState::needs_operator;
}

bool counts_with(const WaveRules& a, const WaveRules& b) {
  return a.spread_max > 0 && b.spread_max > 0 && a.spread_tag == b.spread_tag;
}

std::string_view to_string(WaveState state) {
  return wave_words[static_cast<std::size_t>(state)];
}
std::string_view to_string(RolloutState state) {
  return rollout_words[static_cast<std::size_t>(state)];
}

std::optional<WaveState> wave_state_from(std::string_view word) {
  return find_word<WaveState>(wave_words, word);
}

std::optional<RolloutState> rollout_state_from(std::string_view word) {
  return find_word<RolloutState>(rollout_words, word);
}

bool ended(RolloutState state) {
  return state == RolloutState::cancelled || state == RolloutState::finished;
}

Rollout::Rollout(RolloutRules rules, std::span<const Run> runs, std::span<const WaveState> waves,
                 RolloutState state)
    : rules_(std::move(rules)), waves_(rules_.waves.size()), state_(state) {
  check(waves.size() == waves_.size(), "every wave has a state");
  for (std::size_t i = 0; i < waves.size(); ++i) {
    waves_[i].state = waves[i];
    waves_[i].upgrades.bound(rules_.waves[i].spread_max);
  }
  for (const Run& run : runs) {
    ++waves_[static_cast<std::size_t>(run.wave)].total;
    count(run, 1);
    if (run.halts) halts_by_ = run.reason;
  }
  while (current_ < waves_.size() && waves_[current_].state == WaveState::closed)
    ++current_;
}

void Rollout::count(const Run& run, int by) {
  const auto add = [by](std::uint32_t& to, bool when) {
    if (when) to = static_cast<std::uint32_t>(static_cast<int>(to) + by);
  };
  Wave& wave = waves_[static_cast<std::size_t>(run.wave)];
  const bool beyond = holds_upgrade_place(run);
  add(wave.counts[static_cast<std::size_t>(run.state)], true);
  add(wave.upgrade_places, beyond);
  if (beyond) pass_spread(run, by);
  add(wave.after_places, run.state == RunState::verifying && run.phase == Phase::intended);
  add(wave.charged, charged(run));
  add(wave.at_risk, charged(run) || beyond);
  add(wave.failed_checks, run.step == 0 && run.state == RunState::failed);
  add(wave.untouched, run.step == 0 && pawl::ended(run.state));
  add(wave.exposed, charged(run) || (run.step > 0 && pawl::in_flight(run)));
  add(check_places_, holds_check_place(run));
  add(checks_in_flight_, run.step == 0 && pawl::in_flight(run));
  add(unchecked_, unchecked(run));
  add(in_flight_, pawl::in_flight(run));
  add(unclear_, run.unclear >= unclear_told);
  add(unended_, !pawl::ended(run.state));
  add(halting_, run.halts);
}

/// A run that is tried again in a wave that has closed is beside those of the open one.
void Rollout::pass_spread(const Run& run, int by) {
  const auto its = static_cast<std::size_t>(run.wave);
  for (std::size_t w = 0; w < waves_.size(); ++w) {
    if (counts_with(rules_.waves[its], rules_.waves[w]) || w == its)
      waves_[w].upgrades.passed(run.spread, by);
  }
}

void Rollout::moved(const Run& before, const Run& after) {
  count(before, -1);
  count(after, 1);
  if (after.halts) halts_by_ = after.reason;
}

void Rollout::park(std::size_t position, const Run& run, Gate gate) {
  check(gate == Gate::check || gate == Gate::upgrade, "only a place is queued for");
  Wave& its = waves_[static_cast<std::size_t>(run.wave)];
  if (gate == Gate::check) {
    its.checks.park(static_cast<std::uint32_t>(position), 0);
  } else {
    its.upgrades.park(static_cast<std::uint32_t>(position), run.spread);
  }
}

/// The budgets of the current wave and of the rollout.
std::optional<std::string> Rollout::over_budget() const {
  if (current_ < waves_.size() && waves_[current_].charged > rules_.waves[current_].max_failures) {
    return words_of_failures(current_);
  }
  if (!rules_.max_failures) return std::nullopt;
  std::uint32_t all = 0;
  for (const Wave& wave : waves_)
    all += wave.charged;
  if (all > *rules_.max_failures) {
    return fmt::format("the rollout has {} and may have {}",
                       failures(total(RunState::failed), total(RunState::needs_operator)),
                       *rules_.max_failures);
  }
  return std::nullopt;
}

/// The current wave may not open yet, nor be judged: checks ahead end for the whole fleet.
bool Rollout::checks_first() const {
  if (current_ == waves_.size()) return false;
  const WaveState state = waves_[current_].state;
  const bool opens = state != WaveState::open && state != WaveState::soaking;
  return opens && rules_.check_ahead && unchecked_ > 0;
}

std::optional<std::string> Rollout::halts_because() const {
  if (broken(Guard::budget_kept)) return std::nullopt;
  if (current_ < waves_.size() && waves_[current_].state == WaveState::denied) {
    return fmt::format("wave {} was denied", rules_.waves[current_].name);
  }
  if (halting_ > 0) return fmt::format("no other instance would fare better: {}", halts_by_);
  if (checks_first()) return std::nullopt;
  return over_budget();
}

bool Rollout::all_ended(const Wave& wave) {
  return of(wave.counts, RunState::succeeded) + of(wave.counts, RunState::failed) +
             of(wave.counts, RunState::skipped) + of(wave.counts, RunState::cancelled) ==
         wave.total;
}

/// A run of it may still be upgraded, one that has failed its check by a person's retry; what is
/// upgraded already asks for nobody's approval.
bool Rollout::upgrades_to_come(const Wave& wave) {
  return of(wave.counts, RunState::pending) + of(wave.counts, RunState::checking) +
             of(wave.counts, RunState::ready) + of(wave.counts, RunState::upgrading) +
             of(wave.counts, RunState::needs_operator) + wave.failed_checks >
         0;
}

RolloutMove Rollout::to(RolloutState state, std::string event, std::string reason) {
  const auto from = std::exchange(state_, state);
  return {-1, std::move(event), std::string(to_string(from)), std::string(to_string(state)),
          std::move(reason)};
}

RolloutMove Rollout::to(std::size_t wave, WaveState state, std::string event, std::string reason) {
  const auto from = std::exchange(waves_[wave].state, state);
  return {static_cast<std::int32_t>(wave), std::move(event), std::string(to_string(from)),
          std::string(to_string(state)), std::move(reason)};
}

std::vector<RolloutMove> Rollout::advance(const Present& present) {
  std::vector<RolloutMove> moves;
  if (state_ == RolloutState::cancelling && unended_ == 0) {
    moves.push_back(to(RolloutState::cancelled, "rollout_finished", ""));
  }
  const bool denied = current_ < waves_.size() && waves_[current_].state == WaveState::denied;
  if (state_ == RolloutState::halted && !denied && halting_ == 0 && !over_budget()) {
    moves.push_back(to(RolloutState::running, "rollout_resumed", "nothing halts it any more"));
  }
  // A pause lets a wave close; it opens none.
  while (state_ == RolloutState::running || state_ == RolloutState::paused) {
    const std::size_t before = moves.size();
    if (auto because = halts_because()) {
      // What a person has paused stays so until a person lifts it; a halt ends by itself.
      if (state_ == RolloutState::paused) break;
      moves.push_back(to(RolloutState::halted, "rollout_halted", std::move(*because)));
    } else if (current_ < waves_.size()) {
      advance_wave(present, moves);
    } else if (std::all_of(waves_.begin(), waves_.end(), all_ended)) {
      moves.push_back(to(RolloutState::finished, "rollout_finished", ""));
    }
    if (moves.size() == before) break;
  }
  return moves;
}

/// The next move of the current wave, if one is due.
void Rollout::advance_wave(const Present& present, std::vector<RolloutMove>& moves) {
  if (checks_first()) return;
  Wave& wave = waves_[current_];
  const WaveRules& rules = rules_.waves[current_];
  switch (wave.state) {
    case WaveState::pending:
      if (rules.approval == Approval::required && upgrades_to_come(wave) &&
          !broken(Guard::approval_asked)) {
        moves.push_back(to(current_, WaveState::awaiting_approval, "approval_requested", ""));
        return;
      }
      if (may_start()) moves.push_back(to(current_, WaveState::open, "wave_opened", ""));
      return;
    case WaveState::approved:
      if (may_start()) moves.push_back(to(current_, WaveState::open, "wave_opened", ""));
      return;
    case WaveState::open:
      if (!all_ended(wave)) return;
      if (soak_of(current_) == Duration{0}) return close(moves);
      if (!present.cloud) return;
      wave.until = present.cloud->latest + rules.soak;
      moves.push_back(to(current_, WaveState::soaking, "soak_started", ""));
      moves.back().until = wave.until;
      return;
    case WaveState::soaking:
      if (!all_ended(wave)) {
        if (may_start()) {
          moves.push_back(to(current_, WaveState::open, "wave_opened", "a run of it goes on"));
        }
        return;
      }
      if (present.cloud && wave.until && present.cloud->earliest >= *wave.until) close(moves);
      return;
    case WaveState::awaiting_approval:
    case WaveState::denied:
    case WaveState::closed:
      return;
  }
}

void Rollout::close(std::vector<RolloutMove>& moves) {
  moves.push_back(to(current_, WaveState::closed, "wave_closed", ""));
  ++current_;
}

std::variant<std::vector<RolloutMove>, std::string> Rollout::pull(LeverKind kind,
                                                                  std::string_view wave,
                                                                  std::string_view by,
                                                                  std::string_view reason) {
  std::vector<RolloutMove> moves;
  const std::string because(reason);
  if (ended(state_) || state_ == RolloutState::cancelling) {
    return fmt::format("it is {}", state_ == RolloutState::finished ? "finished" : "cancelled");
  }
  switch (kind) {
    case LeverKind::pause:
      if (state_ == RolloutState::halted) {
        return "it is halted, and starts nothing as it is; `pawl freeze` keeps every rollout of "
               "the store from starting anything even when it goes on";
      }
      if (state_ != RolloutState::running) return fmt::format("it is {}", to_string(state_));
      moves.push_back(to(RolloutState::paused, "rollout_paused", because));
      return moves;
    case LeverKind::unpause:
      if (state_ != RolloutState::paused)
        return fmt::format("it is {}, not paused", to_string(state_));
      moves.push_back(to(RolloutState::running, "rollout_unpaused", because));
      return moves;
    case LeverKind::cancel:
      moves.push_back(to(RolloutState::cancelling, "rollout_cancelled", because));
      return moves;
    case LeverKind::approve:
    case LeverKind::deny:
      break;
    case LeverKind::freeze:
    case LeverKind::unfreeze:
    case LeverKind::retry:
    case LeverKind::skip:
    case LeverKind::close:
      return "that is no lever of a rollout";
  }
  const bool asked = current_ < waves_.size() &&
                     (waves_[current_].state == WaveState::awaiting_approval ||
                      (kind == LeverKind::approve && waves_[current_].state == WaveState::denied));
  if (!asked) return "no wave of it waits for approval";
  const std::string& name = rules_.waves[current_].name;
  if (!wave.empty() && wave != name) {
    return fmt::format("the wave that waits for approval is {}, not {}", name, wave);
  }
  if (kind == LeverKind::approve) {
    moves.push_back(to(current_, WaveState::approved, "approval_granted", because));
    return moves;
  }
  moves.push_back(to(current_, WaveState::denied, "approval_denied", because));
  if (state_ == RolloutState::paused) return moves;  // it halts when the pause is lifted
  moves.push_back(to(
      RolloutState::halted, "rollout_halted",
      fmt::format("wave {} was denied by {}{}{}", name, by, reason.empty() ? "" : ": ", reason)));
  return moves;
}

std::string Rollout::words_of_failures(std::size_t wave) const {
  const Counts& counts = waves_[wave].counts;
  return fmt::format("wave {} has {} and may have {}", rules_.waves[wave].name,
                     failures(of(counts, RunState::failed), of(counts, RunState::needs_operator)),
                     rules_.waves[wave].max_failures);
}

std::uint32_t Rollout::total(RunState state) const {
  std::uint32_t all = 0;
  for (const Wave& wave : waves_)
    all += of(wave.counts, state);
  return all;
}

std::optional<Waiting> Rollout::waiting(const Present& present) const {
  const auto wave = static_cast<std::int32_t>(current_);
  if (state_ == RolloutState::paused) return Waiting{Waiting::What::unpause};
  if (state_ != RolloutState::running) return std::nullopt;
  if (frozen_) return Waiting{Waiting::What::unfreeze};
  if (current_ == waves_.size()) return waiting_for_window(present);
  const Wave& its = waves_[current_];
  switch (its.state) {
    case WaveState::awaiting_approval:
      return Waiting{Waiting::What::approval, wave};
    case WaveState::soaking:
      return Waiting{Waiting::What::soak, wave, its.until};
    case WaveState::open:
      if (soaks(current_)) return Waiting{Waiting::What::soak, wave, its.until};
      return waiting_for_window(present);
    case WaveState::pending:
    case WaveState::denied:
    case WaveState::approved:
    case WaveState::closed:
      return std::nullopt;
  }
  return std::nullopt;
}

/// What was not upgraded needs no watching, and without another upgrade to come nobody waits for
/// the end of it.
Duration Rollout::soak_of(std::size_t wave) const {
  const bool touched = waves_[wave].untouched < waves_[wave].total;
  const auto later = waves_.begin() + static_cast<std::ptrdiff_t>(wave) + 1;
  const bool more = std::any_of(later, waves_.end(), upgrades_to_come);
  return touched && more ? rules_.waves[wave].soak : Duration{0};
}

bool Rollout::soaks(std::size_t wave) const {
  const Wave& its = waves_[wave];
  return its.state == WaveState::soaking || (its.state == WaveState::open && all_ended(its));
}

std::optional<Waiting> Rollout::waiting_for_time(const Present& present) const {
  if (state_ != RolloutState::running || frozen_) return std::nullopt;
  auto first = waiting_for_window(present);
  if (current_ == waves_.size() || !soaks(current_)) return first;
  const Waiting soak{Waiting::What::soak, static_cast<std::int32_t>(current_),
                     waves_[current_].until};
  return first && first->until < soak.until ? first : soak;
}

/// The first wave that may admit, with runs that only a window keeps: of one that has closed those
/// that a person tries again.
std::optional<Waiting> Rollout::waiting_for_window(const Present& present) const {
  const Duration takes = present.upgrade_takes + present.before_takes;
  for (std::size_t i = 0; i < waves_.size() && admits(i); ++i) {
    if (waves_[i].upgrades.empty() || window_open(i, present, takes)) continue;
    Waiting window{Waiting::What::window, static_cast<std::int32_t>(i)};
    window.until = earliest(Obstacle::window, i, present);
    if (!window.until && windows_too_short(i, present)) window.too_long = takes;
    return window;
  }
  return std::nullopt;
}

}  // namespace pawl
