#include "storage/obligations.h"

#include <fmt/format.h>

#include "storage/stored_entry.h"

namespace pawl {

namespace {

StoredObligation read_obligation(const Statement& row) {
  StoredObligation found{row.integer(0),           std::string(row.text(1)),
                         row.integer(2),           std::string(row.text(3)),
                         std::string(row.text(4)), std::string(row.text(5)),
                         std::string(row.text(6)), row.instant(7)};
  if (row.integer(8) != 0) {
    found.closed = {row.instant(9), std::string(row.text(10)), std::string(row.text(11))};
  }
  return found;
}

std::string conditions_of(const ObligationFilter& filter) {
  std::string all = "(?1 = '' OR r.id = ?1) AND (?2 = '' OR o.kind = ?2)";
  if (!filter.closed_too) all += " AND o.closed = 0";
  if (!filter.numbers.empty())
    all += fmt::format(" AND o.seq IN ({})", fmt::join(filter.numbers, ", "));
  if (!filter.runs.empty()) all += fmt::format(" AND o.run IN ({})", fmt::join(filter.runs, ", "));
  return all;
}

}  // namespace

Outcome each_obligation(Database& database, const ObligationFilter& filter,
                        const std::function<bool(const StoredObligation&)>& take) {
  Result<Statement> rows = database.prepare(
      fmt::format("SELECT o.seq, r.id, o.run, u.instance_id, u.name, o.kind, "
                  "json_extract(e.data, '$.reason'), e.at, o.closed, c.at, c.actor, "
                  "json_extract(c.data, '$.reason') FROM obligations o "
                  "JOIN rollouts r ON r.key = o.rollout JOIN runs u ON u.run = o.run "
                  "JOIN entries e ON e.seq = o.seq LEFT JOIN entries c ON c.seq = o.closed "
                  "WHERE {} ORDER BY o.seq",
                  conditions_of(filter)));
  if (!rows) return rows.error();
  rows->bind(filter.rollout, filter.kind);
  while (true) {
    const Result<bool> row = rows->step();
    if (!row) return row.error();
    if (!*row || !take(read_obligation(*rows))) return Done{};
  }
}

Result<std::int64_t> open_obligations(Database& database, const std::string& rollout) {
  return database.integer(
      "SELECT count(*) FROM obligations WHERE closed = 0 AND rollout = "
      "(SELECT key FROM rollouts WHERE id = ?1)",
      rollout);
}

Result<std::int64_t> open_obligations_at(Database& database, const std::string& rollout,
                                         std::int64_t seq) {
  return database.integer(
      "SELECT count(*) FROM obligations WHERE seq <= ?2 AND (closed = 0 OR closed > ?2) "
      "AND rollout = (SELECT key FROM rollouts WHERE id = ?1)",
      rollout, seq);
}

Result<Entry> last_entry_of(Database& database, std::int64_t run) {
  Result<Statement> rows = database.prepare(fmt::format(
      "{} WHERE e.seq = (SELECT last_seq FROM run_states WHERE run = ?1)", select_stored_entries));
  if (!rows) return rows.error();
  const Result<bool> row = rows->bind(run).step();
  if (!row) return row.error();
  if (!*row) {
    return Error{Fault::store, fmt::format("the store {} has no entry of run {}; `pawl audit "
                                           "verify` tells more",
                                           database.path(), run)};
  }
  StoredEntry last;
  if (Outcome read = read_stored_entry(*rows, last); !read) return read.error();
  return std::move(last.entry);
}

}  // namespace pawl
