// A rollout's admission: which run may pass which gate, and what becomes of the waves. Pure
// bookkeeping that is told of every move; nothing here walks over the fleet.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <queue>
#include <span>
#include <string>
#include <vector>

#include "engine/event.h"
#include "engine/run.h"

namespace pawl {

struct WaveRules {
  std::string name;
  std::uint32_t max_parallel = 1;  ///< upgrades in flight, >= 1
  std::uint32_t max_failures = 0;  ///< more than so many halt the rollout
};

struct RolloutRules {
  std::uint32_t checks_parallel = 1;          ///< pre-checks in flight, >= 1
  bool check_ahead = true;                    ///< every first check ends before the first upgrade
  std::optional<std::uint32_t> max_failures;  ///< over the whole rollout
  std::vector<WaveRules> waves;
};

enum class WaveState : std::uint8_t { pending, open, closed };
enum class RolloutState : std::uint8_t { running, halted, finished };
std::string_view to_string(WaveState state);
std::string_view to_string(RolloutState state);
std::optional<WaveState> wave_state_from(std::string_view word);
std::optional<RolloutState> rollout_state_from(std::string_view word);

/// A change of a wave or of the rollout that is due; it is to be committed like any entry.
struct RolloutMove {
  std::int32_t wave = -1;  ///< -1: the rollout itself
  std::string event, from, to, reason;
};

using Counts = std::array<std::uint32_t, run_states>;

class Rollout {
 public:
  /// `runs` by position; `waves` and `state` as they were left. Runs keep their positions.
  Rollout(RolloutRules rules, std::span<const Run> runs, std::span<const WaveState> waves,
          RolloutState state);

  /// A run has moved.
  void moved(const Run& before, const Run& after);
  /// The run at `position`, of `wave`, waits at `gate` (not Gate::send: that is no place).
  void park(std::size_t position, std::int32_t wave, Gate gate);
  /// The next run that may pass `gate`, which is then no longer parked; the caller admits it, and
  /// tells of its move. The order is that of the positions.
  std::optional<std::size_t> admit(Gate gate);
  /// Everything that has become due, applied; one call drains it.
  std::vector<RolloutMove> advance();

  /// Whether an intent may be committed at all: not while halted.
  bool may_start() const { return state_ == RolloutState::running; }
  RolloutState state() const { return state_; }
  WaveState wave_state(std::size_t wave) const { return waves_[wave].state; }
  const Counts& counts(std::size_t wave) const { return waves_[wave].counts; }
  const RolloutRules& rules() const { return rules_; }
  std::uint32_t total(RunState state) const;
  /// Runs with something of theirs at the cloud or on its way there.
  std::uint32_t in_flight() const { return in_flight_; }

 private:
  using Queue = std::priority_queue<std::uint32_t, std::vector<std::uint32_t>, std::greater<>>;
  struct Wave {
    WaveState state = WaveState::pending;
    Counts counts{};
    std::uint32_t total = 0;
    std::uint32_t upgrade_places = 0;  // held, needs_operator included
    Queue checks, upgrades;
  };

  void count(const Run& run, int by);
  std::uint32_t charged(const Wave& wave) const;
  std::optional<std::string> over_budget(const Wave& wave, const WaveRules& rules) const;

  RolloutRules rules_;
  std::vector<Wave> waves_;
  RolloutState state_;
  std::size_t current_ = 0;  // the first wave that is not closed
  std::uint32_t check_places_ = 0;
  std::uint32_t unchecked_ = 0;  // runs whose first check has not ended
  std::uint32_t in_flight_ = 0;
};

}  // namespace pawl
