#include "storage/schema_check.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "engine/digest.h"
#include "engine/version.h"
#include "storage/schema.h"
#include "storage/verify.h"
#include "tests/storage/sample.h"
#include "tests/storage/tampering.h"

using namespace pawl;
using namespace pawl::test;

namespace {

void do_to(const std::string& path, const std::string& sql) {
  const auto database = good(Database::open(path, Access::write));
  good(database->run(sql));
}

void check_nobody_takes(const std::string& path, const std::vector<std::string>& words) {
  check_refused(Store::open_for_reading(path, noon), Fault::store, words);
  check_refused(Store::open_for_levers(path, noon), Fault::store, words);
  check_refused(Store::open_for_driving(path, holder), Fault::store, words);
}

/// What makes `table` anew, with all that it holds, without `what` in the text that makes it.
std::string made_anew(const std::string& path, const std::string& table, const std::string& what) {
  const auto database = good(Database::open(path, Access::read));
  std::string sql =
      good(database->text("SELECT sql FROM sqlite_schema WHERE name = '" + table + "'"));
  const std::size_t at = sql.find(what);
  REQUIRE(at != std::string::npos);
  sql.erase(at, what.size());
  return fmt::format(
      "CREATE TEMP TABLE kept AS SELECT * FROM {0}; DROP TABLE {0}; {1}; "
      "INSERT INTO {0} SELECT * FROM kept",
      table, sql);
}

}  // namespace

TEST_CASE("a store in which anything else is made than by pawl is refused, and what it is named") {
  struct Deed {
    const char* sql;
    const char* words;
  };
  for (const Deed& deed : {
           Deed{"CREATE TRIGGER x AFTER INSERT ON levers BEGIN UPDATE levers SET answered = 1 "
                "WHERE id = NEW.id; END",
                "has the trigger x on levers, which pawl does not make"},
           Deed{"DROP TRIGGER entries_never_change", "lacks the trigger entries_never_change"},
           Deed{"DROP TRIGGER runs_never_go; CREATE TRIGGER runs_never_go BEFORE DELETE ON runs "
                "BEGIN SELECT 1; END",
                "has another trigger runs_never_go than pawl makes"},
           Deed{"ALTER TABLE entries RENAME TO kept; "
                "CREATE VIEW entries AS SELECT * FROM kept WHERE seq <> 5",
                "lacks the table entries"},
           Deed{"PRAGMA writable_schema = ON; UPDATE sqlite_schema SET "
                "sql = replace(sql, 'CHECK(level >= 0)', 'CHECK(level >= 1)') "
                "WHERE name = 'leases'",
                "has another table leases than pawl makes"},
           Deed{"DROP INDEX levers_waiting", "lacks the index levers_waiting"},
           Deed{"DROP INDEX levers_waiting; CREATE INDEX levers_waiting ON levers(rollout, id) "
                "WHERE answered = 1",
                "has another index levers_waiting than pawl makes"},
           Deed{"CREATE UNIQUE INDEX x ON leases(level)",
                "has the index x on leases, which pawl does not make"},
           Deed{"ALTER TABLE leases ADD COLUMN more TEXT", "has another table leases"},
       }) {
    CAPTURE(deed.sql);
    const Folder folder;
    make_store(folder.store());
    do_to(folder.store(), deed.sql);
    const std::string before = good(bytes_of(folder.store()));
    check_nobody_takes(folder.store(), {folder.store(), deed.words, "backup"});
    const Verified verified = good(verify_store(folder.store()));
    REQUIRE(verified.broken);
    CHECK(verified.broken->seq == 0);
    CHECK(verified.broken->what.find(deed.words) != std::string::npos);
    CHECK(good(bytes_of(folder.store())) == before);
  }
}

TEST_CASE("a table that is made anew without its types or its bounds is refused") {
  struct Deed {
    const char *table, *what;
  };
  for (const Deed& deed : {Deed{"leases", " STRICT"}, {"driver", "CHECK(id = 1)"}}) {
    CAPTURE(deed.table);
    const Folder folder;
    make_store(folder.store());
    do_to(folder.store(), made_anew(folder.store(), deed.table, deed.what));
    check_nobody_takes(folder.store(), {fmt::format("has another table {} than", deed.table)});
  }
}

TEST_CASE("what people make for questions of their own is let be") {
  const Folder folder;
  make_store(folder.store());
  do_to(folder.store(),
        "CREATE INDEX by_event ON entries(event); CREATE VIEW mine AS SELECT seq FROM entries; "
        "CREATE TABLE notes(id INTEGER PRIMARY KEY AUTOINCREMENT, word TEXT UNIQUE); "
        "INSERT INTO notes(word) VALUES('x'); ANALYZE");
  good(Store::open_for_reading(folder.store(), noon));
  good(Store::open_for_levers(folder.store(), noon));
  good(drive(folder.store()));
  CHECK(!good(verify_store(folder.store())).broken);
}

TEST_CASE("a store of any version has what its version makes, and so when it is brought along") {
  for (std::int64_t version = 1; version < schema_version(); ++version) {
    CAPTURE(version);
    const Folder folder;
    write_bytes(folder.store(), "");
    {
      const auto database = good(Database::open(folder.store(), Access::write));
      good(migrate(*database, migrations().first(static_cast<std::size_t>(version))));
      CHECK(!good(flaw_in_schema(*database)));
    }
    good(Store::open_for_reading(folder.store(), noon));
    CHECK(!good(verify_store(folder.store())).broken);
  }
}

TEST_CASE("an older store with a trigger of somebody's is not brought along") {
  const Folder folder;
  write_bytes(folder.store(), "");
  {
    const auto database = good(Database::open(folder.store(), Access::write));
    good(migrate(*database, migrations().first(4)));
    good(database->run("CREATE TRIGGER x AFTER UPDATE ON run_states BEGIN SELECT 1; END"));
  }
  check_nobody_takes(folder.store(), {"has the trigger x on run_states"});
  const auto database = good(Database::open(folder.store(), Access::read));
  CHECK(good(database->integer("PRAGMA user_version")) == 4);
}

TEST_CASE("a new version of the engine is a question to the schema") {
  // An older pawl reads no entry that it cannot. Only a person can tell whether there are such.
  const std::string known_engine = "0.8.0";
  CHECK_MESSAGE(engine_version == known_engine,
                "can its entries hold what an older pawl cannot read? If so, add a step to the "
                "schema; then write the version down here");
}

TEST_CASE("no step that a released pawl took makes anything else today, to the letter") {
  // Stores that were made so long ago would be refused.
  const std::vector<std::string> known{"6c1d38cef3b433c0", "049b052c1f57fcbc", "b49114ef11aec479",
                                       "163529b0eb4389a1", "85b88edfcba92fc2", "c2607309238ba0ef",
                                       "fc8c91e6ad4be5ca", "6f5744b1f4500884", "9a8e7520f337a3ec",
                                       "9a8e7520f337a3ec", "9a8e7520f337a3ec", "37052386a9d49147",
                                       "37052386a9d49147"};
  REQUIRE(std::ssize(known) == schema_version());
  for (std::size_t version = 1; version <= known.size(); ++version) {
    CAPTURE(version);
    const auto database = good(Database::open(":memory:", Access::write));
    good(migrate(*database, migrations().first(version)));
    std::string listing;
    good(database->each("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name",
                        [&listing](const Statement& row) {
                          listing.append(row.text(0)).append("\n").append(row.text(1)) += '\n';
                        }));
    CHECK(pawl::sha256_hex(listing).substr(0, 16) == known[version - 1]);
  }
}
