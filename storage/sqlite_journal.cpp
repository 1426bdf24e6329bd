// Every commit is BEGIN IMMEDIATE, the rows, COMMIT with an fsync. Where each entry goes is decided
// inside that transaction from rows, never from memory, so that nothing here can disagree with the
// file; only the head is kept beside it, and taken over after the COMMIT.
//
// When a COMMIT fails, the state of the log file is unknown: the batch may be there or not when the
// file is opened next. Whoever then acted, or committed something else, could contradict what the
// next reader finds. So nothing more is taken; the next start reads what became of it.
#include "storage/sqlite_journal.h"

#include <fmt/core.h>

#include <utility>

#include "storage/first_look.h"
#include "storage/leases.h"
#include "storage/levers.h"
#include "storage/load.h"

namespace pawl {
namespace {

Error refused(const Entry& entry, std::int64_t seq, const std::string& why) {
  return {Fault::store,
          fmt::format("the store refused entry {} ({} of {}): {}. Nothing of this turn was kept. "
                      "Stop the driver and run `pawl audit verify`.",
                      seq, entry.event,
                      entry.instance_id.empty() ? entry.rollout : entry.instance_id, why)};
}

std::string number_of(std::int32_t wave) {
  return wave < 0 ? "no wave" : fmt::format("wave {}", wave);
}

}  // namespace

SqliteJournal::SqliteJournal(Database& database, const Holder& holder)
    : database_(database), holder_(holder) {}

Result<std::unique_ptr<SqliteJournal>> SqliteJournal::make(Database& database,
                                                           const Holder& holder) {
  std::unique_ptr<SqliteJournal> journal(new SqliteJournal(database, holder));
  if (Outcome sound = require_sound_end(database); !sound) return sound.error();
  if (Outcome prepared = journal->prepare(); !prepared) return prepared.error();
  if (Outcome read = journal->read_head(); !read) return read.error();
  return journal;
}

Outcome SqliteJournal::prepare() {
  const std::pair<Statement*, const char*> all[] = {
      {&insert_rollout_,
       "INSERT INTO rollouts(id, plan_name, number, plan, plan_path, endpoint, project_id, "
       "workflow, "
       "started, state, last_seq) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, '', 0) RETURNING key"},
      {&insert_wave_, "INSERT INTO waves VALUES(?1, ?2, ?3, ?4, '', 0)"},
      {&insert_run_, "INSERT INTO runs VALUES(?1, ?2, ?3, ?4, ?5, ?6)"},
      {&insert_run_state_, "INSERT INTO run_states(run, state, last_seq) VALUES(?1, '', 0)"},
      // OR ROLLBACK spares SQLite copies of pages, see version 12 of the schema.
      {&insert_entry_,
       "INSERT OR ROLLBACK INTO entries(seq, at, subject, rollout, wave, run, prior, instance_id, "
       "event, "
       "from_state, to_state, phase, actor, attempt, engine_version, frozen, prev_hash, hash, "
       "data, "
       "state) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, "
       "?18, ?19, ?20)"},
      {&last_of_rollout_, "SELECT state, last_seq FROM rollouts WHERE id = ?1"},
      {&last_of_wave_,
       "SELECT w.state, w.last_seq FROM waves w JOIN rollouts r ON r.key = w.rollout "
       "WHERE r.id = ?1 AND w.position = ?2"},
      {&last_of_run_,
       "SELECT s.state, s.last_seq, r.id, u.wave, u.instance_id FROM runs u "
       "JOIN run_states s ON s.run = u.run JOIN rollouts r ON r.key = u.rollout WHERE u.run = ?1"},
      {&update_rollout_, "UPDATE rollouts SET state = ?2, last_seq = ?3 WHERE id = ?1"},
      {&update_wave_,
       "UPDATE waves SET state = ?3, last_seq = ?4 "
       "WHERE rollout = (SELECT key FROM rollouts WHERE id = ?1) AND position = ?2"},
      {&update_run_,
       "UPDATE run_states SET state = ?2, last_seq = ?3, "
       "made = coalesce(json_extract(?4, '$.facts.new_instance_id'), '') WHERE run = ?1"},
      {&update_head_, "UPDATE head SET seq = ?1, hash = ?2 WHERE id = 1"},
      {&count_unenrolled_,
       "SELECT count(*) FROM runs u JOIN run_states s ON s.run = u.run "
       "WHERE u.rollout = (SELECT key FROM rollouts WHERE id = ?1) AND s.last_seq = 0"},
      {&put_lease_, put_lease_sql},
      {&put_driver_, "INSERT OR REPLACE INTO driver VALUES(1, ?1, ?2, ?3, ?4, ?5, ?6)"},
      // Asked at every turn: for `rollout IN ('', ?1)` SQLite would make a table each time.
      {&levers_wait_,
       "SELECT EXISTS(SELECT 1 FROM levers "
       "WHERE answered = 0 AND rollout = '' AND kind <> 'close') "
       "OR EXISTS(SELECT 1 FROM levers WHERE answered = 0 AND rollout = ?1 AND kind <> 'close')"},
      {&answer_lever_, "UPDATE levers SET answered = 1 WHERE id = ?1"},
      {&open_obligation_,
       "INSERT INTO obligations(seq, rollout, run, kind) "
       "VALUES(?1, (SELECT rollout FROM runs WHERE run = ?2), ?2, json_extract(?3, '$.kind'))"},
      {&close_obligation_,
       "UPDATE obligations SET closed = ?1 WHERE seq = "
       "CAST(json_extract(?3, '$.obligation') AS INTEGER) AND run = ?2 AND closed = 0 "
       "RETURNING seq"}};
  for (const auto& [statement, sql] : all) {
    Result<Statement> prepared = database_.prepare(sql);
    if (!prepared) return prepared.error();
    *statement = std::move(*prepared);
  }
  return Done{};
}

Outcome SqliteJournal::read_head() {
  Result<Statement> rows = database_.prepare(
      "SELECT h.seq, h.hash, e.at, e.hash, (SELECT max(seq) FROM entries) FROM head h "
      "LEFT JOIN entries e ON e.seq = h.seq");
  if (!rows) return rows.error();
  const Result<bool> row = rows->step();
  if (!row) return row.error();
  const std::optional<Digest> hash = *row ? Digest::from_bytes(rows->blob(1)) : std::nullopt;
  const bool agrees = hash && rows->integer(0) == rows->integer(4) &&
                      (rows->integer(0) == 0 || rows->blob(3) == rows->blob(1));
  if (!agrees) {
    return Error{Fault::store,
                 fmt::format("the store {} is damaged: its last entry is not the one that its head "
                             "names. `pawl audit verify` tells more; bring back a backup.",
                             database_.path())};
  }
  head_ = {rows->integer(0), *hash, rows->instant(2)};
  return Done{};
}

Result<std::vector<Lever>> SqliteJournal::begin(const std::string& rollout) {
  begun_.emplace(database_);
  if (Outcome begun = begun_->begin_write(); !begun) {
    begun_.reset();
    return begun.error();
  }
  // Nearly always there is none, which a statement at hand tells.
  const Result<bool> some = levers_wait(rollout);
  if (!some) return some.error();
  if (!*some) return std::vector<Lever>{};
  return waiting_levers(database_, rollout);
}

Result<bool> SqliteJournal::levers_wait(const std::string& rollout) {
  levers_wait_.bind(rollout);
  const Result<bool> row = levers_wait_.step();
  if (!row) return row;
  const bool waits = levers_wait_.integer(0) != 0;
  levers_wait_.reset();
  return waits;
}

Outcome SqliteJournal::commit(const Batch& batch) {
  if (tail_unknown_) {
    return Error{
        Fault::store,
        fmt::format("an earlier commit to the store {} failed, so the tail of the store is "
                    "unknown and nothing more is written. End this driver; `pawl resume` "
                    "reads what was kept and goes on.",
                    database_.path())};
  }
  if (!begun_) {
    begun_.emplace(database_);
    if (Outcome begun = begun_->begin_write(); !begun) {
      begun_.reset();
      return begun;
    }
  }
  Head head = head_;
  if (Outcome written = write(batch, head); !written) {
    begun_.reset();
    return written;
  }
  Outcome committed = begun_->commit();
  begun_.reset();
  if (committed) {
    head_ = head;
  } else {
    tail_unknown_ = true;
  }
  return committed;
}

Outcome SqliteJournal::write(const Batch& batch, Head& head) {
  std::string frozen;
  if (batch.created != nullptr) {
    if (Outcome created = create(*batch.created); !created) return created;
    frozen = frozen_hash(hasher_, *batch.created).hex();
  }
  for (const Entry& entry : batch.entries) {
    const bool starts = !frozen.empty() && entry.subject == Subject::rollout &&
                        entry.rollout == batch.created->rollout.id;
    if (Outcome added = append(entry, starts ? frozen : "", head); !added) return added;
    if (starts) frozen.clear();
  }
  if (batch.created != nullptr) {
    if (!frozen.empty()) {
      return Error{Fault::store, fmt::format("the store refused to start rollout {}: no entry says "
                                             "so. Nothing was kept; this is a bug in pawl.",
                                             batch.created->rollout.id)};
    }
    if (Outcome complete = enrolled(*batch.created); !complete) return complete;
  }
  if (!batch.entries.empty()) {
    if (Outcome kept = update_head_.run(head.seq, Blob{head.hash.view()}); !kept) return kept;
  }
  return keep_unchained(batch);
}

Outcome SqliteJournal::create(const NewRollout& created) {
  const RolloutRecord& rollout = created.rollout;
  insert_rollout_.bind(rollout.id, rollout.plan_name, rollout.number, rollout.plan,
                       rollout.plan_path, rollout.endpoint, rollout.project_id, rollout.workflow,
                       rollout.started);
  const Result<bool> row = insert_rollout_.step();
  if (!row) return row.error();
  const std::int64_t key = insert_rollout_.integer(0);
  insert_rollout_.reset();
  for (const WaveRecord& wave : created.waves) {
    const Outcome added = insert_wave_.run(key, wave.position, wave.name, wave.total);
    if (!added) return added;
  }
  for (const RunRecord& run : created.runs) {
    const Outcome put =
        insert_run_.run(run.run, key, run.wave, run.instance_id, run.name, run.spread);
    if (!put) return put;
    if (Outcome added = insert_run_state_.run(run.run); !added) return added;
  }
  return Done{};
}

Outcome SqliteJournal::append(const Entry& entry, std::string_view frozen, Head& head) {
  const std::int64_t seq = head.seq + 1;
  if (entry.at < head.at) {
    return refused(entry, seq,
                   fmt::format("its time {} is before the last entry's {}", format_utc(entry.at),
                               format_utc(head.at)));
  }
  const Result<LastState> before = last_state(entry, seq);
  if (!before) return before.error();
  if (before->last_seq != 0 && before->state != entry.from) {
    return refused(entry, seq,
                   fmt::format("it leads on from `{}`, but entry {} led to `{}`", entry.from,
                               before->last_seq, before->state));
  }
  const Link link{seq, before->last_seq, head.hash, frozen};
  const Digest hash = entry_hash(hasher_, link, entry);
  const Outcome added =
      insert_entry_.run(seq, entry.at, subject_word(entry.subject), entry.rollout, entry.wave,
                        entry.run, link.prior, entry.instance_id, entry.event, entry.from, entry.to,
                        entry.phase, entry.actor, entry.attempt, entry.engine_version, frozen,
                        Blob{link.prev_hash.view()}, Blob{hash.view()}, entry.data, entry.state);
  if (!added) return added;
  head = {seq, hash, entry.at};
  return project(entry, seq);
}

Result<SqliteJournal::LastState> SqliteJournal::last_state(const Entry& entry, std::int64_t seq) {
  if (entry.subject == Subject::run) return last_state_of_run(entry, seq);
  if (entry.run != 0 || !entry.instance_id.empty()) {
    return refused(entry, seq, "it names a run or an instance but is not about one");
  }
  Statement* statement = &last_of_rollout_;
  switch (entry.subject) {
    case Subject::store:
    case Subject::run:
      if (entry.rollout.empty() && entry.wave == -1) return LastState{};
      return refused(entry, seq, "it is about the store but names a rollout or a wave");
    case Subject::rollout:
      statement->bind(entry.rollout);
      break;
    case Subject::wave:
      statement = &last_of_wave_;
      statement->bind(entry.rollout, entry.wave);
      break;
  }
  const Result<bool> row = statement->step();
  if (!row) return row.error();
  if (!*row)
    return refused(
        entry, seq,
        fmt::format("the store has no rollout `{}` with {}", entry.rollout, number_of(entry.wave)));
  LastState found{std::string(statement->text(0)), statement->integer(1)};
  statement->reset();
  return found;
}

Result<SqliteJournal::LastState> SqliteJournal::last_state_of_run(const Entry& entry,
                                                                  std::int64_t seq) {
  last_of_run_.bind(entry.run);
  const Result<bool> row = last_of_run_.step();
  if (!row) return row.error();
  if (!*row) return refused(entry, seq, fmt::format("the store has no run {}", entry.run));
  const std::string rollout(last_of_run_.text(2));
  const std::int64_t wave = last_of_run_.integer(3);
  const std::string instance(last_of_run_.text(4));
  LastState found{std::string(last_of_run_.text(0)), last_of_run_.integer(1)};
  last_of_run_.reset();
  if (rollout != entry.rollout || wave != entry.wave || instance != entry.instance_id) {
    return refused(entry, seq,
                   fmt::format("it says rollout `{}`, {}, instance `{}`, but run {} is of "
                               "rollout `{}`, wave {}, instance `{}`",
                               entry.rollout, number_of(entry.wave), entry.instance_id, entry.run,
                               rollout, wave, instance));
  }
  return found;
}

Outcome SqliteJournal::project(const Entry& entry, std::int64_t seq) {
  switch (entry.subject) {
    case Subject::store:
      return Done{};
    case Subject::rollout:
      return update_rollout_.run(entry.rollout, entry.to, seq);
    case Subject::wave:
      return update_wave_.run(entry.rollout, entry.wave, entry.to, seq);
    case Subject::run:
      return project_run(entry, seq);
  }
  broken_rule("a subject is one of four");
}

Outcome SqliteJournal::project_run(const Entry& entry, std::int64_t seq) {
  if (entry.event == "obligation_opened") {
    if (Outcome opened = open_obligation_.run(seq, entry.run, entry.data); !opened) return opened;
  } else if (entry.event == "obligation_closed") {
    const Result<bool> row = close_obligation_.bind(seq, entry.run, entry.data).step();
    if (!row) return row.error();
    close_obligation_.reset();
    if (!*row) return refused(entry, seq, "it closes what is no open obligation of its run");
  }
  // Most states tell of no new instance, and need not be read for it.
  const bool made = entry.state.find("new_instance_id") != std::string::npos;
  return update_run_.run(entry.run, entry.to, seq, made ? std::string_view(entry.state) : "{}");
}

Outcome SqliteJournal::enrolled(const NewRollout& created) {
  count_unenrolled_.bind(created.rollout.id);
  const Result<bool> row = count_unenrolled_.step();
  if (!row) return row.error();
  const std::int64_t missing = count_unenrolled_.integer(0);
  count_unenrolled_.reset();
  if (missing == 0) return Done{};
  return Error{Fault::store,
               fmt::format("the store refused to start rollout {}: {} of its runs have "
                           "no entry that enrols them. Nothing was kept; this is a bug "
                           "in pawl.",
                           created.rollout.id, missing)};
}

Outcome SqliteJournal::keep_unchained(const Batch& batch) {
  for (const std::int64_t id : batch.pulled) {
    if (Outcome answered = answer_lever_.run(id); !answered) return answered;
  }
  if (batch.lease != nullptr) {
    const QuotaLease& lease = *batch.lease;
    const Outcome kept =
        put_lease_.run(lease.account, lease.level, lease.at, lease.slowed_to, lease.quiet_until);
    if (!kept) return kept;
  }
  if (batch.pulse != nullptr) {
    const Pulse& pulse = *batch.pulse;
    const Outcome kept = put_driver_.run(holder_.pid, holder_.host, holder_.since, pulse.at,
                                         pulse.calls, pulse.rollout);
    if (!kept) return kept;
  }
  return Done{};
}

Result<StoredRollout> SqliteJournal::load(const std::string& id) {
  return load_rollout(database_, id);
}

Result<std::optional<QuotaLease>> SqliteJournal::lease(const std::string& account) {
  return load_lease(database_, account);
}

}  // namespace pawl
