#include "storage/audit.h"

#include <fmt/core.h>

#include <utility>

#include "storage/lineage.h"
#include "storage/obligations.h"
#include "storage/rollout_row.h"

namespace pawl {
namespace {

/// SELECT of what read_summary() takes.
std::string summaries(std::string_view condition) {
  return fmt::format(
      "SELECT {}, r.state, e.state, e.at, "
      "(SELECT l.at FROM entries l WHERE l.rollout = r.id ORDER BY l.seq DESC LIMIT 1), "
      "(SELECT w.state FROM waves w WHERE w.rollout = r.key "
      " AND w.state IN ('awaiting_approval', 'soaking') LIMIT 1) "
      "FROM rollouts r LEFT JOIN entries e ON e.seq = r.last_seq {}",
      record_columns, condition);
}

constexpr std::string_view run_columns =
    "SELECT r.id, u.run, u.wave, u.instance_id, u.name, w.name, s.state, e.state, e.at, e.phase "
    "FROM runs u "
    "JOIN rollouts r ON r.key = u.rollout "
    "JOIN waves w ON w.rollout = u.rollout AND w.position = u.wave "
    "JOIN run_states s ON s.run = u.run LEFT JOIN entries e ON e.seq = s.last_seq ";

/// The entries of a rollout behind its end, and the one that ended it.
constexpr std::string_view followed_way =
    "WITH RECURSIVE way(seq) AS (SELECT last_seq FROM rollouts WHERE id = ?1 UNION ALL "
    "SELECT e.prior FROM way JOIN entries e ON e.seq = way.seq "
    "WHERE e.event = 'rollout_followed' AND e.prior < e.seq) ";

RunView read_run(const Statement& rows) {
  RunView view;
  view.rollout = rows.text(0);
  view.record = {rows.integer(1), rows.small_integer(2), std::string(rows.text(3)),
                 std::string(rows.text(4))};
  view.wave_name = rows.text(5);
  view.word = rows.text(6);
  view.state = rows.text(7);
  view.updated = rows.instant(8);
  view.phase = rows.text(9);
  return view;
}

RolloutSummary read_summary(const Statement& row) {
  RolloutSummary summary;
  summary.record = record_in(row);
  summary.state = row.text(after_record);
  summary.state_data = row.text(after_record + 1);
  summary.updated = row.instant(after_record + 3);
  summary.waiting = row.text(after_record + 4);
  if (summary.state == "finished" || summary.state == "cancelled")
    summary.finished = row.instant(after_record + 2);
  return summary;
}

/// What stands in its own row.
Result<RolloutSummary> summary_of(Database& database, const std::string& id) {
  std::optional<RolloutSummary> found;
  Outcome read = database.each(
      summaries("WHERE r.id = ?1"), [&](const Statement& row) { found = read_summary(row); }, id);
  if (!read) return read.error();
  if (!found) return no_rollout(database, id);
  return std::move(*found);
}

}  // namespace

void add_count(std::vector<StateCount>& counts, const std::string& state, std::int64_t count) {
  for (StateCount& known : counts) {
    if (known.state != state) continue;
    known.count += count;
    return;
  }
  counts.push_back({state, count});
}

Outcome AuditReader::add_counts(RolloutSummary& summary, std::vector<WaveView>* waves) {
  const auto take = [&](const Statement& row) {
    const auto wave = static_cast<std::size_t>(row.integer(0));
    const std::string state(row.text(1));
    add_count(summary.counts, state, row.integer(2));
    if (waves != nullptr && wave < waves->size())
      add_count((*waves)[wave].counts, state, row.integer(2));
  };
  return database_.each(
      "SELECT u.wave, s.state, count(*) FROM rollouts r JOIN runs u ON u.rollout = r.key "
      "JOIN run_states s ON s.run = u.run WHERE r.id = ?1 GROUP BY u.wave, s.state",
      take, summary.record.id);
}

/// The first entry of a rollout names the one before it; those after its end the one that follows.
Outcome AuditReader::add_links(RolloutSummary& summary) {
  const std::string& id = summary.record.id;
  Result<Statement> first = database_.prepare(
      "SELECT json_extract(data, '$.failed_of') FROM entries WHERE rollout = ?1 "
      "ORDER BY seq LIMIT 1");
  if (!first) return first.error();
  const Result<bool> row = first->bind(id).step();
  if (!row) return row.error();
  if (*row) summary.failed_of = first->text(0);
  first->reset();
  if (!summary.finished) return Done{};
  const auto take = [&](const Statement& entry) {
    if (entry.text(0) == "rollout_followed") {
      if (summary.followed_by.empty()) summary.followed_by = entry.text(2);
    } else {
      summary.finished = entry.instant(1);
    }
  };
  return database_.each(
      fmt::format("{} SELECT e.event, e.at, json_extract(e.data, '$.followed_by') FROM way "
                  "JOIN entries e ON e.seq = way.seq ORDER BY e.seq DESC",
                  followed_way),
      take, id);
}

/// All that does not stand in the rollout's own row.
Outcome AuditReader::add_beside(RolloutSummary& summary, std::vector<WaveView>* waves) {
  if (Outcome counted = add_counts(summary, waves); !counted) return counted;
  if (Outcome linked = add_links(summary); !linked) return linked;
  const auto open = open_obligations(database_, summary.record.id);
  if (!open) return open.error();
  summary.open_obligations = *open;
  return Done{};
}

Result<std::vector<RolloutSummary>> AuditReader::rollouts() {
  Transaction moment(database_);
  if (Outcome begun = moment.begin_read(); !begun) return begun.error();
  std::vector<RolloutSummary> found;
  Outcome read = database_.each(summaries("ORDER BY r.started, r.key"),
                                [&](const Statement& row) { found.push_back(read_summary(row)); });
  if (!read) return read.error();
  for (RolloutSummary& summary : found) {
    if (Outcome added = add_beside(summary, nullptr); !added) return added.error();
  }
  return found;
}

Result<RolloutSummary> AuditReader::summary(const std::string& id, RunCounts counts) {
  Transaction moment(database_);
  if (Outcome begun = moment.begin_read(); !begun) return begun.error();
  auto summary = summary_of(database_, id);
  if (!summary) return summary;
  if (counts == RunCounts::taken) {
    if (Outcome done = add_counts(*summary, nullptr); !done) return done.error();
  }
  if (Outcome linked = add_links(*summary); !linked) return linked.error();
  return summary;
}

Result<RolloutView> AuditReader::rollout(const std::string& id) {
  Transaction moment(database_);
  if (Outcome begun = moment.begin_read(); !begun) return begun.error();
  auto summary = summary_of(database_, id);
  if (!summary) return summary.error();
  RolloutView view{std::move(*summary), {}, {}};
  const auto take_wave = [&](const Statement& wave) {
    view.waves.push_back({wave.small_integer(0),
                          std::string(wave.text(1)),
                          std::string(wave.text(2)),
                          wave.integer(3),
                          {}});
  };
  Outcome read = database_.each(
      "SELECT w.position, w.name, w.state, w.total FROM waves w JOIN rollouts r "
      "ON r.key = w.rollout WHERE r.id = ?1 ORDER BY w.position",
      take_wave, id);
  if (!read) return read.error();
  read = database_.each(
      fmt::format("{} WHERE r.id = ?1 ORDER BY u.run", run_columns),
      [&](const Statement& run) { view.runs.push_back(read_run(run)); }, id);
  if (!read) return read.error();
  if (Outcome added = add_beside(view.summary, &view.waves); !added) return added.error();
  return view;
}

Result<std::vector<RunView>> AuditReader::runs_in(const std::string& id, std::string_view state,
                                                  std::span<const std::string_view> phases) {
  std::string marks;
  for (std::size_t i = 0; i < phases.size(); ++i)
    marks += fmt::format("{}?{}", i == 0 ? "" : ", ", i + 3);
  std::vector<RunView> found;
  Outcome read = database_.each(
      fmt::format("{} WHERE r.id = ?1 AND (s.state = ?2 OR e.phase IN ({})) ORDER BY u.run",
                  run_columns, marks),
      [&](const Statement& run) { found.push_back(read_run(run)); }, id, state, phases);
  if (!read) return read.error();
  return found;
}

Result<RolloutRecord> AuditReader::plan_of(const std::string& id) {
  auto summary = summary_of(database_, id);
  if (!summary) return summary.error();
  return std::move(summary->record);
}

Result<std::vector<RunView>> AuditReader::runs_of(const std::string& instance,
                                                  const std::string& rollout) {
  const auto find = [&](std::string_view condition) -> Result<std::vector<RunView>> {
    std::vector<RunView> found;
    Outcome read = database_.each(
        fmt::format("{} WHERE {} AND (?2 = '' OR r.id = ?2) ORDER BY r.started DESC, u.run",
                    run_columns, condition),
        [&](const Statement& run) { found.push_back(read_run(run)); }, instance, rollout);
    if (!read) return read.error();
    return found;
  };
  Result<std::vector<RunView>> found = find("(u.instance_id = ?1 OR u.name = ?1)");
  if (!found || !found->empty()) return found;
  return find(fmt::format("u.run IN ({})", select_makers));
}

Result<std::vector<std::string>> AuditReader::unfinished() {
  return database_.texts(
      "SELECT id FROM rollouts WHERE state NOT IN ('finished', 'cancelled') ORDER BY started, key");
}

Result<std::optional<std::string>> AuditReader::unfinished_with(const std::string& instance_id) {
  if (!unfinished_with_) {
    Result<Statement> prepared = database_.prepare(
        "SELECT r.id FROM runs u JOIN rollouts r ON r.key = u.rollout WHERE u.instance_id = ?1 AND "
        "r.state NOT IN ('finished', 'cancelled') LIMIT 1");
    if (!prepared) return prepared.error();
    unfinished_with_ = std::move(*prepared);
  }
  const Result<bool> row = unfinished_with_->bind(instance_id).step();
  if (!row) return row.error();
  std::optional<std::string> found;
  if (*row) found = unfinished_with_->text(0);
  unfinished_with_->reset();
  return found;
}

Result<std::optional<RolloutSummary>> AuditReader::latest_of(const std::string& plan_name) {
  std::optional<RolloutSummary> found;
  Outcome read = database_.each(
      summaries("WHERE r.plan_name = ?1 ORDER BY r.number DESC LIMIT 1"),
      [&](const Statement& row) { found = read_summary(row); }, plan_name);
  if (!read) return read.error();
  if (!found) return found;
  if (Outcome added = add_beside(*found, nullptr); !added) return added.error();
  return found;
}

Result<std::optional<std::string>> AuditReader::ended_with(const std::string& plan_name,
                                                           const std::string& plan) {
  Result<Statement> rows = database_.prepare(
      "SELECT id FROM rollouts WHERE plan_name = ?1 AND plan = ?2 AND "
      "state IN ('finished', 'cancelled') ORDER BY number DESC LIMIT 1");
  if (!rows) return rows.error();
  const Result<bool> row = rows->bind(plan_name, plan).step();
  if (!row) return row.error();
  return *row ? std::optional(std::string(rows->text(0))) : std::nullopt;
}

Result<std::vector<std::string>> AuditReader::followers_of(const std::string& id) {
  return database_.texts(
      fmt::format("{} SELECT json_extract(e.data, '$.followed_by') FROM way "
                  "JOIN entries e ON e.seq = way.seq WHERE e.event = 'rollout_followed' "
                  "ORDER BY e.seq",
                  followed_way),
      id);
}

Result<std::int64_t> AuditReader::next_number(const std::string& plan_name) {
  return database_.integer("SELECT coalesce(max(number), 0) + 1 FROM rollouts WHERE plan_name = ?1",
                           plan_name);
}

Result<std::int64_t> AuditReader::next_run() {
  return database_.integer("SELECT coalesce(max(run), 0) + 1 FROM runs");
}

Result<std::optional<DriverSign>> AuditReader::driver() {
  Result<Statement> rows =
      database_.prepare("SELECT pid, host, since, alive_at, calls, rollout FROM driver");
  if (!rows) return rows.error();
  const Result<bool> row = rows->step();
  if (!row) return row.error();
  if (!*row) return std::optional<DriverSign>();
  return std::optional(DriverSign{{rows->integer(0), std::string(rows->text(1)), rows->instant(2)},
                                  rows->instant(3),
                                  rows->integer(4),
                                  std::string(rows->text(5))});
}

/// A cancelled run may have been written by the lever's own process, and so may what it leaves.
Result<std::optional<Instant>> AuditReader::last_moved() {
  Result<Statement> rows = database_.prepare(
      "SELECT at FROM entries WHERE subject = 'run' AND actor = 'engine' "
      "AND event NOT IN ('instance_cancelled', 'obligation_opened') ORDER BY seq DESC LIMIT 1");
  if (!rows) return rows.error();
  const Result<bool> row = rows->step();
  if (!row) return row.error();
  return *row ? std::optional(rows->instant(0)) : std::nullopt;
}

Result<std::int64_t> AuditReader::head_seq() {
  return database_.integer("SELECT seq FROM head");
}

}  // namespace pawl
