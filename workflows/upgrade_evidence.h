// Whose is it? The status does not say, and the history says it by an id that no answer of ours
// promised (cloud-api 1.9, traps 1 to 3; decisions 2 to 4).
#pragma once

#include <optional>

#include "engine/event.h"
#include "engine/run.h"
#include "workflows/cloud_api.h"
#include "workflows/cloud_requests.h"

namespace pawl {

enum class Ours : std::uint8_t { no, cannot_tell, yes };

/// Whether what began at `start` (whole seconds at the cloud) began after `intended`, the cloud's
/// clock at our intent. A time without an offset never tells.
Ours began_after(const cloud::CloudTime& start, const std::optional<CloudNow>& intended);

/// Whether the task that a status shows is the one of the run's intent. `seen` is the start of the
/// task that was shown before the intent, if any was.
Ours is_ours(const cloud::TaskStatus& task, const Run& run, FactKey seen);

/// No intent in the same second of the cloud's as a start already seen: the two could not be told
/// apart afterwards. False without a cloud's clock.
bool later_second(const cloud::CloudTime& start, const Event& event);

/// The entry in the history of upgrades that our upgrade made: not there before the intent, not
/// begun before it, and of our target and cutover as far as it says. An entry once recognised is
/// known by its id from then on. Null when there is none, or more than one.
const cloud::UpgradeReport* our_entry(const cloud::History<cloud::UpgradeReport>& history,
                                      const Run& run, cloud::Cutover cutover);

/// A success that moved the addresses away: the instance has been replaced (decision 7).
const cloud::UpgradeReport* replaced_by(const cloud::History<cloud::UpgradeReport>& history);

/// Remembers the entry that is ours, and the new instance where it names one.
void note_entry(Facts& facts, const cloud::UpgradeReport& entry);

/// How a task of ours ended, as far as anything has said so.
struct Claim {
  bool success = false;
  std::optional<CloudInstant> expires;
  std::string detail;
};
/// Keeps what a status that is certainly ours says, until the history has been read.
void note_claim(Facts& facts, const cloud::TaskStatus& task);
std::optional<Claim> claim_of(const Run& run);

/// The time, unless it is missing, cannot be read, or has no offset.
std::optional<CloudInstant> certain_time(const cloud::OptionalTime& time);

/// The run's frozen target. Aborts before there is one.
cloud::Version target_of(const Run& run);

}  // namespace pawl
