// SQLite writes whatever log lies beside a file into it when the last connection closes. Where that
// is another store's, the pages of two stores are mixed, and what was good is gone; so whoever can
// write looks first, at what every commit moves and two stores hardly have in common.
#include "storage/first_look.h"

#include <fmt/core.h>

#include <cstdint>
#include <string_view>

#include "storage/chain.h"
#include "storage/file_head.h"
#include "storage/schema.h"
#include "storage/schema_check.h"
#include "storage/stored_entry.h"

namespace pawl {
namespace {

/// `sql` gives a row where the store is not sound. Tables are there from version `since` on.
struct SoundnessRule {
  std::int64_t since;
  const char* words;
  const char* sql;
};

constexpr SoundnessRule soundness_rules[] = {
    {1, "its last entry is not the one that its head names",
     "SELECT 1 WHERE NOT EXISTS(SELECT 1 FROM head h LEFT JOIN entries e ON e.seq = h.seq "
     "WHERE h.seq = (SELECT coalesce(max(seq), 0) FROM entries) "
     "AND (h.seq = 0 OR e.hash = h.hash))"},
    {1, "its last entries do not follow each other",
     "SELECT 1 FROM entries e LEFT JOIN entries p ON p.seq = e.seq - 1 "
     "WHERE e.seq > (SELECT max(seq) FROM entries) - 64 AND e.seq > 1 "
     "AND p.hash IS NOT e.prev_hash LIMIT 1"},
    {1, "what its last entry is about does not stand as that entry says",
     "SELECT 1 FROM entries e WHERE e.seq = (SELECT max(seq) FROM entries) AND NOT (CASE e.subject "
     "WHEN 'store' THEN 1 WHEN 'run' THEN EXISTS(SELECT 1 FROM run_states s "
     "WHERE s.run = e.run AND s.last_seq = e.seq AND s.state = e.to_state) "
     "WHEN 'rollout' THEN EXISTS(SELECT 1 FROM rollouts r "
     "WHERE r.id = e.rollout AND r.last_seq = e.seq AND r.state = e.to_state) "
     "ELSE EXISTS(SELECT 1 FROM waves w JOIN rollouts r ON r.key = w.rollout "
     "WHERE r.id = e.rollout AND w.position = e.wave AND w.last_seq = e.seq "
     "AND w.state = e.to_state) END)"},
    {1, "it tells of something by an entry that it does not have",
     "SELECT 1 FROM (SELECT max(last_seq) AS seq FROM rollouts "
     "UNION ALL SELECT max(last_seq) FROM waves UNION ALL SELECT max(last_seq) FROM run_states) "
     "WHERE seq > (SELECT seq FROM head) LIMIT 1"},
    {5, "it has an obligation of an entry that it does not have",
     "SELECT 1 WHERE (SELECT max(seq) FROM obligations) > (SELECT seq FROM head)"},
};

/// Beyond so many pages, 4 KiB each, looking at all of them takes longer than a lever may.
constexpr std::int64_t looked_through = 512;

/// Whether the store, as its log has it, has had this head.
Result<bool> knows(Database& database, const FileHead& head) {
  Result<Statement> rows = database.prepare(
      "SELECT 1 FROM head WHERE seq = ?1 AND hash = ?2 "
      "UNION ALL SELECT 1 FROM entries WHERE seq = ?1 AND hash = ?2");
  if (!rows) return rows.error();
  return rows->bind(head.seq, Blob{head.hash}).step();
}

/// Each commit builds on the one before, so the last that was copied into the file from a log of
/// its own is among those that this log leads to. Where the log leaves the head alone it tells
/// nothing.
Result<std::optional<std::string>> flaw_in_log(Database& database) {
  const std::optional<std::string> none;
  if (!has_log(database.path())) return none;
  std::int64_t seq = 0;
  // Another process may be copying that very page now, up to what this one sees and no further.
  for (int tries = 0; tries < 3; ++tries) {
    const auto head = head_in_file(database);
    if (!head) return head.error();
    if (!*head || (*head)->seq == 0) return none;
    const Result<bool> known = knows(database, **head);
    if (!known) return known.error();
    if (*known) return none;
    seq = (*head)->seq;
  }
  return std::optional(
      fmt::format("ends, in its file, with an entry {} that its log knows nothing of", seq));
}

Error unsound(const Database& database, std::string_view why) {
  return {
      Fault::store,
      fmt::format("the store {} is damaged: {}. It was left as it is; `pawl audit verify` tells "
                  "more. Keep it, and bring back a backup.{}",
                  database.path(), why, words_about_log(database.path()))};
}

Outcome look_through(Database& database) {
  // A file that keeps no such log cannot be mixed with one. (And after a quick_check SQLite would
  // refuse to write back the log that such a file is given now.)
  const Result<std::string> mode = database.text("PRAGMA journal_mode");
  if (!mode) return mode.error();
  if (*mode != "wal") return Done{};
  const Result<std::int64_t> pages = database.integer("PRAGMA page_count");
  if (!pages) return pages.error();
  if (*pages > looked_through) return Done{};
  const Result<std::string> word = database.text("PRAGMA quick_check(1)");
  if (!word) return word.error();
  if (*word != "ok") return unsound(database, *word);
  return Done{};
}

}  // namespace

Result<std::optional<std::string>> flaw_at_first_sight(Database& database) {
  Transaction moment(database);
  if (Outcome begun = moment.begin_read(); !begun) return begun.error();
  auto flaw = flaw_in_schema(database);
  if (!flaw || *flaw) return flaw;
  return flaw_in_log(database);
}

Outcome require_fit_for_reading(Database& database) {
  const auto flaw = flaw_at_first_sight(database);
  if (!flaw) return flaw.error();
  if (!*flaw) return Done{};
  return Error{
      Fault::store,
      fmt::format("the store {} {}: it is damaged, or somebody has changed it, and nothing "
                  "that it says or takes can be relied on. It was left as it is. Keep it, "
                  "and bring back a backup.{}",
                  database.path(), **flaw, words_about_log(database.path()))};
}

Outcome require_sound_end(Database& database) {
  Result<Statement> rows = database.prepare(
      fmt::format("{} WHERE e.seq > (SELECT max(seq) FROM entries) - 64", select_stored_entries));
  if (!rows) return rows.error();
  FieldHasher hasher;
  StoredEntry stored;
  while (true) {
    const Result<bool> row = rows->step();
    if (!row) return row.error();
    if (!*row) return Done{};
    if (Outcome read = read_stored_entry(*rows, stored); !read) return read;
    if (hash_of(hasher, stored) != stored.hash) {
      return unsound(
          database, fmt::format("its entry {} does not say what its hash was made of", stored.seq));
    }
    // Nothing but this form of a time is ever read back, and counting on from it could overflow.
    if (parse_utc(format_utc(stored.entry.at)) != stored.entry.at) {
      return unsound(database, fmt::format("its entry {} is of no year that there is", stored.seq));
    }
  }
}

Outcome require_fit_for_writing(Database& database) {
  Transaction moment(database);
  if (Outcome begun = moment.begin_read(); !begun) return begun;
  if (Outcome fit = require_fit_for_reading(database); !fit) return fit;
  const Result<std::int64_t> version = database.integer("PRAGMA user_version");
  if (!version) return version.error();
  for (const SoundnessRule& rule : soundness_rules) {
    if (*version < rule.since) continue;
    Result<Statement> rows = database.prepare(rule.sql);
    if (!rows) return rows.error();
    const Result<bool> found = rows->step();
    if (!found) return found.error();
    if (*found) return unsound(database, rule.words);
  }
  // An older store is brought up to date first, or nobody could verify it.
  if (*version == schema_version()) {
    if (Outcome sound = require_sound_end(database); !sound) return sound;
  }
  return look_through(database);
}

}  // namespace pawl
