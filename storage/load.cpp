#include "storage/load.h"

#include <fmt/format.h>

#include <utility>

namespace pawl {
namespace {

Outcome load_waves(Database& database, std::int64_t key, std::vector<StoredWave>& waves) {
  Result<Statement> rows = database.prepare(
      "SELECT w.position, w.name, w.total, e.state FROM waves w "
      "LEFT JOIN entries e ON e.seq = w.last_seq WHERE w.rollout = ?1 ORDER BY w.position");
  if (!rows) return rows.error();
  rows->bind(key);
  while (true) {
    const Result<bool> row = rows->step();
    if (!row) return row.error();
    if (!*row) return Done{};
    waves.push_back({{rows->small_integer(0), std::string(rows->text(1)), rows->integer(2)},
                     std::string(rows->text(3))});
  }
}

Outcome load_runs(Database& database, std::int64_t key, std::vector<StoredRun>& runs) {
  Result<Statement> rows = database.prepare(
      "SELECT u.run, u.wave, u.instance_id, u.name, e.state FROM runs u "
      "JOIN run_states s ON s.run = u.run LEFT JOIN entries e ON e.seq = s.last_seq "
      "WHERE u.rollout = ?1 ORDER BY u.run");
  if (!rows) return rows.error();
  rows->bind(key);
  while (true) {
    const Result<bool> row = rows->step();
    if (!row) return row.error();
    if (!*row) return Done{};
    runs.push_back({{rows->integer(0), rows->small_integer(1), std::string(rows->text(2)),
                     std::string(rows->text(3))},
                    std::string(rows->text(4))});
  }
}

}  // namespace

Result<StoredRollout> load_rollout(Database& database, const std::string& id) {
  Transaction moment(database);
  if (Outcome begun = moment.begin_read(); !begun) return begun.error();
  Result<Statement> rows = database.prepare(
      "SELECT r.key, r.id, r.plan_name, r.number, r.plan, r.plan_path, r.endpoint, r.project_id, "
      "r.workflow, r.started, e.state FROM rollouts r LEFT JOIN entries e ON e.seq = r.last_seq "
      "WHERE r.id = ?1");
  if (!rows) return rows.error();
  const Result<bool> row = rows->bind(id).step();
  if (!row) return row.error();
  if (!*row) {
    return Error{Fault::usage, fmt::format("the store {} has no rollout \"{}\"; `pawl list` shows "
                                           "those it has.",
                                           database.path(), id)};
  }
  StoredRollout found;
  found.record = {
      std::string(rows->text(1)), std::string(rows->text(2)), rows->integer(3),
      std::string(rows->text(4)), std::string(rows->text(5)), std::string(rows->text(6)),
      std::string(rows->text(7)), std::string(rows->text(8)), rows->instant(9)};
  found.state = rows->text(10);
  const std::int64_t key = rows->integer(0);
  rows->reset();
  if (Outcome waves = load_waves(database, key, found.waves); !waves) return waves.error();
  if (Outcome runs = load_runs(database, key, found.runs); !runs) return runs.error();
  return found;
}

}  // namespace pawl
