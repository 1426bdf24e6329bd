// A store that is damaged in any way is refused or read in part, in words, and never ends its
// reader. Run it under sanitizers.
#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <string>

#include "storage/store_file.h"
#include "tests/storage/sample.h"
#include "tests/storage/tampering.h"
#include "tests/support/thorough.h"

using namespace pawl;
using namespace pawl::test;

namespace {

/// What went wrong while everything was asked of the store that a reader may ask.
class Asking {
 public:
  explicit Asking(const std::string& path) {
    const auto store = Store::open_for_reading(path, noon);
    note(store);
    if (!store) return;
    Database& database = (*store)->database();
    AuditReader audit(database);
    note(audit.rollouts());
    note(audit.rollout("plan-1"));
    note(audit.plan_of("plan-1"));
    note(audit.runs_of("id-1-1", ""));
    note(audit.runs_of("made-by-an-upgrade", ""));
    note(audit.unfinished());
    note(audit.unfinished_with("id-1-1"));
    note(audit.latest_of("plan"));
    note(audit.next_number("plan"));
    note(audit.next_run());
    note(audit.driver());
    for (const HistoryFilter& filter : filters())
      note(audit.history(filter, [](const StoredEntry& entry) { return entry.seq < 1'000'000; }));
    const auto verified = verify_journal(database, "", nullptr);
    note(verified);
    whole = verified && !verified->broken && errors == 0;
  }

  int errors = 0;
  bool whole = false;

 private:
  static std::vector<HistoryFilter> filters() {
    HistoryFilter by_rollout, by_instance, by_state;
    by_rollout.rollout = "plan-1";
    by_instance.instance = "id-1-1";
    by_state.state = "step1";
    by_state.reverse = true;
    return {HistoryFilter{}, by_rollout, by_instance, by_state};
  }

  template <typename T>
  void note(const Result<T>& result) {
    if (result) return;
    ++errors;
    // A rollout whose name was damaged is not there any more; nor is a file without a byte.
    const bool missing = result.error().fault == Fault::usage &&
                         result.error().what.find("no ") != std::string::npos;
    CHECK_MESSAGE((missing || result.error().fault == Fault::store), result.error().what);
    CHECK(result.error().what.find("pawl") != std::string::npos);
  }
};

/// A driver refuses it, or finds it good enough to go on; either in words.
void check_driver_survives(const std::string& path) {
  const auto driving = drive(path);
  if (!driving) {
    CHECK_MESSAGE(driving.error().fault == Fault::store, driving.error().what);
    return;
  }
  const auto loaded = driving->journal->load("plan-1");
  if (!loaded) CHECK(loaded.error().what.find(path) != std::string::npos);
  const Outcome committed = driving->journal->commit(story(4).back().batch());
  if (!committed) CHECK(committed.error().fault == Fault::store);
}

class DamagedStore {
 public:
  DamagedStore() {
    make_store(folder_.store());
    whole_ = good(bytes_of(folder_.store()));
  }

  const std::string& whole() const { return whole_; }
  std::string path() const { return folder_.store(); }
  void put(const std::string& bytes) const {
    for (const char* suffix : {"-wal", "-shm"})
      std::remove((path() + suffix).c_str());
    write_bytes(path(), bytes);
  }

 private:
  Folder folder_;
  std::string whole_;
};

}  // namespace

TEST_CASE("a store cut at any length is refused or read in part, and never as whole") {
  const DamagedStore store;
  std::set<std::size_t> lengths{0, 1, 15, 16, 99, 100, 101, 511, 512};
  lengths.insert({page_bytes - 1, page_bytes, page_bytes + 1});
  for (std::size_t length = 0; length < store.whole().size(); length += 509)
    lengths.insert(length);
  for (const std::size_t length : lengths) {
    CAPTURE(length);
    // SQLite reads a last page that is cut as if zeros followed; where they did, nothing is lost.
    if (store.whole().find_first_not_of('\0', length) == std::string::npos) continue;
    store.put(store.whole().substr(0, length));
    CHECK(!Asking(store.path()).whole);
    // An empty file is none: a driver may make a store of it. Of the last page, an index's, a
    // driver may have no need.
    if (length > 0 && length + page_bytes <= store.whole().size()) CHECK(!drive(store.path()));
  }
}

