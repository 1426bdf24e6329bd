#include "storage/log_vfs.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>

#include <filesystem>

#include "tests/storage/sample.h"
#include "tests/support/faulty_disk.h"

using namespace pawl;
using namespace pawl::test;

namespace {

/// A file with a log, open for writing. Nothing is taken from the log into the file by itself, so
/// that what is written is the log's.
struct Logged {
  Folder folder;
  std::unique_ptr<Database> database;

  Logged() {
    write_bytes(folder.store(), "");
    database = good(Database::open(folder.store(), Access::write));
    good(
        database->run("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; "
                      "PRAGMA wal_autocheckpoint = 0; CREATE TABLE t(a INTEGER PRIMARY KEY, b)"));
  }
  std::unique_ptr<Database> reader() const {
    return good(Database::open(folder.store(), Access::read));
  }
};

/// SQL for that many rows of a page each, with values that tell them apart.
std::string rows(int from, int count) {
  return fmt::format(
      "WITH RECURSIVE n(i) AS (VALUES({}) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {}) "
      "INSERT OR REPLACE INTO t SELECT i, printf('%.*c', 3000, char(97 + i % 26)) FROM n",
      from, from + count);
}

/// Whether those rows are as rows() has them.
bool has(Database& database, int from, int count) {
  return good(database.integer(fmt::format("SELECT count(*) FROM t WHERE a >= {} AND a < {} "
                                           "AND b = printf('%.*c', 3000, char(97 + a % 26))",
                                           from, from + count))) == count;
}

}  // namespace

TEST_CASE("a commit of many pages is written with few calls") {
  FaultyDisk disk;
  const Logged logged;
  const std::int64_t before = disk.operations();
  good(logged.database->run(rows(0, 100)));
  // Four pieces of some 120 KiB and a sync; one by one they would be two hundred.
  CHECK(disk.operations() - before < 10);
  CHECK(std::filesystem::file_size(logged.folder.store() + "-wal") > 100 * 4'096);
}

TEST_CASE("whoever reads beside sees a commit at once, and nothing before it") {
  const Logged logged;
  const auto reader = logged.reader();
  for (int commit = 0; commit < 20; ++commit) {
    if (commit == 10) good(logged.database->run("PRAGMA synchronous = NORMAL"));
    Transaction writing(*logged.database);
    good(writing.begin_write());
    good(logged.database->run(rows(commit * 7, 7)));
    CHECK(good(reader->integer("SELECT count(*) FROM t")) == commit * 7);
    good(writing.commit());
    CHECK(has(*reader, 0, (commit + 1) * 7));
  }
}

TEST_CASE("what a cache has no room for is read back out of the log before the commit") {
  const Logged logged;
  good(logged.database->run("PRAGMA cache_size = 10"));
  for (const std::string end : {"ROLLBACK", "COMMIT"}) {
    CAPTURE(end);
    good(logged.database->run("BEGIN IMMEDIATE"));
    good(logged.database->run(rows(0, 500)));
    // The last of what the cache gave up may not be in the file yet.
    CHECK(has(*logged.database, 450, 50));
    // Pages that stand in the log already change again.
    good(logged.database->run("UPDATE t SET b = 'x' WHERE a % 3 = 0"));
    CHECK_FALSE(has(*logged.database, 0, 500));
    good(logged.database->run(rows(0, 500)));
    CHECK(has(*logged.database, 0, 500));
    good(logged.database->run(end));
    const bool kept = end == "COMMIT";
    const auto reader = logged.reader();
    CHECK(good(reader->integer("SELECT count(*) FROM t")) == (kept ? 500 : 0));
    CHECK(has(*reader, 0, 500) == kept);
    CHECK(good(reader->text("PRAGMA integrity_check")) == "ok");
  }
  good(logged.database->run("PRAGMA wal_checkpoint(TRUNCATE)"));
  CHECK(has(*logged.reader(), 0, 500));
}

TEST_CASE("a log that cannot be opened is told of, and of a disk without room too") {
  FaultyDisk disk;
  Logged logged;
  logged.database.reset();
  std::filesystem::create_directory(logged.folder.store() + "-wal");
  const auto database = good(Database::open(logged.folder.store(), Access::write));
  check_refused(database->run(rows(0, 1)), Fault::store, {logged.folder.store()});
  std::filesystem::remove(logged.folder.store() + "-wal");
  good(database->run("PRAGMA synchronous = FULL; " + rows(0, 1)));

  disk.fail_at(disk.operations() + 1, Failure::full, Lasting::once);
  check_refused(database->run(rows(0, 50)), Fault::store, {"no room to grow", "the disk is full"});
  CHECK(good(database->integer("SELECT count(*) FROM t")) == 1);
  good(database->run(rows(0, 50)));
  CHECK(has(*database, 0, 50));
}

TEST_CASE("a limit on file sizes is told as want of room") {
  const Logged logged;
  good(logged.database->run(rows(0, 10)));
  rlimit unlimited{};
  REQUIRE(getrlimit(RLIMIT_FSIZE, &unlimited) == 0);
  rlimit limited = unlimited;
  limited.rlim_cur = std::filesystem::file_size(logged.folder.store() + "-wal") + 5'000;
  signal(SIGXFSZ, SIG_IGN);
  REQUIRE(setrlimit(RLIMIT_FSIZE, &limited) == 0);
  const Outcome refused = logged.database->run(rows(10, 10));
  REQUIRE(setrlimit(RLIMIT_FSIZE, &unlimited) == 0);
  check_refused(refused, Fault::store, {"no room to grow", "a limit on file sizes"});
  good(logged.database->run(rows(10, 10)));
  CHECK(has(*logged.reader(), 0, 20));
}

TEST_CASE("each connection has a VFS of its own, known only while it lives") {
  std::string name;
  {
    const LogVfs one, other;
    name = one.name();
    CHECK(name != other.name());
    CHECK(sqlite3_vfs_find(name.c_str()) != nullptr);
    CHECK(sqlite3_vfs_find(nullptr) != sqlite3_vfs_find(name.c_str()));
  }
  CHECK(sqlite3_vfs_find(name.c_str()) == nullptr);
}
