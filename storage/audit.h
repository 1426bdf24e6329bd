// What a store tells a reader: rollouts, runs and the audit history. Needs no lock and blocks no
// driver; works the same beside one and without one.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/journal.h"
#include "storage/driver_lock.h"
#include "storage/sqlite.h"
#include "storage/stored_entry.h"

namespace pawl {

/// How many runs are in one state.
struct StateCount {
  std::string state;
  std::int64_t count = 0;
};

/// Adds to the count of `state`, which may be there or not.
void add_count(std::vector<StateCount>& counts, const std::string& state, std::int64_t count);

struct RolloutSummary {
  RolloutRecord record;
  std::string state;       ///< as the engine's RolloutState has it
  std::string waiting;     ///< awaiting_approval or soaking where its current wave is
  std::string state_data;  ///< JSON: the whole stored state of the rollout
  Instant updated{};       ///< of the last entry about it, its waves or its runs
  std::optional<Instant> finished;
  std::vector<StateCount> counts;
  std::string failed_of;    ///< the rollout whose failed runs it took up; mostly empty
  std::string followed_by;  ///< the one that took up its own
  std::int64_t open_obligations = 0;
};

enum class RunCounts : std::uint8_t { left_out, taken };

struct WaveView {
  std::int32_t position = 0;
  std::string name, state;
  std::int64_t total = 0;
  std::vector<StateCount> counts;
};

struct RunView {
  std::string rollout;
  RunRecord record;
  std::string wave_name;
  std::string word;   ///< the state in a word, as entries spell it
  std::string phase;  ///< the same
  std::string state;  ///< JSON, as encode_run wrote it
  Instant updated{};
};

struct RolloutView {
  RolloutSummary summary;
  std::vector<WaveView> waves;  ///< by position
  std::vector<RunView> runs;    ///< by run number
};

/// Empty texts and absent values filter nothing.
struct HistoryFilter {
  /// Of `rollout`, and about one of `runs`, are also the refusals of levers that were pulled on it,
  /// or on one of them.
  std::string rollout, instance, event, actor, state;  ///< instance: an id or a name
  std::vector<std::int64_t> runs{};
  std::optional<Instant> since, until;  ///< since <= at < until
  std::int64_t after = 0;               ///< seq > after, or < after if reverse
  std::optional<std::int64_t> limit;
  bool reverse = false;  ///< newest first
};

/// The driver's last sign of life.
struct DriverSign {
  Holder holder;
  Instant alive_at{};
  std::int64_t calls = 0;
  std::string rollout{};  ///< that it drove then; empty: an older pawl did not say
};

class AuditReader final {
 public:
  /// `database` outlives this.
  explicit AuditReader(Database& database) : database_(database) {}

  /// By the time of their start.
  Result<std::vector<RolloutSummary>> rollouts();
  /// One of them. Its runs are only counted where that is asked for: a fleet takes a while. An
  /// unknown id is Fault::usage.
  Result<RolloutSummary> summary(const std::string& id, RunCounts counts);
  /// All of one moment. An unknown id is Fault::usage.
  Result<RolloutView> rollout(const std::string& id);
  /// Its runs in one of `phases`, or in `state`, by run number.
  Result<std::vector<RunView>> runs_in(const std::string& id, std::string_view state,
                                       std::span<const std::string_view> phases);
  /// What it was started with. An unknown id is Fault::usage.
  Result<RolloutRecord> plan_of(const std::string& id);
  /// Runs of the instance with this id or name, newest rollout first; `rollout` may be empty. An
  /// instance that an upgrade made is found by its id too.
  Result<std::vector<RunView>> runs_of(const std::string& instance, const std::string& rollout);

  /// Ids of the rollouts that are not finished, by the time of their start.
  Result<std::vector<std::string>> unfinished();
  /// The unfinished rollout that the instance with this id belongs to.
  Result<std::optional<std::string>> unfinished_with(const std::string& instance_id);
  /// The newest rollout of a plan's name.
  Result<std::optional<RolloutSummary>> latest_of(const std::string& plan_name);
  /// Of the finished ones of a plan's name the newest that was started with these bytes.
  Result<std::optional<std::string>> ended_with(const std::string& plan_name,
                                                const std::string& plan);
  /// Those that took up what did not succeed in it, the oldest first.
  Result<std::vector<std::string>> followers_of(const std::string& id);
  Result<std::int64_t> next_number(const std::string& plan_name);
  Result<std::int64_t> next_run();

  /// Calls `row` for each entry that passes and is there now, until it returns false. No moment of
  /// the store is held meanwhile: `row` may take its time.
  Outcome history(const HistoryFilter& filter, const std::function<bool(const StoredEntry&)>& row);
  /// The last entry about the store as a whole that bears `event`.
  Result<std::optional<StoredEntry>> last_of_store(std::string_view event);
  Result<std::optional<DriverSign>> driver();
  /// When a driver last wrote about a run by itself.
  Result<std::optional<Instant>> last_moved();
  /// The seq of the last entry, 0 before the first.
  Result<std::int64_t> head_seq();

 private:
  Outcome add_counts(RolloutSummary& summary, std::vector<WaveView>* waves);
  Outcome add_links(RolloutSummary& summary);
  Outcome add_beside(RolloutSummary& summary, std::vector<WaveView>* waves);

  Database& database_;
  std::optional<Statement> unfinished_with_;  ///< asked for each instance of a fleet
};

}  // namespace pawl
