// A store on a disk that fills up, errs or loses its power: whatever a commit said is kept, and
// nothing is kept in part.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "storage/verify.h"
#include "tests/storage/sample.h"
#include "tests/support/faulty_disk.h"
#include "tests/support/thorough.h"

using namespace pawl;
using namespace pawl::test;

namespace {

/// How far a story was told.
struct Progress {
  std::size_t committed = 0;  ///< turns
  std::optional<Error> error;
};

/// Opens the store, making it where it is missing, and commits `turns` from `first` on. A turn that
/// was not committed is tried once more, as nobody should.
Progress tell(const std::string& path, const std::vector<Turn>& turns, std::size_t first = 0) {
  Progress told{first, std::nullopt};
  auto driving = drive(path);
  if (!driving) return {first, driving.error()};
  // The log is copied into the file, and begun anew, several times within a short story.
  const Outcome set = driving->store->database().run("PRAGMA wal_autocheckpoint = 12");
  if (!set) return {first, set.error()};
  for (std::size_t turn = first; turn < turns.size(); ++turn) {
    const Outcome committed = driving->journal->commit(turns[turn].batch());
    if (!committed && !told.error) told.error = committed.error();
    if (!committed && !driving->journal->commit(turns[turn].batch())) return told;
    ++told.committed;
  }
  return told;
}

/// The number of turns that the store holds, each whole, with the lease and the sign of life that
/// were committed with the last.
std::size_t turns_kept(const std::string& path, const std::vector<Turn>& turns) {
  const auto store = good(Store::open_for_driving(path, holder));
  const Verified verified = good(verify_journal(store->database(), "", nullptr));
  REQUIRE_MESSAGE(!verified.broken, verified.broken->what);
  const std::vector<StoredEntry> found = history(store->database());
  std::size_t kept = 0, entry = 0;
  for (; kept < turns.size() && entry < found.size(); ++kept) {
    for (const Entry& expected : turns[kept].entries) {
      REQUIRE(entry < found.size());
      REQUIRE(found[entry++].entry == expected);
    }
  }
  REQUIRE(entry == found.size());
  const auto journal = good(SqliteJournal::make(store->database(), holder));
  const auto sign = good(AuditReader(store->database()).driver());
  const auto lease = good(journal->lease("account"));
  REQUIRE(lease.has_value() == (kept > 0));
  REQUIRE(sign.has_value() == (kept > 0));
  if (kept > 0) {
    CHECK(*lease == *turns[kept - 1].lease);
    CHECK(sign->calls == turns[kept - 1].pulse->calls);
  }
  return kept;
}

/// What a start after the failure finds, and that it can go on to the end of the story.
void check_resumes(const std::string& path, const std::vector<Turn>& turns, const Progress& told) {
  const std::size_t kept = turns_kept(path, turns);
  CHECK(kept >= told.committed);
  CHECK(kept <= told.committed + (told.error ? 1 : 0));
  const Progress rest = tell(path, turns, kept);
  CHECK_MESSAGE(!rest.error, rest.error->what);
  CHECK(turns_kept(path, turns) == turns.size());
}

std::int64_t operations_of(const std::vector<Turn>& turns) {
  const Folder folder;
  const FaultyDisk disk;
  const Progress told = tell(folder.store(), turns);
  REQUIRE(!told.error);
  return disk.operations();
}

}  // namespace

TEST_CASE("a failure of the disk at any operation loses nothing that was committed") {
  const std::vector<Turn> turns = story(5);
  const std::int64_t operations = operations_of(turns);
  REQUIRE(operations > 50);
  int failed = 0;
  for (const Failure failure : {Failure::full, Failure::broken}) {
    for (const Lasting lasting : {Lasting::once, Lasting::from_then_on}) {
      for (std::int64_t at = 1; at <= operations; at += thorough ? 1 : 3) {
        CAPTURE(failure);
        CAPTURE(lasting);
        CAPTURE(at);
        const Folder folder;
        FaultyDisk disk;
        disk.fail_at(at, failure, lasting);
        const Progress told = tell(folder.store(), turns);
        disk.heal();
        if (told.error) {
          ++failed;
          check_refused(Outcome(*told.error), Fault::store,
                        {folder.store(),
                         failure == Failure::full ? "then give the command again" : "failed"});
        } else {
          CHECK(told.committed == turns.size());
        }
        check_resumes(folder.store(), turns, told);
      }
    }
  }
  CHECK(failed > (thorough ? operations : operations / 3));
}

