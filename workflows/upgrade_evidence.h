// Whose is it? The status does not say, and the history says it by an id that no answer of ours
// promised (cloud-api 1.9, traps 1 to 3; decisions 2 to 4).
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "engine/event.h"
#include "engine/run.h"
#include "workflows/cloud_api.h"
#include "workflows/cloud_requests.h"

namespace pawl {

enum class Ours : std::uint8_t { no, cannot_tell, yes };

/// Whether what began at `start` (whole seconds at the cloud) began after `intended`, the cloud's
/// clock at our intent. A time without an offset never tells.
Ours began_after(const cloud::CloudTime& start, const std::optional<CloudNow>& intended);

/// Whether the task that a status shows is the one of the run's intent, or the one that the run has
/// adopted. A start that was shown before the intent already is not.
Ours is_ours(const cloud::TaskStatus& status, const Run& run, cloud::Task task);

/// No intent in the same second of the cloud's as a start already seen: the two could not be told
/// apart afterwards. False without a cloud's clock. A start without an offset lies nowhere on that
/// clock, so there is nothing to wait for: only the history tells such tasks apart.
bool later_second(const cloud::CloudTime& start, const Event& event);

/// The reports that may be of the run's check whatever their ids: by the target and a start that is
/// the adopted check's, or is not known to be before our intent.
std::vector<const cloud::InspectionReport*> possible_reports(
    const cloud::History<cloud::InspectionReport>& history, const Run& run);

/// The report of the run's check: by its id where one was promised, else the newest of the possible
/// ones, which tell the same about the instance.
const cloud::InspectionReport* our_report(const cloud::History<cloud::InspectionReport>& history,
                                          const Run& run);

/// What a history of upgrades has of a run's upgrade.
struct UpgradeTrace {
  /// Not there before the intent, not begun before it, of our target and cutover as far as it says,
  /// and the one with the job's id, else the one that was recognised before, else the only such
  /// entry. One that has come to contradict what was asked for is not ours after all.
  const cloud::UpgradeReport* ours = nullptr;
  bool by_job =
      false;  ///< `ours` has the job's id, which is nowhere promised (trap 3) but proves it
  bool alone = false;  ///< `ours` is only that: the one entry that may be ours
  /// An entry that could as well be ours, and is not `ours`.
  const cloud::UpgradeReport* rival = nullptr;
  /// An entry that could be ours by its start at least, and is not `ours`.
  const cloud::UpgradeReport* begun_since = nullptr;
  /// Any entry that was not there before the intent and is not `ours`.
  const cloud::UpgradeReport* unseen = nullptr;
};
UpgradeTrace trace_of(const cloud::History<cloud::UpgradeReport>& history, const Run& run,
                      cloud::Cutover cutover);

/// What is sent lands or dies within `settle` after its sender has gone or was answered, so what
/// began after that is another's, though nothing else tells it from ours. False where the cloud
/// has told no such time.
bool began_too_late(const cloud::UpgradeReport& entry, const Run& run, Duration settle);

/// An upgrade was sent in this attempt, and that it left no trace was found, not proven: what was
/// not there before the first one may be it.
bool may_still_show(const Run& run);

/// How many upgrades were sent in this attempt and not certainly refused, besides the one whose
/// gate is asked. (What somebody else began is followed without an intent.)
int sent_beside(const Run& run);

/// The entry was there before the attempt's first upgrade was sent, or tells of another instance.
bool was_there_before(const cloud::UpgradeReport& entry, const Run& run);

/// Where an upgrade may still show: the first entry that was not there before it was sent, and is
/// not `besides`. Nobody but a person can tell whether it is that one.
const cloud::UpgradeReport* late_entry(const cloud::History<cloud::UpgradeReport>& history,
                                       const Run& run,
                                       const cloud::UpgradeReport* besides = nullptr);

/// The page holds every entry that there is.
template <typename T>
bool complete(const cloud::History<T>& history) {
  return history.unreadable.empty() && std::cmp_equal(history.total_count, history.entries.size());
}

/// The entry tells how `instance_id` itself came to be, as the history of a new instance may.
bool made_it(const cloud::UpgradeReport& entry, const std::string& instance_id);

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