TEST_CASE("a byte changed anywhere in the file ends neither a reader nor a driver") {
  const DamagedStore store;
  int noticed = 0, asked = 0;
  for (std::size_t at = 0; at < store.whole().size(); at += at < 200 ? 1 : thorough ? 97 : 291) {
    for (const int change : {0x01, 0xff}) {
      CAPTURE(at);
      CAPTURE(change);
      std::string damaged = store.whole();
      damaged[at] = static_cast<char>(damaged[at] ^ change);
      store.put(damaged);
      noticed += Asking(store.path()).whole ? 0 : 1;
      ++asked;
      check_driver_survives(store.path());
    }
  }
  // Most of a file is used, and most of what is used is seen; what is free may hold anything.
  CHECK(noticed > asked / 20);
}

TEST_CASE("a page of zeros, of rubbish or of another place ends neither a reader nor a driver") {
  const DamagedStore store;
  constexpr std::size_t page = page_bytes;
  const std::string rubbish(page, '\xa5'), zeros(page, '\0');
  // The driver's sign of life is in no chain: an empty table's page in its place is as good.
  const std::size_t unchained = (root_of(store.path(), "driver") - 1) * page;
  for (std::size_t at = 0; at < store.whole().size(); at += page) {
    for (const std::string& bytes :
         {zeros, rubbish, store.whole().substr(page, page),
          store.whole().substr((at + page) % store.whole().size(), page)}) {
      CAPTURE(at);
      CAPTURE(static_cast<int>(bytes[0]));
      std::string damaged = store.whole();
      damaged.replace(at, page, bytes);
      store.put(damaged);
      const bool tells_nothing = damaged == store.whole() || at == unchained;
      CHECK((tells_nothing || !Asking(store.path()).whole));
      check_driver_survives(store.path());
    }
  }
}

TEST_CASE("a log that is cut or damaged leaves a whole store of an earlier moment") {
  const Folder folder;
  const Folder copy;
  std::string wal;
  {
    const Driving driving = good(drive(folder.store()));
    for (const Turn& turn : story(3))
      good(driving.journal->commit(turn.batch()));
    wal = good(bytes_of(folder.store() + "-wal"));
    write_bytes(copy.store(), good(bytes_of(folder.store())));
  }
  const std::string head = make_store(folder.path() + "/same.db");
  std::set<std::int64_t> ends;
  const auto look = [&](const std::string& log) {
    std::remove((copy.store() + "-shm").c_str());
    write_bytes(copy.store() + "-wal", log);
    const Verified verified = good(verify_store(copy.store()));
    REQUIRE_MESSAGE(!verified.broken, verified.broken->what);
    ends.insert(verified.entries);
    // Only what was noted elsewhere tells that something is gone.
    CHECK(bool(good(verify_store(copy.store(), head)).broken) == (verified.entries < 10));
  };
  for (std::size_t length = 0; length < wal.size(); length += 1009)
    look(wal.substr(0, length));
  for (std::size_t at = 0; at < wal.size(); at += 1013) {
    std::string damaged = wal;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    look(damaged);
  }
  look(wal);
  CHECK(ends == std::set<std::int64_t>{0, 4, 7, 10});
}

TEST_CASE("a driver refuses a store whose head is not its last entry") {
  for (const char* sql : {"UPDATE head SET seq = 9", "UPDATE head SET hash = zeroblob(32)",
                          "DELETE FROM head", "DELETE FROM entries WHERE seq = 10"}) {
    CAPTURE(sql);
    const Folder folder;
    make_store(folder.store());
    tamper(folder.store(), sql);
    check_refused(drive(folder.store()), Fault::store, {folder.store(), "pawl audit verify"});
  }
}
