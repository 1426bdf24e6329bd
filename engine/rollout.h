// A rollout's admission: which run may pass which gate, and what becomes of the waves. Pure
// bookkeeping that is told of every move; nothing here walks over the fleet.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "engine/event.h"
#include "engine/lever.h"
#include "engine/parked.h"
#include "engine/run.h"

namespace pawl {

/// May more be in flight than could fail within the budget?
enum class Overshoot : std::uint8_t { allowed, never };
enum class Approval : std::uint8_t { none, required };

struct WaveRules {
  std::string name;
  std::uint32_t max_parallel = 1;  ///< upgrades in flight, >= 1
  std::uint32_t max_failures = 0;  ///< more than so many halt the rollout
  Overshoot overshoot = Overshoot::allowed;
  Approval approval = Approval::none;
  Duration soak{0};              ///< from the wave's last end to its close, after an upgrade
  std::uint32_t spread_max = 0;  ///< upgrades in flight of one spread value; 0: any number
  std::string spread_tag{};      ///< whose values those are; waves of the same tag count together
  /// When upgrades may be triggered: the present opening at a time of the cloud, or the next; none
  /// when there is none for long. Null: always.
  std::function<std::optional<Opening>(CloudInstant)> windows{};
};

/// So many openings in a row that are too short for an upgrade mean that none will fit.
inline constexpr int openings_tried = 100;

/// Whether the runs of both count against the same spread values.
bool counts_with(const WaveRules& a, const WaveRules& b);

struct RolloutRules {
  std::uint32_t checks_parallel = 1;          ///< pre-checks in flight, >= 1
  bool check_ahead = true;                    ///< every first check ends before the first upgrade
  std::optional<std::uint32_t> max_failures;  ///< over the whole rollout
  std::vector<WaveRules> waves;
};

enum class WaveState : std::uint8_t {
  pending,
  awaiting_approval,
  denied,
  approved,
  open,
  soaking,
  closed,
};
enum class RolloutState : std::uint8_t {
  running,
  paused,
  halted,      ///< the budget is spent, or a wave was denied
  cancelling,  ///< what is in flight comes to its end; shown as cancelled
  cancelled,
  finished,
};
std::string_view to_string(WaveState state);
std::string_view to_string(RolloutState state);
std::optional<WaveState> wave_state_from(std::string_view word);
std::optional<RolloutState> rollout_state_from(std::string_view word);
/// No lever and no event moves it any more.
bool ended(RolloutState state);
/// A run's place among the upgrades: kept through what comes before and after the upgrade, and by a
/// run that nobody has decided on, for its upgrade may still be under way.
bool holds_upgrade_place(const Run& run);

/// A change of a wave or of the rollout that is due; it is to be committed like any entry.
struct RolloutMove {
  std::int32_t wave = -1;  ///< -1: the rollout itself
  std::string event, from, to, reason;
  std::optional<CloudInstant> until{};  ///< with soak_started
};

/// What a rollout waits for while nothing of it moves.
struct Waiting {
  enum class What : std::uint8_t { unpause, unfreeze, approval, soak, window };
  What what;
  std::int32_t wave = -1;
  std::optional<CloudInstant> until{};  ///< of soak and window, where it is known
  std::optional<Duration> too_long{};   ///< of window: no opening is ever long enough for this
  bool operator==(const Waiting&) const = default;
};

/// What is known of time when a decision about admission is made.
struct Present {
  std::optional<CloudNow> cloud;  ///< absent: nothing that time decides may start
  Duration upgrade_takes{0};      ///< what such upgrades have taken so far; zero: not known
  Duration before_takes{};        ///< the same of the steps before it in its place, together
};

/// What can keep a run from passing a gate, in the order in which people are told.
enum class Obstacle : std::uint8_t {
  ended,   ///< the rollout is cancelled or finished
  halted,  ///< the budget is spent, or a wave was denied
  paused,
  frozen,
  checks,        ///< the first checks of the whole fleet come first
  earlier_wave,  ///< an earlier wave has to close, and to soak
  budget,        ///< the wave, or the rollout, has failed too often to open
  approval,      ///< a person has to approve the wave
  opens,         ///< nothing else: the wave opens with the next turn
  window,     ///< no maintenance window is open for long enough, or the cloud's time is not known
  places,     ///< as many are in flight as may be
  overshoot,  ///< were all in flight to fail, one more would be beyond the budget
  spread,     ///< as many of its spread value are in flight as may be
  turn,       ///< others that may go come first
};
inline constexpr std::size_t obstacle_kinds = 14;
using Obstacles = std::bitset<obstacle_kinds>;

using Counts = std::array<std::uint32_t, run_states>;

class Rollout {
 public:
  /// `runs` by position; `waves` and `state` as they were left. Runs keep their positions.
  Rollout(RolloutRules rules, std::span<const Run> runs, std::span<const WaveState> waves,
          RolloutState state);
  /// A soaking wave closes at `until`; of a stored one.
  void soaks_until(std::size_t wave, CloudInstant until) { waves_[wave].until = until; }

