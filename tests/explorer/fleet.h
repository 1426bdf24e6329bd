// The second model: three runs in two waves, with a budget. Time stands still, and a run's cloud
// says in a word what becomes of it; what is explored is who may start when, whatever becomes of
// the others, whatever persons ask, and whenever the driver dies.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/event.h"
#include "engine/rollout.h"
#include "engine/workflow.h"
#include "tests/explorer/chooser.h"

namespace pawl::explorer {

inline constexpr std::size_t runs_in_fleet = 3, waves_in_fleet = 2;

/// What remains the same in one exploration.
struct FleetPlan {
  std::string name;
  std::array<std::int32_t, runs_in_fleet> wave{};  ///< of each run
  std::uint32_t spread = 0;                        ///< of the runs of the second wave
  RolloutRules rules;
};

/// What may still happen besides what is free: detours of the runs, crashes, levers. Free is what
/// a run comes to in the end, and what a person has to do so that the rollout can end.
struct FleetMischief {
  int faults = 0, crashes = 0, levers = 0;
};

struct Fleet {
  struct Member {
    Run run;        ///< as the driver's memory has it
    Run committed;  ///< as the store has it
    Effect effect = Finish{};
  };
  /// What persons have asked and got, by which the laws are judged.
  struct Asked {
    bool paused = false, frozen = false, cancelled = false, denied = false;
    std::array<bool, waves_in_fleet> approved{};
  };

  const FleetPlan* plan = nullptr;
  const Workflow* workflow = nullptr;
  std::array<Member, runs_in_fleet> members;
  Rollout rollout;  ///< as the driver's memory has it: told of every move since it was taken up
  Asked asked;
  FleetMischief left;

  bool over() const { return ended(rollout.state()); }
  bool still() const { return over(); }
};

/// Counts against the budget.
bool is_charged(const Run& run);

/// A rollout that has just been started.
Fleet begin_fleet(const FleetPlan& plan, const Workflow& workflow, FleetMischief mischief);
/// Every two fleets with the same key go on alike.
std::string key_of(const Fleet& fleet);
/// One step of `fleet`; the law that it broke, if it did.
std::optional<std::string> step(Fleet& fleet, Chooser& chooser, Story* story);

/// The rollout as a driver that takes it up now has it, everything parked that waits.
Rollout rollout_taken_up(const Fleet& fleet);
/// When such a run waits at a gate other than the leave to send.
std::optional<Gate> parked_at(const Fleet::Member& member);
/// The one moment at which everything happens, or the one after every soak.
Present fleet_time(bool after_soaks = false);

}  // namespace pawl::explorer
