#include "storage/schema.h"

#include <fmt/core.h>

#include <array>

namespace pawl {
namespace {

// What is written often is narrow and apart from what is frozen: an upgrade of one instance
// touches `run_states` (some 30 bytes a run) a handful of times, `runs` never. A subject's state
// as JSON stands once, in its last entry. Entries of one run are linked backwards by `prior`,
// from run_states.last_seq on, because an index by run would dirty a page of its own per entry.
constexpr const char* version_1 = R"sql(
CREATE TABLE rollouts(
  key INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  plan_name TEXT NOT NULL,
  number INTEGER NOT NULL CHECK(number > 0),
  plan TEXT NOT NULL,
  plan_path TEXT NOT NULL,
  endpoint TEXT NOT NULL,
  project_id TEXT NOT NULL,
  workflow TEXT NOT NULL,
  started INTEGER NOT NULL,
  state TEXT NOT NULL,
  last_seq INTEGER NOT NULL,
  UNIQUE(plan_name, number)
) STRICT;

CREATE TABLE waves(
  rollout INTEGER NOT NULL REFERENCES rollouts(key),
  position INTEGER NOT NULL CHECK(position >= 0),
  name TEXT NOT NULL,
  total INTEGER NOT NULL CHECK(total >= 0),
  state TEXT NOT NULL,
  last_seq INTEGER NOT NULL,
  PRIMARY KEY(rollout, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE runs(
  run INTEGER PRIMARY KEY CHECK(run > 0),
  rollout INTEGER NOT NULL,
  wave INTEGER NOT NULL,
  instance_id TEXT NOT NULL,
  name TEXT NOT NULL,
  FOREIGN KEY(rollout, wave) REFERENCES waves(rollout, position)
) STRICT;
CREATE INDEX runs_by_rollout ON runs(rollout, wave);
CREATE INDEX runs_by_instance ON runs(instance_id);
CREATE INDEX runs_by_name ON runs(name);

CREATE TABLE run_states(
  run INTEGER PRIMARY KEY REFERENCES runs(run),
  state TEXT NOT NULL,
  last_seq INTEGER NOT NULL
) STRICT;

CREATE TABLE entries(
  seq INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  subject TEXT NOT NULL CHECK(subject IN ('store', 'rollout', 'wave', 'run')),
  rollout TEXT NOT NULL,
  wave INTEGER NOT NULL,
  run INTEGER NOT NULL,
  prior INTEGER NOT NULL,
  instance_id TEXT NOT NULL,
  event TEXT NOT NULL,
  from_state TEXT NOT NULL,
  to_state TEXT NOT NULL,
  phase TEXT NOT NULL,
  actor TEXT NOT NULL,
  attempt INTEGER NOT NULL,
  engine_version TEXT NOT NULL,
  frozen TEXT NOT NULL,
  prev_hash BLOB NOT NULL CHECK(length(prev_hash) = 32),
  hash BLOB NOT NULL CHECK(length(hash) = 32),
  data TEXT NOT NULL,
  state TEXT NOT NULL
) STRICT;
CREATE INDEX entries_by_rollout ON entries(rollout);

CREATE TABLE head(
  id INTEGER PRIMARY KEY CHECK(id = 1),
  seq INTEGER NOT NULL,
  hash BLOB NOT NULL CHECK(length(hash) = 32)
) STRICT;
INSERT INTO head VALUES(1, 0, zeroblob(32));

CREATE TABLE leases(
  account TEXT PRIMARY KEY,
  level REAL NOT NULL CHECK(level >= 0),
  at INTEGER NOT NULL
) STRICT;

CREATE TABLE driver(
  id INTEGER PRIMARY KEY CHECK(id = 1),
  pid INTEGER NOT NULL,
  host TEXT NOT NULL,
  since INTEGER NOT NULL,
  alive_at INTEGER NOT NULL,
  calls INTEGER NOT NULL
) STRICT;

CREATE TRIGGER entries_only_follow BEFORE INSERT ON entries
WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM entries)
BEGIN SELECT RAISE(ABORT, 'an entry must follow the last one without a gap'); END;
CREATE TRIGGER entries_never_change BEFORE UPDATE ON entries
BEGIN SELECT RAISE(ABORT, 'entries are never changed'); END;
CREATE TRIGGER entries_never_go BEFORE DELETE ON entries
BEGIN SELECT RAISE(ABORT, 'entries are never removed'); END;
CREATE TRIGGER runs_never_change BEFORE UPDATE ON runs
BEGIN SELECT RAISE(ABORT, 'runs are frozen at their start'); END;
CREATE TRIGGER runs_never_go BEFORE DELETE ON runs
BEGIN SELECT RAISE(ABORT, 'runs are never removed'); END;
CREATE TRIGGER waves_never_change BEFORE UPDATE OF rollout, position, name, total ON waves
BEGIN SELECT RAISE(ABORT, 'waves are frozen at their start'); END;
CREATE TRIGGER waves_never_go BEFORE DELETE ON waves
BEGIN SELECT RAISE(ABORT, 'waves are never removed'); END;
CREATE TRIGGER rollouts_never_change BEFORE UPDATE OF key, id, plan_name, number, plan, plan_path,
  endpoint, project_id, workflow, started ON rollouts
BEGIN SELECT RAISE(ABORT, 'rollouts are frozen at their start'); END;
CREATE TRIGGER rollouts_never_go BEFORE DELETE ON rollouts
BEGIN SELECT RAISE(ABORT, 'rollouts are never removed'); END;
)sql";

// Levers and spread rules. Both indexes are partial: few entries stand in them, and what is asked
// of them is asked often, or of every store however long.
constexpr const char* version_2 = R"sql(
ALTER TABLE runs ADD COLUMN spread TEXT NOT NULL DEFAULT '';

CREATE TABLE levers(
  id INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  kind TEXT NOT NULL,
  rollout TEXT NOT NULL,
  target TEXT NOT NULL,
  actor TEXT NOT NULL,
  reason TEXT NOT NULL,
  answered INTEGER NOT NULL
) STRICT;
CREATE INDEX levers_waiting ON levers(rollout, id) WHERE answered = 0;

CREATE INDEX entries_of_freezes ON entries(seq)
WHERE event IN ('freeze_set', 'freeze_lifted');
CREATE INDEX entries_of_upgrades ON entries(seq) WHERE event = 'upgrade_succeeded';
)sql";

// How far each webhook of a rollout's plan has been told. Unchained: who was told is not history.
constexpr const char* version_3 = R"sql(
CREATE TABLE deliveries(
  rollout INTEGER NOT NULL REFERENCES rollouts(key),
  webhook INTEGER NOT NULL CHECK(webhook >= 0),
  seq INTEGER NOT NULL CHECK(seq >= 0),
  PRIMARY KEY(rollout, webhook)
) STRICT, WITHOUT ROWID;
)sql";