  /// A run has moved.
  void moved(const Run& before, const Run& after);
  /// `run`, at `position`, waits at `gate` (check or upgrade: the others are not queued for here).
  void park(std::size_t position, const Run& run, Gate gate);
  /// The next run that may pass `gate`, which is then no longer parked; the caller admits it, and
  /// tells of its move. The order is that of the positions.
  std::optional<std::size_t> admit(Gate gate, const Present& present);
  /// What keeps every run of `wave` from `gate` now; nothing does where `admit` lets one pass.
  Obstacles obstacles_of_wave(Gate gate, std::size_t wave, const Present& present) const;
  /// What keeps `run`, parked at `position`, from `gate`: those, its spread value, its turn. At
  /// Gate::send it holds its place already.
  Obstacles obstacles(Gate gate, std::size_t position, const Run& run,
                      const Present& present) const;
  /// The first moment at which `obstacle` can be out of the way of `wave`, where only time decides:
  /// a soak, a window. Not before other obstacles of the wave can.
  std::optional<CloudInstant> earliest(Obstacle obstacle, std::size_t wave,
                                       const Present& present) const;
  /// There are windows for `wave`, and what such upgrades have taken fits into none of them.
  bool windows_too_short(std::size_t wave, const Present& present) const;
  /// Everything that has become due, applied; one call drains it.
  std::vector<RolloutMove> advance(const Present& present);
  /// Pulls a lever of the rollout (not retry, skip: those are a run's): the moves that it makes,
  /// applied, or in words why it makes none. `wave` may be empty where one waits.
  std::variant<std::vector<RolloutMove>, std::string> pull(LeverKind kind, std::string_view wave,
                                                           std::string_view by,
                                                           std::string_view reason);
  void freeze(bool frozen) { frozen_ = frozen; }

