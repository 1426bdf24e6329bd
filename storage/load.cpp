#include "storage/load.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstdint>
#include <utility>

#include "storage/levers.h"
#include "storage/rollout_row.h"

namespace pawl {
namespace {

WaveRecord wave_of(const Statement& row) {
  return {row.small_integer(0), std::string(row.text(1)), row.integer(2)};
}

RunRecord run_of(const Statement& row) {
  return {row.integer(0), row.small_integer(1), std::string(row.text(2)), std::string(row.text(3)),
          std::string(row.text(4))};
}

struct Found {
  RolloutRecord record;
  std::int64_t key = 0;
  std::int64_t last_seq = 0;
};

Result<Found> find_rollout(Database& database, const std::string& id) {
  Result<Statement> rows = database.prepare(
      fmt::format("SELECT {}, r.key, r.last_seq FROM rollouts r WHERE r.id = ?1", record_columns));
  if (!rows) return rows.error();
  const Result<bool> row = rows->bind(id).step();
  if (!row) return row.error();
  if (!*row) return no_rollout(database, id);
  return Found{record_in(*rows), rows->integer(after_record), rows->integer(after_record + 1)};
}

Result<std::string> state_at(Database& database, std::int64_t seq) {
  Result<Statement> rows = database.prepare("SELECT state FROM entries WHERE seq = ?1");
  if (!rows) return rows.error();
  const Result<bool> row = rows->bind(seq).step();
  if (!row) return row.error();
  return std::string(*row ? rows->text(0) : std::string_view());
}

/// What the latest upgrades of the whole store took, of those that tell.
Outcome load_durations(Database& database, std::vector<Duration>& took) {
  return database.each(
      "SELECT took FROM (SELECT json_extract(data, '$.took_ms') AS took FROM entries "
      "WHERE event = 'upgrade_succeeded' ORDER BY seq DESC LIMIT 512) "
      "WHERE took IS NOT NULL LIMIT 64",
      [&](const Statement& row) { took.push_back(Duration{row.integer(0)}); });
}

/// What was done between the check and those upgrades, backwards from their ends.
Outcome load_times_before(Database& database, std::vector<StepTime>& before) {
  return database.each(
      "WITH RECURSIVE way(seq) AS (SELECT seq FROM (SELECT seq FROM entries "
      "WHERE event = 'upgrade_succeeded' ORDER BY seq DESC LIMIT 64) "
      "UNION ALL SELECT p.prior FROM way JOIN entries p ON p.seq = way.seq "
      "WHERE p.prior > 0 AND p.prior < p.seq AND p.event <> 'precheck_passed') "
      "SELECT json_extract(p.state, '$.step'), json_extract(e.data, '$.took_ms') AS took FROM way "
      "JOIN entries e ON e.seq = way.seq JOIN entries p ON p.seq = e.prior "
      "WHERE e.event IN ('backup_completed', 'hook_passed') AND took IS NOT NULL",
      [&](const Statement& row) {
        before.push_back({row.integer(0), Duration{row.integer(1)}});
      });
}

}  // namespace

Result<StoredRollout> load_rollout(Database& database, const std::string& id) {
  Transaction moment(database);
  if (Outcome begun = moment.begin_read(); !begun) return begun.error();
  const Result<Found> rollout = find_rollout(database, id);
  if (!rollout) return rollout.error();
  const Result<std::string> state = state_at(database, rollout->last_seq);
  if (!state) return state.error();
  StoredRollout found{rollout->record, *state, {}, {}, false, {}};
  const Outcome waves = database.each(
      "SELECT w.position, w.name, w.total, e.state FROM waves w "
      "LEFT JOIN entries e ON e.seq = w.last_seq WHERE w.rollout = ?1 ORDER BY w.position",
      [&](const Statement& row) {
        found.waves.push_back({wave_of(row), std::string(row.text(3))});
      },
      rollout->key);
  if (!waves) return waves.error();
  const Outcome runs = database.each(
      "SELECT u.run, u.wave, u.instance_id, u.name, u.spread, e.state FROM runs u "
      "JOIN run_states s ON s.run = u.run LEFT JOIN entries e ON e.seq = s.last_seq "
      "WHERE u.rollout = ?1 ORDER BY u.run",
      [&](const Statement& row) {
        found.runs.push_back({run_of(row), std::string(row.text(5))});
      },
      rollout->key);
  if (!runs) return runs.error();
  const Result<bool> frozen = store_frozen(database);
  if (!frozen) return frozen.error();
  found.frozen = *frozen;
  if (Outcome took = load_durations(database, found.took); !took) return took.error();
  if (Outcome took = load_times_before(database, found.before); !took) return took.error();
  return found;
}

Result<NewRollout> load_frozen(Database& database, const std::string& id) {
  Transaction moment(database);
  if (Outcome begun = moment.begin_read(); !begun) return begun.error();
  const Result<Found> rollout = find_rollout(database, id);
  if (!rollout) return rollout.error();
  NewRollout found{rollout->record, {}, {}};
  const Outcome waves = database.each(
      "SELECT position, name, total FROM waves WHERE rollout = ?1 ORDER BY position",
      [&](const Statement& row) { found.waves.push_back(wave_of(row)); }, rollout->key);
  if (!waves) return waves.error();
  const Outcome runs = database.each(
      "SELECT run, wave, instance_id, name, spread FROM runs WHERE rollout = ?1 ORDER BY run",
      [&](const Statement& row) { found.runs.push_back(run_of(row)); }, rollout->key);
  if (!runs) return runs.error();
  return found;
}

}  // namespace pawl