// What the cloud's throttle has slowed the calls to, and how long it wants none at all.
constexpr const char* version_4 = R"sql(
ALTER TABLE leases ADD COLUMN slowed_to INTEGER NOT NULL DEFAULT 0;
ALTER TABLE leases ADD COLUMN quiet_until INTEGER NOT NULL DEFAULT 0;
)sql";

// What upgrades left to be done, by the number of the entry that opened each, and which entry
// closed it. An instance that an upgrade made is found by the entries that first or last named it.
// A damaged state tells of none: what is damaged is found by those who can open the store.
constexpr const char* version_5 = R"sql(
CREATE TABLE obligations(
  seq INTEGER PRIMARY KEY REFERENCES entries(seq),
  rollout INTEGER NOT NULL REFERENCES rollouts(key),
  run INTEGER NOT NULL REFERENCES runs(run),
  kind TEXT NOT NULL,
  closed INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX obligations_open ON obligations(rollout) WHERE closed = 0;
CREATE INDEX obligations_by_run ON obligations(run);

ALTER TABLE run_states ADD COLUMN made TEXT NOT NULL DEFAULT '';
UPDATE run_states SET made = coalesce((SELECT CASE WHEN json_valid(e.state)
THEN json_extract(e.state, '$.facts.new_instance_id') END
FROM entries e WHERE e.seq = last_seq), '');
CREATE INDEX run_states_made ON run_states(made) WHERE made <> '';
)sql";

// Credentials that the cloud refused, as salted digests. Unchained: who was let in is not history.
constexpr const char* version_6 = R"sql(
CREATE TABLE refused_proofs(
  digest TEXT PRIMARY KEY,
  salt TEXT NOT NULL CHECK(length(salt) >= 16),
  at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
)sql";

// Which rollout the driver drives, as its sign of life says.
constexpr const char* version_7 = R"sql(
ALTER TABLE driver ADD COLUMN rollout TEXT NOT NULL DEFAULT '';
)sql";

// For a list in a CHECK of more than two words SQLite makes a table of its own at every row; a
// chain of comparisons costs a quarter less to add an entry. The rows stay where they are
// (https://www.sqlite.org/lang_altertable.html, 7), and so does a CHECK that is spelled otherwise.
// The new trigger tells other connections.
constexpr const char* version_8 = R"sql(
DROP TRIGGER IF EXISTS entries_only_follow;
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql,
  'subject IN (''store'', ''rollout'', ''wave'', ''run'')',
  'subject = ''run'' OR subject = ''wave'' OR subject = ''rollout'' OR subject = ''store''')
WHERE type = 'table' AND name = 'entries';
PRAGMA writable_schema = RESET;
CREATE TRIGGER entries_only_follow BEFORE INSERT ON entries
WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM entries)
BEGIN SELECT RAISE(ABORT, 'an entry must follow the last one without a gap'); END;
)sql";

// An index over ids that the cloud makes at random dirtied a page for each upgrade, for questions
// that people ask now and then: those read `run_states` through, some 100 bytes a run.
constexpr const char* version_9 = R"sql(
DROP INDEX IF EXISTS run_states_made;
)sql";

