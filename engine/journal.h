// The seam to the store: what the engine asks to be remembered. Everything here is text and plain
// values, so that a store needs to know neither a workflow nor the decisions' types.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/lever.h"
#include "engine/result.h"
#include "engine/time.h"

namespace pawl {

/// What an entry is about, and so whose stored state it replaces.
enum class Subject : std::uint8_t { store, rollout, wave, run };

/// One event with its decision. `seq`, `prev_hash` and `hash` are given by the store.
struct Entry {
  Instant at{};
  Subject subject = Subject::store;
  std::string rollout;         ///< its id; empty for Subject::store
  std::int32_t wave = -1;      ///< position of the wave, -1 when none is concerned
  std::int64_t run = 0;        ///< the run's number, 0 when none is concerned
  std::string instance_id;     ///< empty when none is concerned
  std::string event;           ///< the audit event's name, as contract.md spells it
  std::string from, to;        ///< the subject's state in words before and after; may be equal
  std::string phase;           ///< the run's phase after; empty when it has none
  std::string actor;           ///< "engine" or user@host
  std::int32_t attempt = 0;    ///< of the step concerned; 0 when none is
  std::string data;            ///< a JSON object: reason, evidence, the events that led here
  std::string state;           ///< a JSON object: the subject's whole state after
  std::string engine_version;  ///< of the code that decided
  bool operator==(const Entry&) const = default;
};

/// A rollout as it is frozen at its start; never changed afterwards.
struct RolloutRecord {
  std::string id;  ///< "<plan name>-<n>"
  std::string plan_name;
  std::int64_t number = 0;  ///< n, counting from 1 per plan name in one store
  std::string plan;         ///< the plan file, byte for byte
  std::string plan_path;    ///< absolute, as it was when the rollout started
  std::string endpoint, project_id, workflow;
  Instant started{};
  bool operator==(const RolloutRecord&) const = default;
};

struct WaveRecord {
  std::int32_t position = 0;
  std::string name;
  std::int64_t total = 0;  ///< members, frozen at the start
  bool operator==(const WaveRecord&) const = default;
};

/// A run as it is frozen at its start. Its state comes with the entry that enrols it.
struct RunRecord {
  std::int64_t run = 0;  ///< unique in the store, > 0
  std::int32_t wave = 0;
  std::string instance_id, name;
  std::string spread{};  ///< value of the tag that its wave spreads by; empty: none
  bool operator==(const RunRecord&) const = default;
};

struct NewRollout {
  RolloutRecord rollout;
  std::vector<WaveRecord> waves;
  std::vector<RunRecord> runs;
};

/// The part of a bucket of calls that the driver may spend before it must ask the store again; a
/// crash forfeits what is left of it. Unchained: calls are not history.
struct QuotaLease {
  std::string account;  ///< endpoint and project whose calls are counted
  double level = 0;     ///< calls left in the bucket once the whole lease is spent, >= 0
  Instant at{};
  std::uint32_t slowed_to = 0;  ///< calls a minute since the cloud throttled; 0: as configured
  Instant quiet_until{};        ///< until when it asked for no call at all
  bool operator==(const QuotaLease&) const = default;
};

/// The driver's sign of life, at most every ten seconds; unchained.
struct Pulse {
  Instant at{};
  std::int64_t calls = 0;  ///< sent by this driver since it started
  std::string rollout{};   ///< that it drives
  bool operator==(const Pulse&) const = default;
};

/// All that one turn of the loop wants remembered: all of it, or none.
struct Batch {
  const NewRollout* created = nullptr;
  std::span<const Entry> entries;
  const QuotaLease* lease = nullptr;
  const Pulse* pulse = nullptr;
  std::span<const std::int64_t> pulled{};  ///< levers that these entries have answered
};

/// The last entry's state of each subject of a rollout, as the driver needs it to go on.
struct StoredRun {
  RunRecord record;
  std::string state;  ///< JSON, of the run's last entry
};
struct StoredWave {
  WaveRecord record;
  std::string state;  ///< JSON; empty when no entry concerned it yet
};
/// How long a step took that passed, from its acceptance.
struct StepTime {
  std::int64_t step = 0;
  Duration took{};
  bool operator==(const StepTime&) const = default;
};
struct StoredRollout {
  RolloutRecord record;
  std::string state;               ///< JSON
  std::vector<StoredWave> waves;   ///< by position
  std::vector<StoredRun> runs;     ///< by run number
  bool frozen = false;             ///< the whole store is
  std::vector<Duration> took{};    ///< latest upgrades of the store, from acceptance to success
  std::vector<StepTime> before{};  ///< the steps before those upgrades that are not the check
};

/// Append-only memory of a driver. After a failed commit the tail of the store is unknown: the
/// caller acts on nothing and ends. Errors are Fault::store, save where another is named.
class Journal {
 public:
  Journal() = default;
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;
  virtual ~Journal() = default;

  /// Begins the transaction that the next commit ends, so that no lever comes in between; the
  /// levers of `rollout` and of the whole store that nobody has answered yet, oldest first.
  virtual Result<std::vector<Lever>> begin(const std::string& rollout) = 0;
  /// Ends what was begun where nothing is to be written.
  virtual void abandon() = 0;
  /// Whether `begin` would find a lever. Cheap: asked many times a second.
  virtual Result<bool> levers_wait(const std::string& rollout) = 0;
  /// Makes the batch durable before it returns, in one transaction: the one that was begun, else
  /// its own.
  virtual Outcome commit(const Batch& batch) = 0;
  /// Everything needed to drive rollout `id` on. An unknown id is Fault::usage.
  virtual Result<StoredRollout> load(const std::string& id) = 0;
  /// The bucket's last lease of `account`, if there ever was one.
  virtual Result<std::optional<QuotaLease>> lease(const std::string& account) = 0;
};

}  // namespace pawl
