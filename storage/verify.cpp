#include "storage/verify.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <system_error>
#include <unordered_map>
#include <utility>

#include "storage/chain.h"
#include "storage/first_look.h"
#include "storage/load.h"

namespace pawl {
namespace {

/// What the entries so far tell of a subject, by the last of them.
struct Told {
  std::int64_t seq = 0;
  std::string word, state;
};

/// The last entry, as the store keeps it beside the entries.
struct Kept {
  std::int64_t seq = 0;
  std::string hash;
};

std::string key_of(const Entry& entry) {
  switch (entry.subject) {
    case Subject::store:
      return "";
    case Subject::rollout:
      return "rollout " + entry.rollout;
    case Subject::wave:
      return fmt::format("wave {} of rollout {}", entry.wave, entry.rollout);
    case Subject::run:
      break;
  }
  return fmt::format("run {}", entry.run);
}

class Verifier {
 public:
  Verifier(Database& database, const std::string& noted_head, const Judge& judge)
      : database_(database), noted_head_(noted_head), judge_(judge) {}

  Result<Verified> verify();

 private:
  void read_head();
  Outcome walk();
  std::optional<std::string> judge(const StoredEntry& stored);
  std::optional<std::string> judge_chain(const StoredEntry& stored);
  std::optional<std::string> judge_frozen(const StoredEntry& stored);
  void compare_head();
  Outcome compare_states(std::string_view sql);
  void look_for_lost();
  Outcome compare_made();
  Outcome compare_obligations();
  Outcome check_tables();
  std::string named(const std::string& key);
  void broken(std::int64_t seq, std::string what) {
    if (!found_.broken) found_.broken = Broken{seq, std::move(what)};
  }

