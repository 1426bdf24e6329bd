// The audit history with its filters, streamed.
#include <fmt/format.h>

#include <initializer_list>
#include <variant>

#include "storage/audit.h"

namespace pawl {
namespace {

using Value = std::variant<std::string, std::int64_t>;

/// A condition with its parameters; what filters nothing adds nothing, so that SQLite can choose
/// an index.
class Conditions {
 public:
  void add(std::string_view condition, std::initializer_list<Value> values) {
    text_ += text_.empty() ? " WHERE " : " AND ";
    text_ += condition;
    values_.insert(values_.end(), values);
  }
  const std::string& text() const { return text_; }
  void bind(Statement& statement) const {
    statement.reset();
    for (std::size_t i = 0; i < values_.size(); ++i) {
      std::visit([&](const auto& value) { statement.bind_at(static_cast<int>(i) + 1, value); },
                 values_[i]);
    }
  }

 private:
  std::string text_;
  std::vector<Value> values_;
};

/// The entries of a run are linked backwards by `prior`: no index by run, and no scan.
std::string entries_of(std::string_view runs) {
  return fmt::format(
      "e.seq IN (WITH RECURSIVE way(seq) AS (SELECT last_seq FROM run_states WHERE run IN ({}) "
      "UNION ALL SELECT p.prior FROM way JOIN entries p ON p.seq = way.seq "
      "WHERE p.prior > 0 AND p.prior < p.seq) SELECT seq FROM way)",
      runs);
}

Conditions conditions_of(const HistoryFilter& filter) {
  Conditions all;
  const auto milliseconds = [](Instant at) { return std::int64_t{at.time_since_epoch().count()}; };
  if (!filter.rollout.empty()) all.add("e.rollout = ?", {filter.rollout});
  if (!filter.instance.empty()) {
    all.add(entries_of("SELECT run FROM runs WHERE instance_id = ? UNION SELECT run FROM runs "
                       "WHERE name = ?"),
            {filter.instance, filter.instance});
  }
  if (!filter.runs.empty()) {
    all.add(entries_of(fmt::format("{}", fmt::join(filter.runs, ", "))), {});
  }
  if (!filter.event.empty()) all.add("e.event = ?", {filter.event});
  if (!filter.actor.empty()) all.add("e.actor = ?", {filter.actor});
  if (!filter.state.empty()) all.add("e.to_state = ?", {filter.state});
  if (filter.since) all.add("e.at >= ?", {milliseconds(*filter.since)});
  if (filter.until) all.add("e.at < ?", {milliseconds(*filter.until)});
  if (filter.after > 0) all.add(filter.reverse ? "e.seq < ?" : "e.seq > ?", {filter.after});
  return all;
}

}  // namespace

Outcome AuditReader::history(const HistoryFilter& filter,
                             const std::function<bool(const StoredEntry&)>& row) {
  const Conditions conditions = conditions_of(filter);
  Result<Statement> rows = database_.prepare(
      fmt::format("{}{} ORDER BY e.seq {} LIMIT {}", select_stored_entries, conditions.text(),
                  filter.reverse ? "DESC" : "ASC", filter.limit.value_or(-1)));
  if (!rows) return rows.error();
  conditions.bind(*rows);
  StoredEntry entry;
  while (true) {
    const Result<bool> found = rows->step();
    if (!found) return found.error();
    if (!*found) return Done{};
    if (Outcome read = read_stored_entry(*rows, entry); !read) return read;
    if (!row(entry)) return Done{};
  }
}

Result<std::optional<StoredEntry>> AuditReader::last_of_store(std::string_view event) {
  Result<Statement> rows = database_.prepare(
      fmt::format("{} WHERE e.rollout = '' AND e.event = ?1 ORDER BY e.seq DESC LIMIT 1",
                  select_stored_entries));
  if (!rows) return rows.error();
  const Result<bool> row = rows->bind(event).step();
  if (!row) return row.error();
  if (!*row) return std::optional<StoredEntry>{};
  StoredEntry entry;
  if (Outcome read = read_stored_entry(*rows, entry); !read) return read.error();
  return std::optional(std::move(entry));
}

}  // namespace pawl
