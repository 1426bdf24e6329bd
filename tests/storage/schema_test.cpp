#include "storage/schema.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <chrono>
#include <thread>

#include "storage/audit.h"
#include "storage/verify.h"
#include "tests/storage/sample.h"

using namespace pawl;
using namespace pawl::test;

namespace {

/// An empty file, open for writing.
struct Bare {
  Folder folder;
  std::unique_ptr<Database> database;

  Bare() {
    write_bytes(folder.store(), "");
    database = good(Database::open(folder.store(), Access::write));
  }
  std::int64_t version() { return good(database->integer("PRAGMA user_version")); }
};

/// The steps of this build and those of builds to come.
std::vector<Migration> with_more(std::initializer_list<const char*> more) {
  std::vector<Migration> steps(migrations().begin(), migrations().end());
  for (const char* sql : more)
    steps.push_back({sql});
  return steps;
}

constexpr const char* next_step = "ALTER TABLE rollouts ADD COLUMN note TEXT NOT NULL DEFAULT '';";
constexpr const char* step_after = "UPDATE rollouts SET note = plan_name;";
constexpr const char* failing_step = "CREATE TABLE half(a); INSERT INTO nowhere VALUES(1);";

}  // namespace

TEST_CASE("an empty file becomes a store of this version, once") {
  Bare bare;
  for (int i = 0; i < 2; ++i) {
    good(migrate(*bare.database, migrations()));
    CHECK(bare.version() == schema_version());
    CHECK(good(bare.database->integer("PRAGMA application_id")) == store_application_id);
  }
  good(require_pawl_file(*bare.database));
  CHECK(good(is_current(*bare.database)));
}

TEST_CASE("every table is STRICT") {
  Bare bare;
  good(migrate(*bare.database, migrations()));
  CHECK(good(bare.database->integer("SELECT count(*) FROM pragma_table_list "
                                    "WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")) == 12);
  CHECK(good(bare.database->integer("SELECT count(*) FROM pragma_table_list WHERE type = 'table' "
                                    "AND name NOT LIKE 'sqlite_%' AND NOT strict")) == 0);
}

TEST_CASE("an older store is taken through every step that it lacks, with what it holds") {
  const Folder folder;
  make_store(folder.store());
  const auto database = good(Database::open(folder.store(), Access::write));
  good(migrate(*database, with_more({next_step, step_after})));
  CHECK(good(database->integer("PRAGMA user_version")) == schema_version() + 2);
  CHECK(good(database->text("SELECT note FROM rollouts")) == "plan");
  CHECK(seqs(*database).size() == 10);
}

TEST_CASE("the driver of an older pawl has not said what it drives") {
  Bare bare;
  good(migrate(*bare.database, migrations().first(6)));
  good(bare.database->run("INSERT INTO driver VALUES(1, 4711, 'ops-1', 1000, 2000, 9)"));
  good(migrate(*bare.database, migrations()));
  const auto sign = good(AuditReader(*bare.database).driver());
  REQUIRE(sign);
  CHECK(sign->holder.pid == 4711);
  CHECK(sign->calls == 9);
  CHECK(sign->rollout.empty());
}

TEST_CASE("a store of before compares its subjects one by one, on every connection to it") {
  Bare bare;
  good(migrate(*bare.database, migrations().first(7)));
  const auto other = good(Database::open(bare.folder.store(), Access::write));
  const auto insert = [](Database& database, int seq, const char* subject) {
    return database.run(fmt::format(
        "INSERT INTO entries VALUES({}, 1, '{}', '', -1, 0, 0, '', 'e', '', '', '', 'engine', 0, "
        "'0', '', zeroblob(32), zeroblob(32), '{{}}', '{{}}')",
        seq, subject));
  };
  good(insert(*bare.database, 1, "wave"));
  check_refused(insert(*other, 2, "runs"), Fault::store, {"subject IN ("});
  good(migrate(*bare.database, migrations()));
  CHECK(good(bare.database->integer("PRAGMA writable_schema")) == 0);
  int seq = 2;
  for (const char* subject : {"store", "rollout", "wave", "run"})
    good(insert(*bare.database, seq++, subject));
  for (Database* database : {bare.database.get(), other.get()}) {
    for (const char* subject : {"", "runs", "RUN"})
      check_refused(insert(*database, seq, subject), Fault::store, {"subject = 'run' OR"});
    check_refused(insert(*database, seq + 1, "run"), Fault::store, {"gap"});
  }
  CHECK(good(bare.database->text("PRAGMA integrity_check")) == "ok");
}

