#include "storage/as_of.h"

#include <fmt/core.h>

#include <unordered_map>
#include <utility>

#include "storage/obligations.h"

namespace pawl {

namespace {

/// The last entry that is not later than `at`; 0 for none. No entry is earlier than the one before.
Result<std::int64_t> last_seq(Database& database, Instant at) {
  Result<std::int64_t> head = database.integer("SELECT seq FROM head");
  if (!head) return head;
  Result<Statement> entry = database.prepare("SELECT at FROM entries WHERE seq = ?1");
  if (!entry) return entry.error();
  std::int64_t not_later = 0, later = *head + 1;
  while (later - not_later > 1) {
    const std::int64_t middle = not_later + (later - not_later) / 2;
    const Result<bool> row = entry->bind(middle).step();
    if (!row) return row.error();
    (*row && entry->instant(0) <= at ? not_later : later) = middle;
    entry->reset();
  }
  return not_later;
}

/// Each subject's entries are linked backwards: from its last one to the first that is old enough.
constexpr std::string_view walk =
    "WITH RECURSIVE way(subject, seq) AS (SELECT {} UNION ALL "
    "SELECT way.subject, e.prior FROM way JOIN entries e ON e.seq = way.seq "
    "WHERE way.seq > ?2 AND e.prior < e.seq) "
    "SELECT way.subject, e.to_state, e.state, e.at, e.event, e.phase FROM way JOIN entries e "
    "ON e.seq = way.seq WHERE way.seq <= ?2";

std::string walk_from(std::string_view subjects) {
  return fmt::format(walk, subjects);
}

/// The rollout's own state; false when it had not started.
Result<bool> set_rollout(Database& database, RolloutSummary& summary, std::int64_t seq) {
  bool started = false;
  const auto take = [&](const Statement& row) {
    started = true;
    summary.state = row.text(1);
    summary.state_data = row.text(2);
    const bool over = summary.state == "finished" || summary.state == "cancelled";
    const bool followed = row.text(4) == "rollout_followed";
    if (!followed) summary.finished = over ? std::optional(row.instant(3)) : std::nullopt;
    if (!followed) summary.followed_by.clear();
  };
  Outcome read = database.each(walk_from("key, last_seq FROM rollouts WHERE id = ?1"), take,
                               summary.record.id, seq);
  if (!read) return read.error();
  if (!started) return false;
  if (!summary.followed_by.empty()) {  // by the last one of then
    Result<Statement> by = database.prepare(
        "SELECT json_extract(data, '$.followed_by') FROM entries WHERE rollout = ?1 AND seq <= ?2 "
        "AND event = 'rollout_followed' ORDER BY seq DESC LIMIT 1");
    if (!by) return by.error();
    const Result<bool> found = by->bind(summary.record.id, seq).step();
    if (!found) return found;
    if (*found) summary.followed_by = by->text(0);
  }
  Result<Statement> last = database.prepare(
      "SELECT at FROM entries WHERE rollout = ?1 AND seq <= ?2 ORDER BY seq DESC LIMIT 1");
  if (!last) return last.error();
  const Result<bool> row = last->bind(summary.record.id, seq).step();
  if (!row) return row;
  if (*row) summary.updated = last->instant(0);
  return true;
}

Outcome set_waves(Database& database, RolloutView& view, std::int64_t seq) {
  view.summary.waiting.clear();
  for (WaveView& wave : view.waves) {
    wave.state.clear();
    wave.counts.clear();
  }
  const auto take = [&](const Statement& row) {
    const auto position = static_cast<std::size_t>(row.integer(0));
    if (position >= view.waves.size()) return;
    std::string& state = view.waves[position].state;
    state = row.text(1);
    if (state == "awaiting_approval" || state == "soaking") view.summary.waiting = state;
  };
  return database.each(walk_from("w.position, w.last_seq FROM waves w "
                                 "JOIN rollouts r ON r.key = w.rollout WHERE r.id = ?1"),
                       take, view.summary.record.id, seq);
}

Outcome set_runs(Database& database, RolloutView& view, std::int64_t seq) {
  std::unordered_map<std::int64_t, RunView*> by_run;
  for (RunView& run : view.runs)
    by_run.emplace(run.record.run, &run);
  view.summary.counts.clear();
  const auto take = [&](const Statement& row) {
    const auto found = by_run.find(row.integer(0));
    if (found == by_run.end()) return;
    RunView& run = *found->second;
    run.word = row.text(1);
    run.state = row.text(2);
    run.updated = row.instant(3);
    run.phase = row.text(5);
    add_count(view.summary.counts, run.word, 1);
    const auto wave = static_cast<std::size_t>(run.record.wave);
    if (wave < view.waves.size()) add_count(view.waves[wave].counts, run.word, 1);
  };
  return database.each(walk_from("u.run, s.last_seq FROM runs u "
                                 "JOIN run_states s ON s.run = u.run "
                                 "JOIN rollouts r ON r.key = u.rollout WHERE r.id = ?1"),
                       take, view.summary.record.id, seq);
}

}  // namespace

Result<RolloutView> rollout_as_of(Database& database, const std::string& id, Instant at) {
  auto view = AuditReader(database).rollout(id);
  if (!view) return view;
  const Result<std::int64_t> seq = last_seq(database, at);
  if (!seq) return seq.error();
  const Result<bool> started = set_rollout(database, view->summary, *seq);
  if (!started) return started.error();
  if (!*started) {
    return Error{Fault::usage,
                 fmt::format("{} had not started at {}; it did at {}", id, format_utc(at),
                             format_utc(view->summary.record.started))};
  }
  if (Outcome set = set_waves(database, *view, *seq); !set) return set.error();
  if (Outcome set = set_runs(database, *view, *seq); !set) return set.error();
  const auto open = open_obligations_at(database, id, *seq);
  if (!open) return open.error();
  view->summary.open_obligations = *open;
  return view;
}

Result<std::string> latest_as_of(Database& database, Instant at) {
  Result<Statement> rows = database.prepare(
      "SELECT id FROM rollouts WHERE started <= ?1 ORDER BY started DESC, key DESC LIMIT 1");
  if (!rows) return rows.error();
  const Result<bool> row = rows->bind(at).step();
  if (!row) return row.error();
  if (*row) return std::string(rows->text(0));
  return Error{Fault::usage, fmt::format("no rollout of the store had started at {}; `pawl list` "
                                         "shows when they did",
                                         format_utc(at))};
}

}  // namespace pawl