  Database& database_;
  const std::string& noted_head_;
  const Judge& judge_;
  FieldHasher hasher_;
  std::optional<Kept> kept_;
  std::string no_kept_ = "the kept head of the chain is gone";
  Verified found_{0, Digest{}.hex(), std::nullopt};
  bool noted_seen_ = false;
  std::int64_t opened_ = 0, closed_ = 0;  // obligations, by the entries so far
  Told store_;
  std::unordered_map<std::string, Told> told_;
};

/// A subject as people know it: by its key they do not. What the store's tables do not tell of it,
/// its entries may; a subject of which neither can be read keeps its key.
std::string Verifier::named(const std::string& key) {
  std::int64_t number = 0;
  const auto number_after = [&key, &number](std::string_view word) {
    const char* const end = key.data() + key.size();
    return key.starts_with(word) &&
           std::from_chars(key.data() + word.size(), end, number).ec == std::errc{};
  };
  const std::string_view by_table =
      "SELECT u.instance_id, r.id, coalesce(w.name, '') FROM runs u JOIN rollouts r ON "
      "r.key = u.rollout LEFT JOIN waves w ON w.rollout = r.key AND w.position = u.wave "
      "WHERE u.run = ?1";
  const std::string_view by_entry =
      "SELECT e.instance_id, e.rollout, coalesce(w.name, '') FROM entries e "
      "LEFT JOIN rollouts r ON r.id = e.rollout LEFT JOIN waves w ON w.rollout = r.key "
      "AND w.position = e.wave WHERE e.subject = 'run' AND e.run = ?1 LIMIT 1";
  if (number_after("run ")) {
    for (const std::string_view sql : {by_table, by_entry}) {
      Result<Statement> rows = database_.prepare(sql);
      if (!rows) continue;
      const Result<bool> row = rows->bind(number).step();
      if (!row || !*row) continue;
      const std::string_view wave = rows->text(2);
      return fmt::format("the run of instance {} in rollout {}{}{}", rows->text(0), rows->text(1),
                         wave.empty() ? "" : ", wave ", wave);
    }
  } else if (number_after("wave ")) {
    const std::size_t of = key.find(" of rollout ");
    Result<Statement> rows = database_.prepare(
        "SELECT w.name FROM waves w JOIN rollouts r ON r.key = w.rollout "
        "WHERE w.position = ?1 AND r.id = ?2");
    if (!rows || of == std::string::npos) return key;
    const Result<bool> row = rows->bind(number, key.substr(of + 12)).step();
    if (row && *row) return fmt::format("wave {}{}", rows->text(0), key.substr(of));
  }
  return key;
}

std::optional<std::string> Verifier::judge_frozen(const StoredEntry& stored) {
  if (stored.frozen.empty()) return std::nullopt;
  const Result<NewRollout> started = load_frozen(database_, stored.entry.rollout);
  if (!started) {
    return fmt::format("what rollout {} was started with cannot be read: {}", stored.entry.rollout,
                       started.error().what);
  }
  if (frozen_hash(hasher_, *started).hex() == stored.frozen) return std::nullopt;
  return fmt::format("what rollout {} was started with (plan, waves, runs) has been changed",
                     stored.entry.rollout);
}

std::optional<std::string> Verifier::judge_chain(const StoredEntry& stored) {
  if (stored.prev_hash != found_.head) return "it does not follow the entry before it";
  if (hash_of(hasher_, stored) != stored.hash) {
    return "its hash is not that of what it says: it has been changed";
  }
  if (kept_ && stored.seq > kept_->seq) {
    return fmt::format("it comes after entry {}, which the kept head names as the last",
                       kept_->seq);
  }
  if (kept_ && stored.seq == kept_->seq && stored.hash != kept_->hash) {
    return "the kept head has another hash for it: the chain has been rewritten, from this entry "
           "or from one before it on";
  }
  return std::nullopt;
}

std::optional<std::string> Verifier::judge(const StoredEntry& stored) {
  if (auto flaw = judge_chain(stored)) return flaw;
  const std::string key = key_of(stored.entry);
  Told& before = key.empty() ? store_ : told_[key];
  if (!key.empty()) {
    if (stored.prior != before.seq) {
      return fmt::format("it names entry {} as the one before about {}, which is entry {}",
                         stored.prior, named(key), before.seq);
    }
    if (before.seq != 0 && stored.entry.from != before.word) {
      return fmt::format("it leads on from `{}`, but {} was `{}`", stored.entry.from, named(key),
                         before.word);
    }
  }
  if (auto flaw = judge_frozen(stored)) return flaw;
  if (judge_) {
    if (auto flaw = judge_(stored, before.state)) return flaw;
  }
  if (!key.empty()) {
    before = {stored.seq, stored.entry.to, stored.entry.state};
  }
  return std::nullopt;
}

Outcome Verifier::walk() {
  Result<Statement> rows =
      database_.prepare(fmt::format("{} ORDER BY e.seq", select_stored_entries));
  if (!rows) return rows.error();
  StoredEntry stored;
  while (!found_.broken) {
    const std::int64_t next = found_.entries + 1;
    const Result<bool> row = rows->step();
    if (!row) {
      broken(next, row.error().what);
      return Done{};
    }
    if (!*row) return Done{};
    const Outcome read = read_stored_entry(*rows, stored);
    if (stored.seq > next) {
      broken(next, fmt::format("entry {} is missing: entry {} follows entry {}", next, stored.seq,
                               found_.entries));
    } else if (!read) {
      broken(stored.seq, read.error().what);
    } else if (auto flaw = judge(stored)) {
      broken(stored.seq, std::move(*flaw));
    } else {
      ++found_.entries;
      found_.head = stored.hash;
      noted_seen_ = noted_seen_ || stored.hash == noted_head_;
      opened_ += stored.entry.event == "obligation_opened" ? 1 : 0;
      closed_ += stored.entry.event == "obligation_closed" ? 1 : 0;
    }
  }
  return Done{};
}

/// A head that cannot be read does not keep the first bad entry from being named.
void Verifier::read_head() {
  Result<Statement> rows = database_.prepare("SELECT seq, hash FROM head");
  const Result<bool> row = rows ? rows->step() : rows.error();
  if (!row) {
    no_kept_ = row.error().what;
  } else if (*row && rows->has_types("ib")) {
    if (const auto hash = Digest::from_bytes(rows->blob(1))) {
      kept_ = Kept{rows->integer(0), hash->hex()};
    }
  }
}

void Verifier::compare_head() {
  if (!kept_) {
    broken(0, no_kept_);
  } else if (kept_->seq > found_.entries) {
    broken(found_.entries + 1,
           fmt::format("entries {} to {} have been cut off: the kept head names the last of them",
                       found_.entries + 1, kept_->seq));
  } else if (kept_->seq != found_.entries || kept_->hash != found_.head) {
    broken(0, "the kept head is not that of a journal without entries");
  }
}

/// `sql` gives key, word, last_seq of each subject of one kind, as the store keeps them, and
/// whether none of that kind can be without an entry.
Outcome Verifier::compare_states(std::string_view sql) {
  Result<Statement> rows = database_.prepare(sql);
  if (!rows) return rows.error();
  while (!found_.broken) {
    const Result<bool> row = rows->step();
    if (!row) return row.error();
    if (!*row) return Done{};
    const std::string key(rows->text(0));
    auto found = told_.extract(key);
    const Told last = found.empty() ? Told{} : std::move(found.mapped());
    if (last.seq == 0 && rows->integer(3) != 0) {
      broken(0, fmt::format("{} is in the store, and no entry tells of it", named(key)));
    } else if (rows->text(1) != last.word || rows->integer(2) != last.seq) {
      broken(0, fmt::format("{} stands as `{}` by entry {} in the store, and by the journal it is "
                            "`{}` by entry {}",
                            named(key), rows->text(1), rows->integer(2), last.word, last.seq));
    }
  }
  return Done{};
}

/// compare_states() leaves those of whom the store knows nothing.
void Verifier::look_for_lost() {
  const auto earlier = [](const auto& a, const auto& b) { return a.second.seq < b.second.seq; };
  const auto lost = std::min_element(told_.begin(), told_.end(), earlier);
  if (lost == told_.end()) return;
  broken(0, fmt::format("{} is not in the store, and entry {} tells of it", named(lost->first),
                        lost->second.seq));
}

/// The instance that a run made is the one that its state tells of.
Outcome Verifier::compare_made() {
  Result<Statement> rows = database_.prepare(
      "SELECT s.run, s.made FROM run_states s JOIN entries e ON e.seq = s.last_seq WHERE s.made "
      "IS NOT CASE WHEN instr(e.state, 'new_instance_id') = 0 THEN '' "
      "ELSE coalesce(json_extract(e.state, '$.facts.new_instance_id'), '') END LIMIT 1");
  if (!rows) return rows.error();
  const Result<bool> row = rows->step();
  if (!row) return row.error();
  if (*row) {
    broken(0, fmt::format("{} is said to have made `{}`, and its last entry does not say so",
                          named(fmt::format("run {}", rows->integer(0))), rows->text(1)));
  }
  return Done{};
}

/// Each row has its entries, and there are as many rows as entries: so each entry has its row.
Outcome Verifier::compare_obligations() {
  Result<Statement> rows = database_.prepare(
      "SELECT o.seq FROM obligations o LEFT JOIN entries e ON e.seq = o.seq "
      "LEFT JOIN entries c ON c.seq = o.closed LEFT JOIN runs u ON u.run = o.run "
      "WHERE e.event IS NOT 'obligation_opened' OR e.run IS NOT o.run "
      "OR u.rollout IS NOT o.rollout OR json_extract(e.data, '$.kind') IS NOT o.kind "
      "OR (o.closed <> 0 AND (c.event IS NOT 'obligation_closed' OR c.run IS NOT o.run "
      "OR CAST(json_extract(c.data, '$.obligation') AS INTEGER) IS NOT o.seq)) LIMIT 1");
  if (!rows) return rows.error();
  const Result<bool> row = rows->step();
  if (!row) return row.error();
  if (*row) {
    broken(0, fmt::format("obligation {} is not as the journal tells it", rows->integer(0)));
  }
  rows->reset();
  Result<Statement> counts =
      database_.prepare("SELECT count(*), count(*) FILTER (WHERE closed <> 0) FROM obligations");
  if (!counts) return counts.error();
  if (const Result<bool> counted = counts->step(); !counted) return counted.error();
  if (counts->integer(0) != opened_ || counts->integer(1) != closed_) {
    broken(0, fmt::format("the store has {} obligations, {} of them closed, and the journal tells "
                          "of {} and {}",
                          counts->integer(0), counts->integer(1), opened_, closed_));
  }
  return Done{};
}

/// The history is read through an index, and what an index leaves out no reader sees.
Outcome Verifier::check_tables() {
  const Result<std::string> word = database_.text("PRAGMA integrity_check(1)");
  if (!word) return word.error();
  if (*word != "ok") broken(0, fmt::format("the tables around the entries are damaged: {}", *word));
  return Done{};
}

Result<Verified> Verifier::verify() {
  Transaction moment(database_);
  if (Outcome begun = moment.begin_read(); !begun) return begun.error();
  const auto flaw = flaw_at_first_sight(database_);
  if (!flaw) return flaw.error();
  // What other tables, triggers or logs show or hide is no journal.
  if (*flaw) {
    broken(0, fmt::format("the store {}", **flaw));
    return std::move(found_);
  }
  read_head();
  if (Outcome walked = walk(); !walked) return walked.error();
  compare_head();
  if (found_.broken) return std::move(found_);
  for (const std::string_view sql :
       {"SELECT 'rollout ' || id, state, last_seq, 1 FROM rollouts ORDER BY key",
        "SELECT 'wave ' || w.position || ' of rollout ' || r.id, w.state, w.last_seq, 0 "
        "FROM waves w JOIN rollouts r ON r.key = w.rollout ORDER BY r.key, w.position",
        "SELECT 'run ' || run, state, last_seq, 1 FROM run_states ORDER BY run"}) {
    if (Outcome compared = compare_states(sql); !compared) return compared.error();
  }
  look_for_lost();
  if (Outcome compared = compare_made(); !compared) return compared.error();
  if (Outcome compared = compare_obligations(); !compared) return compared.error();
  if (Outcome whole = check_tables(); !whole) return whole.error();
  if (!noted_head_.empty() && !noted_seen_) {
    broken(0, fmt::format("no entry has the noted hash {}: the chain has been rewritten, or the "
                          "hash is of another store",
                          noted_head_));
  }
  return std::move(found_);
}

}  // namespace

Result<Verified> verify_journal(Database& database, const std::string& noted_head,
                                const Judge& judge) {
  return Verifier(database, noted_head, judge).verify();
}

}  // namespace pawl