TEST_CASE("a step that fails leaves the store as it was before all of them") {
  Bare bare;
  const auto steps = with_more({next_step, failing_step, step_after});
  for (int i = 0; i < 2; ++i) {
    check_refused(migrate(*bare.database, steps), Fault::store, {bare.folder.store()});
    CHECK(bare.version() == 0);
    CHECK(good(bare.database->integer("SELECT count(*) FROM sqlite_schema")) == 0);
  }
  good(migrate(*bare.database, with_more({next_step, step_after})));
  CHECK(bare.version() == schema_version() + 2);
}

TEST_CASE("a step that fails leaves an older store as it was, with what it holds") {
  Bare bare;
  good(migrate(*bare.database, migrations().first(7)));
  good(bare.database->run("INSERT INTO driver VALUES(1, 4711, 'ops-1', 1000, 2000, 9, 'r-1')"));
  const auto shape = [&] {
    return good(bare.database->text("SELECT group_concat(sql) FROM sqlite_schema"));
  };
  const std::string before = shape();
  const char* opening = "PRAGMA writable_schema = ON; INSERT INTO nowhere VALUES(1);";
  check_refused(migrate(*bare.database, with_more({next_step, opening})), Fault::store,
                {bare.folder.store()});
  CHECK(bare.version() == 7);
  CHECK(shape() == before);
  CHECK(good(bare.database->integer("PRAGMA writable_schema")) == 0);
  CHECK(good(bare.database->integer("SELECT pid FROM driver")) == 4711);
  CHECK(good(bare.database->text("PRAGMA integrity_check")) == "ok");
}

TEST_CASE("an older store with a damaged state is brought up to date, and found damaged") {
  Bare bare;
  good(migrate(*bare.database, migrations().first(4)));
  good(bare.database->run(
      "INSERT INTO rollouts VALUES(1, 'a-1', 'a', 1, '', '', '', '', '', 1, '', 0);"
      "INSERT INTO waves VALUES(1, 0, 'all', 2, '', 0);"
      "INSERT INTO runs VALUES(1, 1, 0, 'i', 'n', ''), (2, 1, 0, 'j', 'm', '');"
      "INSERT INTO run_states VALUES(1, 'done', 1), (2, 'done', 2)"));
  for (const auto& [seq, state] :
       {std::pair{1, "{torn"}, {2, R"({"facts":{"new_instance_id":"x"}})"}})
    good(bare.database->run(fmt::format(
        "INSERT INTO entries VALUES({0}, 1, 'run', 'a-1', 0, {0}, 0, 'i', 'e', '', 'done', '', "
        "'engine', 0, '0', '', zeroblob(32), zeroblob(32), '{{}}', '{1}')",
        seq, state)));
  good(bare.database->run("UPDATE head SET seq = 2"));
  bare.database.reset();
  const auto store = good(Store::open_for_verifying(bare.folder.store(), noon));
  CHECK(good(store->database().text("SELECT group_concat(made, ',') FROM run_states")) == ",x");
  CHECK(good(verify_journal(store->database(), "", nullptr)).broken->seq == 1);
}

TEST_CASE("a newer store is refused, by driver and reader, and not changed") {
  const Folder folder;
  make_store(folder.store());
  const auto put_version = [&](std::int64_t version) {
    const auto database = good(Database::open(folder.store(), Access::write));
    good(database->run(fmt::format("PRAGMA user_version = {}", version)));
  };
  put_version(schema_version() + 1);
  const std::string before = good(bytes_of(folder.store()));
  const std::vector<std::string> words{folder.store(), "newer pawl",
                                       fmt::format("version {}", schema_version() + 1),
                                       fmt::format("version {}", schema_version())};
  check_refused(Store::open_for_driving(folder.store(), holder), Fault::store, words);
  check_refused(Store::open_for_reading(folder.store(), noon), Fault::store, words);
  CHECK(good(bytes_of(folder.store())) == before);
  const auto database = good(Database::open(folder.store(), Access::write));
  check_refused(migrate(*database, migrations()), Fault::store, words);
  check_refused(is_current(*database), Fault::store, words);
}

TEST_CASE("a version that is not ours is seen even where it lies in the log alone") {
  for (const auto& [version, words] : {std::pair{schema_version() + 1, "newer pawl"},
                                       {std::int64_t{-1}, "version -1, which no pawl writes"}}) {
    const Folder folder;
    make_store(folder.store());
    const auto other = good(Database::open(folder.store(), Access::write));
    for (const char* checkpoint : {"", "; PRAGMA wal_checkpoint(TRUNCATE)"}) {
      good(other->run(fmt::format("PRAGMA user_version = {}{}", version, checkpoint)));
      check_refused(Store::open_for_driving(folder.store(), holder), Fault::store, {words});
      check_refused(Store::open_for_reading(folder.store(), noon), Fault::store, {words});
      check_refused(Store::open_for_levers(folder.store(), noon), Fault::store, {words});
      check_refused(migrate(*other, migrations()), Fault::store, {words});
    }
  }
}

