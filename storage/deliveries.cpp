#include "storage/deliveries.h"

#include <fmt/core.h>

namespace pawl {

namespace {

/// Conditions with the parameters rollout, after, and one for each event.
std::string to_tell(std::size_t events) {
  std::string marks = "?3";
  for (std::size_t i = 1; i < events; ++i)
    marks += fmt::format(", ?{}", i + 3);
  return fmt::format(
      " WHERE e.seq > ?2 AND e.rollout IN ('', ?1) AND e.event IN ({}) AND e.seq <= coalesce("
      "(SELECT last_seq FROM rollouts WHERE id = ?1 AND state IN ('finished', 'cancelled')), "
      "e.seq)",
      marks);
}

}  // namespace

Result<std::vector<std::int64_t>> delivered(Database& database, const std::string& rollout,
                                            std::size_t count) {
  Transaction transaction(database);
  if (Outcome begun = transaction.begin_write(); !begun) return begun.error();
  Result<Statement> insert = database.prepare(
      "INSERT OR IGNORE INTO deliveries(rollout, webhook, seq) SELECT key, ?2, coalesce((SELECT "
      "min(seq) FROM entries WHERE rollout = ?1), 1) - 1 FROM rollouts WHERE id = ?1");
  if (!insert) return insert.error();
  for (std::size_t webhook = 0; webhook < count; ++webhook) {
    Outcome put = insert->run(rollout, static_cast<std::int64_t>(webhook));
    if (!put) return put.error();
  }
  std::vector<std::int64_t> found;
  Outcome read = database.each(
      "SELECT d.seq FROM deliveries d JOIN rollouts r ON r.key = d.rollout WHERE r.id = ?1 "
      "ORDER BY d.webhook",
      [&](const Statement& row) { found.push_back(row.integer(0)); }, rollout);
  if (!read) return read.error();
  if (Outcome committed = transaction.commit(); !committed) return committed.error();
  return found;
}

Outcome note_delivered(Database& database, const std::string& rollout, std::size_t webhook,
                       std::int64_t seq) {
  Transaction transaction(database);
  if (Outcome begun = transaction.begin_write(); !begun) return begun;
  Result<Statement> update = database.prepare(
      "UPDATE deliveries SET seq = ?3 WHERE rollout = (SELECT key FROM rollouts WHERE id = ?1) AND "
      "webhook = ?2");
  if (!update) return update.error();
  Outcome noted = update->run(rollout, static_cast<std::int64_t>(webhook), seq);
  if (!noted) return noted;
  return transaction.commit();
}

Result<std::optional<StoredEntry>> next_to_tell(Database& database, const std::string& rollout,
                                                std::int64_t after,
                                                std::span<const std::string> events) {
  Result<Statement> rows = database.prepare(
      fmt::format("{}{} ORDER BY e.seq LIMIT 1", select_stored_entries, to_tell(events.size())));
  if (!rows) return rows.error();
  const Result<bool> row = rows->bind(rollout, after, events).step();
  if (!row) return row.error();
  if (!*row) return std::optional<StoredEntry>();
  StoredEntry entry;
  if (Outcome read = read_stored_entry(*rows, entry); !read) return read.error();
  return std::optional(std::move(entry));
}

Result<std::int64_t> count_to_tell(Database& database, const std::string& rollout,
                                   std::int64_t after, std::span<const std::string> events) {
  return database.integer("SELECT count(*) FROM entries e" + to_tell(events.size()), rollout, after,
                          events);
}

Result<std::vector<std::string>> rollouts_to_tell_of(Database& database) {
  return database.texts(
      "SELECT DISTINCT r.id FROM rollouts r JOIN deliveries d ON d.rollout = r.key "
      "WHERE r.state IN ('finished', 'cancelled') AND d.seq < r.last_seq ORDER BY r.started, r.id");
}

}  // namespace pawl
