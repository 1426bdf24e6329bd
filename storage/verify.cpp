#include "storage/verify.h"

#include <fmt/format.h>

#include <unordered_map>
#include <utility>

#include "storage/chain.h"
#include "storage/load.h"

namespace pawl {
namespace {

/// Where a subject stands after its last entry so far.
struct Standing {
  std::int64_t seq = 0;
  std::string word, state;
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
  Outcome walk();
  std::optional<std::string> judge(const StoredEntry& stored);
  std::optional<std::string> judge_frozen(const StoredEntry& stored);
  Outcome compare_head();
  Outcome compare_states(std::string_view sql);
  Outcome check_tables();
  void broken(std::int64_t seq, std::string what) {
    if (!found_.broken) found_.broken = Broken{seq, std::move(what)};
  }

  Database& database_;
  const std::string& noted_head_;
  const Judge& judge_;
  FieldHasher hasher_;
  Verified found_{0, Digest{}.hex(), std::nullopt};
  bool noted_seen_ = false;
  Standing store_;
  std::unordered_map<std::string, Standing> standings_;
};

std::optional<std::string> Verifier::judge_frozen(const StoredEntry& stored) {
  if (stored.frozen.empty()) return std::nullopt;
  const Result<StoredRollout> loaded = load_rollout(database_, stored.entry.rollout);
  if (!loaded) {
    return fmt::format("what rollout {} was started with cannot be read: {}", stored.entry.rollout,
                       loaded.error().what);
  }
  NewRollout started{loaded->record, {}, {}};
  for (const StoredWave& wave : loaded->waves)
    started.waves.push_back(wave.record);
  for (const StoredRun& run : loaded->runs)
    started.runs.push_back(run.record);
  if (frozen_hash(hasher_, started).hex() == stored.frozen) return std::nullopt;
  return fmt::format("what rollout {} was started with (plan, waves, runs) has been changed",
                     stored.entry.rollout);
}

std::optional<std::string> Verifier::judge(const StoredEntry& stored) {
  const std::int64_t expected = found_.entries + 1;
  if (stored.seq != expected) {
    return fmt::format("entry {} is missing: entry {} follows entry {}", expected, stored.seq,
                       found_.entries);
  }
  if (stored.prev_hash != found_.head) return "it does not follow the entry before it";
  const Link link{stored.seq, stored.prior, *Digest::from_hex(stored.prev_hash), stored.frozen};
  if (entry_hash(hasher_, link, stored.entry).hex() != stored.hash) {
    return "its hash is not that of what it says: it has been changed";
  }
  const std::string key = key_of(stored.entry);
  Standing& before = key.empty() ? store_ : standings_[key];
  if (!key.empty()) {
    if (stored.prior != before.seq) {
      return fmt::format("it names entry {} as the one before about {}, which is entry {}",
                         stored.prior, key, before.seq);
    }
    if (before.seq != 0 && stored.entry.from != before.word) {
      return fmt::format("it leads on from \"{}\", but {} was \"{}\"", stored.entry.from, key,
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
    const Result<bool> row = rows->step();
    if (!row) {
      broken(found_.entries + 1, row.error().what);
    } else if (!*row) {
      return Done{};
    } else if (Outcome read = read_stored_entry(*rows, stored); !read) {
      broken(stored.seq, read.error().what);
    } else if (auto flaw = judge(stored)) {
      broken(stored.seq, std::move(*flaw));
    } else {
      ++found_.entries;
      found_.head = stored.hash;
      noted_seen_ = noted_seen_ || stored.hash == noted_head_;
    }
  }
  return Done{};
}

Outcome Verifier::compare_head() {
  Result<Statement> rows = database_.prepare("SELECT seq, hash FROM head");
  if (!rows) return rows.error();
  const Result<bool> row = rows->step();
  if (!row) return row.error();
  const auto kept = *row ? Digest::from_bytes(rows->blob(1)) : std::nullopt;
  if (!kept) {
    broken(0, "the kept head of the chain is gone");
  } else if (rows->integer(0) > found_.entries) {
    broken(found_.entries + 1,
           fmt::format("entries {} to {} have been cut off: the kept head names the last of them",
                       found_.entries + 1, rows->integer(0)));
  } else if (rows->integer(0) != found_.entries || kept->hex() != found_.head) {
    broken(rows->integer(0) + 1, fmt::format("the kept head is entry {}, which is not the last "
                                             "entry of this chain",
                                             rows->integer(0)));
  }
  return Done{};
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
    const auto known = standings_.find(key);
    const Standing last = known == standings_.end() ? Standing{} : known->second;
    if (last.seq == 0 && rows->integer(3) != 0) {
      broken(0, fmt::format("{} is in the store, and no entry tells of it", key));
    } else if (rows->text(1) != last.word || rows->integer(2) != last.seq) {
      broken(last.seq, fmt::format("{} stands as \"{}\" by entry {} in the store, and by the "
                                   "journal it is \"{}\" by entry {}",
                                   key, rows->text(1), rows->integer(2), last.word, last.seq));
    }
  }
  return Done{};
}

/// The history is read through an index, and what an index leaves out no reader sees.
Outcome Verifier::check_tables() {
  if (found_.broken) return Done{};
  const Result<std::string> word = database_.text("PRAGMA integrity_check(1)");
  if (!word) return word.error();
  if (*word != "ok") broken(0, fmt::format("the tables around the entries are damaged: {}", *word));
  return Done{};
}

Result<Verified> Verifier::verify() {
  Transaction moment(database_);
  if (Outcome begun = moment.begin_read(); !begun) return begun.error();
  if (Outcome walked = walk(); !walked) return walked.error();
  if (Outcome compared = compare_head(); !compared) return compared.error();
  for (const std::string_view sql :
       {"SELECT 'rollout ' || id, state, last_seq, 1 FROM rollouts ORDER BY key",
        "SELECT 'wave ' || w.position || ' of rollout ' || r.id, w.state, w.last_seq, 0 "
        "FROM waves w JOIN rollouts r ON r.key = w.rollout ORDER BY r.key, w.position",
        "SELECT 'run ' || run, state, last_seq, 1 FROM run_states ORDER BY run"}) {
    if (Outcome compared = compare_states(sql); !compared) return compared.error();
  }
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