TEST_CASE("whoever opens an older store brings it up to date, unless an older pawl drives it") {
  for (const bool reads : {true, false}) {
    CAPTURE(reads);
    Bare bare;
    good(bare.database->run(fmt::format("PRAGMA application_id = {}", store_application_id)));
    CHECK_FALSE(good(is_current(*bare.database)));
    bare.database.reset();
    const auto open = [&] {
      return reads ? Store::open_for_reading(bare.folder.store(), noon)
                   : Store::open_for_levers(bare.folder.store(), noon);
    };
    {
      const auto lock = good(DriverLock::take(bare.folder.store(), holder));
      check_refused(open(), Fault::store, {bare.folder.store(), "4711", "older pawl"});
    }
    const auto store = good(open());
    CHECK(good(is_current(store->database())));
    good(Store::open_for_driving(bare.folder.store(), holder));  // nothing holds it any more
  }
}

TEST_CASE("a driver waits for whoever brings an older store up to date at that moment") {
  Bare bare;
  good(bare.database->run(fmt::format("PRAGMA application_id = {}", store_application_id)));
  bare.database.reset();
  auto lock = good(DriverLock::take(bare.folder.store(), holder));
  std::thread other([&lock] {
    std::this_thread::sleep_for(std::chrono::milliseconds{200});
    lock.reset();
  });
  const auto driving = Store::open_for_driving(bare.folder.store(), holder);
  other.join();
  CHECK_MESSAGE(driving, driving.error().what);
}

TEST_CASE("entries and what a rollout was started with are only added, without a gap") {
  const Folder folder;
  make_store(folder.store());
  const auto database = good(Database::open(folder.store(), Access::write));
  good(database->run("CREATE TEMP TABLE copy AS SELECT * FROM entries WHERE seq = 10"));
  struct Row {
    const char* sql;
    const char* word;
  };
  for (const Row& row : {
           Row{"UPDATE entries SET data = '{}' WHERE seq = 3", "never changed"},
           Row{"UPDATE entries SET seq = 11 WHERE seq = 10", "never changed"},
           Row{"DELETE FROM entries WHERE seq = 10", "never removed"},
           Row{"DELETE FROM entries", "never removed"},
           Row{"UPDATE copy SET seq = 12; INSERT INTO entries SELECT * FROM copy", "gap"},
           Row{"UPDATE copy SET seq = 10; INSERT INTO entries SELECT * FROM copy", "gap"},
           Row{"UPDATE copy SET seq = 0; INSERT INTO entries SELECT * FROM copy", "gap"},
           Row{"UPDATE copy SET seq = 10; INSERT OR REPLACE INTO entries SELECT * FROM copy",
               "gap"},
           Row{"UPDATE copy SET seq = NULL; INSERT INTO entries SELECT * FROM copy", "gap"},
           Row{"UPDATE runs SET name = 'x'", "frozen"},
           Row{"DELETE FROM runs", "never removed"},
           Row{"UPDATE waves SET total = 9", "frozen"},
           Row{"DELETE FROM waves", "never removed"},
           Row{"UPDATE rollouts SET plan = 'x'", "frozen"},
           Row{"UPDATE rollouts SET id = 'x'", "frozen"},
           Row{"DELETE FROM rollouts", "never removed"},
           Row{"UPDATE head SET hash = 'text of thirty-two bytes, no blob'", "BLOB"},
           Row{"UPDATE head SET hash = x'00'", "CHECK"},
           Row{"INSERT INTO head VALUES(2, 0, zeroblob(32))", "CHECK"},
           Row{"UPDATE run_states SET last_seq = 'many'", "INTEGER"},
           Row{"INSERT INTO leases(account, level, at) VALUES('a', -1.0, 0)", "CHECK"},
       }) {
    CAPTURE(row.sql);
    check_refused(database->run(row.sql), Fault::store, {folder.store(), row.word});
  }
  good(database->run("UPDATE copy SET seq = 11; INSERT INTO entries SELECT * FROM copy"));
}

// So SQLite need not be ready to take back the entry alone, for which it would copy pages.
TEST_CASE("an entry with a gap before it takes all back that was to be kept with it") {
  const Folder folder;
  make_store(folder.store());
  const auto database = good(Database::open(folder.store(), Access::write));
  good(database->run("CREATE TEMP TABLE copy AS SELECT * FROM entries WHERE seq = 10"));
  good(database->run("UPDATE copy SET seq = 12; BEGIN; UPDATE run_states SET state = 'x'"));
  check_refused(database->run("INSERT INTO entries SELECT * FROM copy"), Fault::store, {"gap"});
  CHECK(!database->run("COMMIT"));
  CHECK(good(database->integer("SELECT count(*) FROM run_states WHERE state = 'x'")) == 0);
}
