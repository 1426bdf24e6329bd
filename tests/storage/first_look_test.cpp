#include "storage/first_look.h"

#include <doctest/doctest.h>
#include <fmt/core.h>

#include <atomic>
#include <filesystem>
#include <thread>

#include "storage/file_head.h"
#include "storage/store_file.h"
#include "storage/verify.h"
#include "tests/storage/sample.h"
#include "tests/storage/tampering.h"
#include "tests/support/thorough.h"

using namespace pawl;
using namespace pawl::test;

namespace {

/// The log of another store, in which `turns` of another rollout were told.
std::string log_of_another(std::size_t turns, std::int32_t rest) {
  const Folder folder;
  const Driving driving = good(drive(folder.store()));
  const NewRollout rollout = sample_rollout(2, rest);
  const auto entries = starting_entries(rollout, noon);
  good(driving.journal->commit({&rollout, entries, nullptr, nullptr}));
  for (std::size_t turn = 1; turn < turns; ++turn) {
    const Entry more = about_rollout(rollout, noon, "running", "running");
    good(driving.journal->commit({nullptr, {&more, 1}, nullptr, nullptr}));
  }
  return good(bytes_of(folder.store() + "-wal"));
}

void check_not_written(const std::string& path, const std::vector<std::string>& words) {
  const std::string before = good(bytes_of(path));
  check_refused(Store::open_for_levers(path, noon), Fault::store, words);
  check_refused(Store::open_for_driving(path, holder), Fault::store, words);
  CHECK(good(bytes_of(path)) == before);
}

}  // namespace

TEST_CASE("the log of another store is refused, not written into this one, and can be taken away") {
  for (const std::size_t turns : {1U, 2U, 9U, 200U}) {
    for (const std::int32_t rest : {0, 1, 60}) {
      CAPTURE(turns);
      CAPTURE(rest);
      const Folder folder;
      const std::string head = make_store(folder.store());
      const std::string log = folder.store() + "-wal", aside = folder.path() + "/aside";
      write_bytes(log, log_of_another(turns, rest));
      check_not_written(folder.store(), {folder.store(), log, "another store's", "aside"});
      check_refused(Store::open_for_reading(folder.store(), noon), Fault::store, {log});
      CHECK(good(verify_store(folder.store())).broken);
      std::filesystem::rename(log, aside);
      CHECK(!good(verify_store(folder.store(), head)).broken);
    }
  }
}

TEST_CASE("a log of the store's own is taken up, however much of it is in the file") {
  const std::vector<Turn> turns = story(6);
  const Folder folder, copy;
  for (const char* checkpoint : {"", "PRAGMA wal_checkpoint(PASSIVE)"}) {
    CAPTURE(checkpoint);
    std::filesystem::remove(folder.store());
    const Driving driving = good(drive(folder.store()));
    for (std::size_t turn = 0; turn < turns.size(); ++turn) {
      good(driving.journal->commit(turns[turn].batch()));
      if (turn == 3) good(driving.store->database().run(checkpoint));
      write_bytes(copy.store(), good(bytes_of(folder.store())));
      write_bytes(copy.store() + "-wal", good(bytes_of(folder.store() + "-wal")));
      std::filesystem::remove(copy.store() + "-shm");
      CHECK(!good(verify_store(copy.store(), driving.journal->head().hash.hex())).broken);
      good(Store::open_for_levers(copy.store(), noon));
    }
  }
}

