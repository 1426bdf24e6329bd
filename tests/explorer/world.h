// One run at the adversarial cloud: everything that the next step depends on, and the step itself.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/event.h"
#include "engine/rollout.h"
#include "engine/workflow.h"
#include "tests/explorer/chooser.h"
#include "tests/explorer/cloud.h"

namespace pawl::explorer {

// The plan's durations, so few ticks that every race between them is met.
inline constexpr Tick settle = 3, request_limit = 1, margin = 2;
inline constexpr Tick check_limit = 6, upgrade_limit = 6, verify_limit = 4;
/// A wait past which looks are old news, and one past which every report has expired.
inline constexpr Tick a_while = 100, very_long = 200'000;
inline constexpr Tick report_counts_for = 150'000, report_counts_briefly = 6;

/// What may still happen besides what is free. To lift a pause or a freeze is free.
struct Mischief {
  int faults = 0, crashes = 0, levers = 0;
};

/// The rollout of the run, as the store has it, and what persons have asked of it.
struct Office {
  RolloutState state = RolloutState::running;
  WaveState wave = WaveState::pending;
  bool frozen = false;
  // By these the laws are judged: no code of the product has a hand in them.
  bool paused = false, cancelled = false;
  int retries = 0;  ///< of an attempt that had failed
};

/// A submit that has not arrived yet; it does by `latest`, or never.
struct Travelling {
  bool upgrade = false;
  int attempt = 0;
  Tick sent = 0, latest = 0;
};

struct World {
  const Workflow* workflow = nullptr;
  bool cutover = true;  ///< the plan's
  std::size_t root = 0;
  Cloud cloud;
  Tick now = 0;
  Mischief mischief;
  Office office;

  Run run;                               ///< as the driver's memory has it
  std::shared_ptr<const Run> committed;  ///< as the store has it
  Effect effect = Finish{};
  bool intent_open = false;  ///< taken up with a submit that was on its way
  Tick wake = 0;             ///< of an Await
  Tick dated = -1'000'000;   ///< when this driver last had an answer with a Date
  std::optional<Travelling> travelling;
  int version_seen = 0;  ///< the instance's version as the run last read it

  bool over() const { return run.phase == Phase::over; }
  /// Nobody can decide about it any more either.
  bool still() const { return over() && (mischief.levers == 0 || ended(office.state)); }
};

/// Every two worlds with the same key go on alike: times count from now and from each other, and
/// what lies too far back to decide anything is only far back.
std::string key_of(const World& world);

/// One step of `world`; the law that it broke, if it did.
std::optional<std::string> step(World& world, Chooser& chooser, Story* story);

/// The world in which a run has just been enrolled; `listed`: by what a page of the list told.
World begin_world(const Workflow& workflow, bool cutover, bool listed, Conduct conduct,
                  Mischief mischief);

Tick tick_of(Instant at);
/// The cloud's clock as the driver knows it.
std::optional<CloudNow> cloud_now(const World& world);

}  // namespace pawl::explorer