  /// Whether an intent may be committed at all: not while paused, frozen, halted, cancelled, nor
  /// from the moment on at which a halt is due.
  bool may_start() const;
  /// Whether a person may still decide on a failed run of it.
  bool may_be_decided() const { return !ended(state_) && state_ != RolloutState::cancelling; }
  /// Whether `run` ends with it: it is cancelled, and nothing of the run is at the cloud, or only a
  /// person could decide on it, whom it no longer asks.
  bool cancels(const Run& run) const {
    return state_ == RolloutState::cancelling &&
           (run.phase == Phase::waiting || run.state == RunState::needs_operator);
  }
  RolloutState state() const { return state_; }
  bool frozen() const { return frozen_; }
  WaveState wave_state(std::size_t wave) const { return waves_[wave].state; }
  /// The first wave that is not closed; the number of waves when all are.
  std::size_t current_wave() const { return current_; }
  /// Runs whose first check has not ended.
  std::uint32_t checks_left() const { return unchecked_; }
  const Counts& counts(std::size_t wave) const { return waves_[wave].counts; }
  const RolloutRules& rules() const { return rules_; }
  std::uint32_t total(RunState state) const;
  /// "wave rest has 3 failed runs and may have 2".
  std::string words_of_failures(std::size_t wave) const;
  /// Why it is to be halted, as long as nobody has done anything about it.
  std::optional<std::string> halts_because() const;
  /// Runs with something of theirs at the cloud or on its way there.
  std::uint32_t in_flight() const { return in_flight_; }
  /// Of them, those of which the cloud has not told for some rounds how they stand.
  std::uint32_t unclear() const { return unclear_; }
  /// What only time or a person can end, if there is such a thing.
  std::optional<Waiting> waiting(const Present& present) const;
  /// What time alone ends, and ends first: a soak, or the wait for a window. A rollout that waits
  /// for an approval may have such a thing too, of a run that a person tries again.
  std::optional<Waiting> waiting_for_time(const Present& present) const;

 private:
  /// What the rules last said: the same for every time from `asked` on until it ends.
  struct LastOpening {
    std::optional<CloudInstant> asked;
    std::optional<Opening> opening;
  };
  struct Wave {
    WaveState state = WaveState::pending;
    std::optional<CloudInstant> until;  // of a soak
    Counts counts{};
    std::uint32_t total = 0;
    std::uint32_t upgrade_places = 0;  // held, needs_operator included
    std::uint32_t after_places = 0;    // commands behind the upgrade that run
    std::uint32_t charged = 0;         // against the budget: failed, or in need of an operator
    std::uint32_t failed_checks = 0;   // of those charged
    std::uint32_t untouched = 0;       // ended before the upgrade
    std::uint32_t at_risk = 0;         // charged, or holding an upgrade's place
    std::uint32_t exposed = 0;         // charged, or with an upgrade in flight
    Parked checks, upgrades;
    mutable LastOpening last_opening;
  };

  void count(const Run& run, int by);
  void pass_spread(const Run& run, int by);
  static bool all_ended(const Wave& wave);
  static bool upgrades_to_come(const Wave& wave);
  bool admits(std::size_t wave) const;
  std::optional<std::string> over_budget() const;
  bool checks_first() const;
  Obstacles held_back() const;
  void obstacles_to_open(std::size_t wave, Obstacles& found) const;
  std::optional<CloudInstant> soaked(std::size_t wave, const Present& present) const;
  std::optional<Waiting> waiting_for_window(const Present& present) const;
  bool soaks(std::size_t wave) const;
  Duration soak_of(std::size_t wave) const;
  std::optional<Opening> opening(std::size_t wave, CloudInstant now, Duration takes) const;
  bool window_open(std::size_t wave, const Present& present, Duration takes) const;
  bool overshoots(std::size_t wave, std::uint32_t Wave::*could_fail) const;
  void close(std::vector<RolloutMove>& moves);
  void advance_wave(const Present& present, std::vector<RolloutMove>& moves);
  RolloutMove to(RolloutState state, std::string event, std::string reason);
  RolloutMove to(std::size_t wave, WaveState state, std::string event, std::string reason);

  RolloutRules rules_;
  std::vector<Wave> waves_;
  RolloutState state_;
  bool frozen_ = false;
  std::size_t current_ = 0;  // the first wave that is not closed
  std::uint32_t check_places_ = 0;
  std::uint32_t checks_in_flight_ = 0;  // more than places: a check retried by a person is followed
  std::uint32_t unchecked_ = 0;         // runs whose first check has not ended
  std::uint32_t in_flight_ = 0;
  std::uint32_t unclear_ = 0;
  std::uint32_t unended_ = 0;  // runs that have not ended, those that a person must decide on too
  std::uint32_t halting_ = 0;  // runs that failed of what would fail every other
  std::string halts_by_;       // the words of the last of them
};

}  // namespace pawl