TEST_CASE("a store is sound at every moment of a driver that commits and copies its log") {
  const Folder folder;
  std::atomic<bool> ended{false};
  Driving driving = good(drive(folder.store()));
  good(driving.store->database().run("PRAGMA wal_autocheckpoint = 3"));
  std::string why;
  std::thread other([&] {
    while (!ended && why.empty()) {
      const auto reading = Store::open_for_reading(folder.store(), noon);
      const auto writing = Store::open_for_levers(folder.store(), noon);
      if (!reading) why = reading.error().what;
      if (!writing) why = writing.error().what;
    }
  });
  Outcome told = Done{};
  for (const Turn& turn : story(thorough ? 5'000 : 400)) {
    if (told) told = driving.journal->commit(turn.batch());
  }
  ended = true;
  other.join();
  CHECK_MESSAGE(told, told.error().what);
  CHECK_MESSAGE(why.empty(), why);
}

TEST_CASE("the head is read as it lies in the file") {
  const Folder folder;
  const Driving driving = good(drive(folder.store()));
  Database& database = driving.store->database();
  CHECK(good(head_in_file(database))->seq == 0);
  std::size_t told = 0;
  for (const Turn& turn : story(50)) {
    const std::int64_t before = good(head_in_file(database))->seq;
    good(driving.journal->commit(turn.batch()));
    CHECK(good(head_in_file(database))->seq == before);
    if (++told % 2 == 0) continue;
    good(database.run("PRAGMA wal_checkpoint(PASSIVE)"));
    const auto head = good(head_in_file(database));
    REQUIRE(head);
    CHECK(head->seq == driving.journal->head().seq);
    CHECK(head->hash == driving.journal->head().hash.view());
  }
}

TEST_CASE("a store that is not sound at first sight is not written to") {
  struct Deed {
    const char* sql;
    const char* words;
  };
  for (const Deed& deed : {
           Deed{"UPDATE head SET seq = 9", "its last entry is not the one that its head names"},
           Deed{"UPDATE head SET hash = zeroblob(32)", "its last entry is not"},
           Deed{"DELETE FROM head", "its last entry is not"},
           Deed{"DELETE FROM entries WHERE seq = 7", "its last entries do not follow each other"},
           Deed{"UPDATE entries SET prev_hash = zeroblob(32) WHERE seq = 4", "do not follow"},
           Deed{"UPDATE entries SET prev_hash = zeroblob(31) WHERE seq = 4", "do not follow"},
           Deed{"UPDATE entries SET hash = zeroblob(33) WHERE seq = 10", "its last entry is not"},
           Deed{"UPDATE run_states SET last_seq = 11 WHERE run = 100", "that it does not have"},
           Deed{"UPDATE rollouts SET last_seq = 11", "that it does not have"},
           Deed{"UPDATE waves SET last_seq = 11", "that it does not have"},
           Deed{"UPDATE run_states SET last_seq = 9 WHERE run = 102", "its last entry is about"},
           Deed{"UPDATE run_states SET state = 'x' WHERE run = 102", "its last entry is about"},
           Deed{"INSERT INTO obligations VALUES(11, 1, 101, 'k', 0)", "an obligation of an entry"},
       }) {
    CAPTURE(deed.sql);
    const Folder folder;
    make_store(folder.store());
    tamper(folder.store(), deed.sql);
    check_not_written(folder.store(), {folder.store(), deed.words, "pawl audit verify", "backup"});
    good(Store::open_for_reading(folder.store(), noon));
  }
}

TEST_CASE("a small store whose pages do not fit together is not written to") {
  const Folder folder;
  make_store(folder.store());
  const std::size_t root = root_of(folder.store(), "deliveries");
  std::string bytes = good(bytes_of(folder.store()));
  bytes.replace((root - 1) * page_bytes, page_bytes, page_bytes, '\0');
  write_bytes(folder.store(), bytes);
  check_not_written(folder.store(), {folder.store(), "damaged", "backup"});
}

TEST_CASE("a last entry that does not say what it was hashed with is nothing to go on from") {
  for (const char* changed : {"data = '{}'", "state = '{}'", "actor = 'eve@host'", "at = at + 1",
                              "attempt = 7", "engine_version = '9'"}) {
    for (const char* which : {"max(seq)", "max(seq) - 3"}) {
      CAPTURE(changed);
      CAPTURE(which);
      const Folder folder;
      make_store(folder.store());
      tamper(folder.store(), fmt::format("UPDATE entries SET {} WHERE seq = (SELECT {} FROM "
                                         "entries)",
                                         changed, which));
      check_not_written(folder.store(), {folder.store(), "is damaged", "its hash was made of",
                                         "pawl audit verify"});
    }
  }
}

TEST_CASE("a last entry of no year that there is is nothing to count on from") {
  for (const Instant at : {Instant::max(), Instant{Duration{253'402'300'800'000}}}) {
    const Folder folder;
    {
      const Driving driving = good(drive(folder.store()));
      std::vector<Turn> turns = story(1);
      turns[0].entries.back().at = at;
      good(driving.journal->commit(turns[0].batch()));
    }
    check_not_written(folder.store(), {folder.store(), "of no year that there is"});
  }
}
