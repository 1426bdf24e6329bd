// Why an unfinished rollout stands still, in words, and what a person can do about it.
#pragma once

#include <string>

#include "engine/rollout.h"
#include "storage/sqlite.h"

namespace pawl {

struct Admission;

struct Standstill {
  std::string why;         ///< "wave mid waits for approval"; empty: it moves, or has ended
  std::string what_to_do;  ///< "`pawl approve fleet-1 mid`"; empty: only time, or a driver, helps
  /// Nothing of it can move but by time or a person: where it is stored as running, it is shown as
  /// `waiting`.
  bool waiting = false;
  bool for_good = false;  ///< no driver helps either
  bool operator==(const Standstill&) const = default;
};

/// Of a rollout with this id that waits. Pure.
Standstill standstill_of(const Waiting& waiting, const RolloutRules& rules,
                         const std::string& rollout);
/// Of a rollout as it is stored. Pure.
Standstill standstill_of(const Admission& admission, const std::string& rollout);
/// Of a rollout of the store. Fault::store when it cannot be read.
Result<Standstill> standstill_of(Database& database, const std::string& rollout, CloudInstant now);

/// "wave mid waits for approval: `pawl approve fleet-1 mid`"; empty where `why` is.
std::string words_of(const Standstill& still);
/// "`pawl approve fleet-1 mid`, then `pawl resume fleet-1`": how a rollout that nothing drives goes
/// on. `rollout` may be empty: any.
std::string way_on(const Standstill& still, const std::string& rollout);

/// The commands that decide a run of `rollout` that failed or needs an operator.
std::string how_to_decide(const std::string& rollout, const Run& run);

}  // namespace pawl
