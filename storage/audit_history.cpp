// The audit history with its filters, streamed.
#include <fmt/format.h>

#include <algorithm>
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

/// The refusals of levers, which are the store's entries, and of them alone: each names its lever,
/// and the lever what it was pulled on. `levers` selects their numbers by one parameter.
std::string refusals_of(std::string_view levers) {
  return fmt::format(
      "SELECT x.seq FROM entries x WHERE x.rollout = '' AND x.event = 'lever_refused' AND "
      "CASE WHEN json_valid(x.data) THEN CAST(json_extract(x.data, '$.lever') AS INTEGER) END "
      "IN ({})",
      levers);
}

/// What a filter passes besides what is about its rollout and its runs: by their seq.
struct Refused {
  std::string of_rollout, of_runs;
};

Result<Refused> refused_of(Database& database, const HistoryFilter& filter) {
  const auto list = [&database](const std::string& sql,
                                const std::string& value) -> Result<std::string> {
    auto rows = database.prepare(
        fmt::format("SELECT coalesce(group_concat(seq, ', '), '') FROM ({})", sql));
    if (!rows) return rows.error();
    const Result<bool> row = rows->bind(value).step();
    if (!row) return row.error();
    return std::string(rows->text(0));
  };
  Refused refused;
  if (!filter.rollout.empty()) {
    auto seqs = list(refusals_of("SELECT id FROM levers WHERE rollout = ?1"), filter.rollout);
    if (!seqs) return seqs.error();
    refused.of_rollout = std::move(*seqs);
  }
  if (!filter.runs.empty()) {
    auto seqs = list(
        refusals_of(fmt::format("SELECT l.id FROM runs u JOIN rollouts r ON r.key = u.rollout "
                                "JOIN levers l ON l.rollout = r.id AND l.target = u.instance_id "
                                "WHERE u.run IN ({}) AND ?1 = ''",
                                fmt::join(filter.runs, ", "))),
        "");
    if (!seqs) return seqs.error();
    refused.of_runs = std::move(*seqs);
  }
  return refused;
}

/// `condition`, or one of `seqs`: where there are none, SQLite goes by an index alone.
std::string or_one_of(const std::string& condition, const std::string& seqs) {
  return seqs.empty() ? condition : fmt::format("({} OR e.seq IN ({}))", condition, seqs);
}

Conditions conditions_of(const HistoryFilter& filter, const Refused& refused) {
  Conditions all;
  const auto milliseconds = [](Instant at) { return std::int64_t{at.time_since_epoch().count()}; };
  if (!filter.rollout.empty()) {
    all.add(or_one_of("e.rollout = ?", refused.of_rollout), {filter.rollout});
  }
  if (!filter.instance.empty()) {
    all.add(entries_of("SELECT run FROM runs WHERE instance_id = ? UNION SELECT run FROM runs "
                       "WHERE name = ?"),
            {filter.instance, filter.instance});
  }
  if (!filter.runs.empty()) {
    all.add(or_one_of(entries_of(fmt::format("{}", fmt::join(filter.runs, ", "))), refused.of_runs),
            {});
  }
  if (!filter.event.empty()) all.add("e.event = ?", {filter.event});
  if (!filter.actor.empty()) all.add("e.actor = ?", {filter.actor});
  if (!filter.state.empty()) all.add("e.to_state = ?", {filter.state});
  if (filter.since) all.add("e.at >= ?", {milliseconds(*filter.since)});
  if (filter.until) all.add("e.at < ?", {milliseconds(*filter.until)});
  if (filter.after > 0) all.add(filter.reverse ? "e.seq < ?" : "e.seq > ?", {filter.after});
  return all;
}

// Whoever takes an entry may wait as long as a pager is left open. A statement that waited with it
// would keep the driver's log from being copied into the file, and the log would grow all the time.
// So entries are read by the page, and handed out when the store is let go.
constexpr std::int64_t page_entries = 1'000;
constexpr std::size_t page_bytes_max = std::size_t{4} << 20U;

struct Page {
  std::vector<StoredEntry> entries;  ///< the first `used` of them; the rest is room to read into
  std::size_t used = 0;
};

/// The next entries that pass, none of them after `last`; whether there may be more.
Result<bool> read_page(Database& database, const HistoryFilter& filter, const Refused& refused,
                       std::int64_t last, Page& page) {
  Conditions conditions = conditions_of(filter, refused);
  conditions.add("+e.seq <= ?", {last});  // the sign: no way to look for them
  const std::int64_t most = std::min(filter.limit.value_or(page_entries), page_entries);
  Result<Statement> rows =
      database.prepare(fmt::format("{}{} ORDER BY e.seq {} LIMIT {}", select_stored_entries,
                                   conditions.text(), filter.reverse ? "DESC" : "ASC", most));
  if (!rows) return rows.error();
  conditions.bind(*rows);
  page.used = 0;
  for (std::size_t bytes = 0; bytes < page_bytes_max;) {
    const Result<bool> found = rows->step();
    if (!found) return found.error();
    if (!*found) return page.used == static_cast<std::size_t>(page_entries);
    if (page.used == page.entries.size()) page.entries.emplace_back();
    StoredEntry& entry = page.entries[page.used];
    if (Outcome read = read_stored_entry(*rows, entry); !read) return read.error();
    bytes += entry.entry.data.size() + entry.entry.state.size();
    ++page.used;
  }
  return true;
}

}  // namespace

Outcome AuditReader::history(const HistoryFilter& filter,
                             const std::function<bool(const StoredEntry&)>& row) {
  const auto last = database_.integer("SELECT coalesce(max(seq), 0) FROM entries");
  if (!last) return last.error();
  const auto refused = refused_of(database_, filter);
  if (!refused) return refused.error();
  HistoryFilter rest = filter;
  Page page;
  for (bool more = true; more;) {
    const Result<bool> read = read_page(database_, rest, *refused, *last, page);
    if (!read) return read.error();
    more = *read;
    for (std::size_t i = 0; i < page.used; ++i) {
      if (!row(page.entries[i])) return Done{};
    }
    if (page.used > 0) rest.after = page.entries[page.used - 1].seq;
    if (rest.limit) *rest.limit -= static_cast<std::int64_t>(page.used);
  }
  return Done{};
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