TEST_CASE("a power cut at any operation loses nothing that was committed") {
  const std::vector<Turn> turns = story(5);
  const std::int64_t operations = operations_of(turns);
  for (const Unsynced unsynced :
       {Unsynced::lost, Unsynced::kept, Unsynced::torn, Unsynced::scattered}) {
    for (std::int64_t at = 1; at <= operations; at += thorough ? 1 : 3) {
      CAPTURE(unsynced);
      CAPTURE(at);
      const Folder folder;
      FaultyDisk disk;
      disk.cut_power_at(at);
      const Progress told = tell(folder.store(), turns);
      REQUIRE(disk.power_is_off());
      disk.restore_power(unsynced, static_cast<std::uint32_t>(at));
      check_resumes(folder.store(), turns, told);
    }
  }
}

TEST_CASE("a power cut long after a sync that failed loses nothing that was committed since") {
  const std::vector<Turn> turns = story(5);
  const Folder folder;
  FaultyDisk disk;
  {
    const Driving driving = good(drive(folder.store()));
    good(driving.journal->commit(turns[0].batch()));
    disk.fail_next_sync();
    check_refused(driving.journal->commit(turns[1].batch()), Fault::store, {"failed"});
    disk.cut_power_at(disk.operations());
  }
  disk.go_on_after_kill();
  // The next start reads the failed turn from the system's cache, and builds on it.
  Progress told;
  {
    const Driving driving = good(drive(folder.store()));
    CHECK(history(driving.store->database()).size() ==
          turns[0].entries.size() + turns[1].entries.size());
    for (told.committed = 2; told.committed < 4; ++told.committed)
      good(driving.journal->commit(turns[told.committed].batch()));
    disk.cut_power_at(disk.operations());
  }
  disk.restore_power(Unsynced::lost, 1);
  check_resumes(folder.store(), turns, told);
}

TEST_CASE("the disk of these tests forgets what was not synced") {
  for (const bool syncs : {false, true}) {
    CAPTURE(syncs);
    const Folder folder;
    write_bytes(folder.store(), "");
    FaultyDisk disk;
    {
      const auto database = good(Database::open(folder.store(), Access::write));
      good(database->run("PRAGMA journal_mode = WAL; CREATE TABLE t(a); PRAGMA wal_checkpoint;"));
      good(database->run(syncs ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL"));
      good(database->run("INSERT INTO t VALUES(1)"));
      disk.cut_power_at(disk.operations() + 1);
      CHECK(!database->run("INSERT INTO t VALUES(2)"));
    }
    disk.restore_power(Unsynced::lost, 1);
    const auto database = good(Database::open(folder.store(), Access::write));
    CHECK(good(database->integer("SELECT count(*) FROM t")) == (syncs ? 1 : 0));
  }
}

TEST_CASE("a failed COMMIT ends all further commits, whatever the disk does then") {
  const std::vector<Turn> turns = story(3);
  const Folder folder;
  FaultyDisk disk;
  {
    const Driving driving = good(drive(folder.store()));
    good(driving.journal->commit(turns[0].batch()));
    const Head before = driving.journal->head();
    disk.fail_next_sync();
    check_refused(driving.journal->commit(turns[1].batch()), Fault::store, {folder.store()});
    for (int again = 0; again < 2; ++again) {
      check_refused(driving.journal->commit(turns[1].batch()), Fault::store,
                    {folder.store(), "tail", "pawl resume"});
    }
    CHECK(driving.journal->head() == before);
  }
  const std::size_t kept = turns_kept(folder.store(), turns);
  CHECK(kept >= 1);
  CHECK(kept <= 2);
}

TEST_CASE("a disk that can only be read is told apart from one that is broken") {
  const Folder folder;
  make_store(folder.store());
  FaultyDisk disk;
  disk.allow_reading_only();
  check_refused(Store::open_for_driving(folder.store(), holder), Fault::store,
                {folder.store(), "cannot be written"});
  disk.heal();
  CHECK(turns_kept(folder.store(), story(3)) == 3);
}