// Nothing is made otherwise, but entries of engine 0.6.0 on tell of a run's sends step by step,
// which an older pawl would take for damage. It shall say that it is the older one.
constexpr const char* version_10 = "";

// Nor here: a run that engine 0.7.0 or a later one began may know when the list showed it.
constexpr const char* version_11 = "";

// While a statement of several writes may be taken back alone, SQLite copies every page that it
// changes into a journal in memory (https://www.sqlite.org/tempfiles.html, 2.3). An entry with its
// trigger is such a statement as long as anything in it can abort it: the trigger did, and so may
// any function, as length() in a CHECK. Of a turn with a refused entry nothing is kept anyway, and
// a digest of another length is found by whoever reads it.
constexpr const char* version_12 = R"sql(
DROP TRIGGER IF EXISTS entries_only_follow;
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(replace(sql,
  ' CHECK(length(prev_hash) = 32)', ''), ' CHECK(length(hash) = 32)', '')
WHERE type = 'table' AND name = 'entries';
PRAGMA writable_schema = RESET;
CREATE TRIGGER entries_only_follow BEFORE INSERT ON entries
WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM entries)
BEGIN SELECT RAISE(ROLLBACK, 'an entry must follow the last one without a gap'); END;
)sql";

// Nothing is made otherwise, but what entries of engine 0.8.0 on tell of a doubt an older pawl does
// not know.
constexpr const char* version_13 = "";

constexpr std::array all_steps{Migration{version_1},  Migration{version_2},  Migration{version_3},
                               Migration{version_4},  Migration{version_5},  Migration{version_6},
                               Migration{version_7},  Migration{version_8},  Migration{version_9},
                               Migration{version_10}, Migration{version_11}, Migration{version_12},
                               Migration{version_13}};

/// Whether `found` is a version that this pawl can take up: its own, an older one, or that of an
/// empty file.
Outcome may_be_taken(const std::string& path, std::int64_t found, std::int64_t known) {
  if (found > known) {
    return Error{
        Fault::store,
        fmt::format("the store {} has schema version {}, this pawl knows version {}: a newer pawl "
                    "wrote it, and it was left as it is. Use that pawl, or name another store "
                    "with --store.",
                    path, found, known)};
  }
  if (found < 0) {
    return Error{Fault::store,
                 fmt::format("the store {} has schema version {}, which no pawl writes: it is "
                             "damaged, and was left as it is. Bring back a backup.",
                             path, found)};
  }
  return Done{};
}

/// Another process may have been here before the lock was had, so the version is read under it.
Outcome apply_lacking(Database& database, std::span<const Migration> steps) {
  Transaction transaction(database);
  if (Outcome begun = transaction.begin_write(); !begun) return begun;
  const Result<std::int64_t> version = database.integer("PRAGMA user_version");
  if (!version) return version.error();
  const std::int64_t known = std::ssize(steps);
  if (Outcome ours = may_be_taken(database.path(), *version, known); !ours) return ours;
  for (std::int64_t from = *version; from < known; ++from) {
    const char* sql = steps[static_cast<std::size_t>(from)].sql;
    if (Outcome applied = database.run(sql); !applied) return applied;
  }
  const std::string marks = fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}",
                                        store_application_id, known);
  if (Outcome marked = database.run(marks); !marked) return marked;
  return transaction.commit();
}

}  // namespace

std::span<const Migration> migrations() {
  return all_steps;
}

std::int64_t schema_version() {
  return std::ssize(all_steps);
}

Outcome require_pawl_file(Database& database) {
  const Result<FileHeader> header = database.header();
  if (!header) return header.error();
  if (!header->sqlite) {
    return Error{Fault::store,
                 fmt::format("{} is not a SQLite database, so no pawl store; it was left as it is. "
                             "Name a store, or a file that does not exist yet, with --store.",
                             database.path())};
  }
  if (header->application_id != store_application_id) {
    return Error{
        Fault::store,
        fmt::format("{} is another program's SQLite database, no pawl store; it was left as "
                    "it is. Name a store, or a file that does not exist yet, with --store.",
                    database.path())};
  }
  return may_be_taken(database.path(), header->user_version, schema_version());
}

Result<bool> is_current(Database& database) {
  const Result<std::int64_t> version = database.integer("PRAGMA user_version");
  if (!version) return version.error();
  const Outcome ours = may_be_taken(database.path(), *version, schema_version());
  if (!ours) return ours.error();
  return *version == schema_version();
}

Outcome migrate(Database& database, std::span<const Migration> steps) {
  const Result<std::int64_t> version = database.integer("PRAGMA user_version");
  if (!version) return version.error();
  if (Outcome ours = may_be_taken(database.path(), *version, std::ssize(steps)); !ours) return ours;
  if (*version == std::ssize(steps)) return Done{};
  Outcome applied = apply_lacking(database, steps);
  // A step that failed may have left the schema open to writes, which no rollback ends.
  if (!applied) static_cast<void>(database.run("PRAGMA writable_schema = RESET"));
  return applied;
}

}  // namespace pawl
