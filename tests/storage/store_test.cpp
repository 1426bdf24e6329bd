#include "storage/store.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "storage/store_file.h"
#include "tests/storage/sample.h"

using namespace pawl;
using namespace pawl::test;

namespace {

mode_t mode_of(const std::string& path) {
  struct stat found {};
  REQUIRE(lstat(path.c_str(), &found) == 0);
  return found.st_mode & 07777U;
}

std::vector<std::string> names_in(const std::string& directory) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(directory))
    names.push_back(entry.path().filename());
  std::sort(names.begin(), names.end());
  return names;
}

class Umask final {
 public:
  explicit Umask(mode_t mask) : before_(umask(mask)) {}
  Umask(const Umask&) = delete;
  Umask& operator=(const Umask&) = delete;
  ~Umask() { umask(before_); }

 private:
  mode_t before_;
};

/// Modes mean nothing to root, so these tests look as somebody else.
class AsNobody final {
 public:
  AsNobody() : before_(geteuid()) {
    if (before_ == 0) REQUIRE(seteuid(65534) == 0);
  }
  AsNobody(const AsNobody&) = delete;
  AsNobody& operator=(const AsNobody&) = delete;
  ~AsNobody() {
    if (geteuid() != before_) CHECK(seteuid(before_) == 0);
  }

 private:
  uid_t before_;
};

void check_both_refuse(const std::string& path, const std::vector<std::string>& words) {
  check_refused(Store::open_for_driving(path, holder), Fault::store, words);
  check_refused(Store::open_for_reading(path, noon), Fault::store, words);
}

}  // namespace

TEST_CASE("a store and all that lies beside it is its user's alone, whatever the umask") {
  for (const mode_t mask : {0000U, 0022U, 0077U, 0777U}) {
    CAPTURE(mask);
    const Folder folder;
    const std::string path = folder.path() + "/made/for/it/pawl.db";
    const Umask umask(mask);
    const Driving driving = good(drive(path));
    good(driving.journal->commit(story(1)[0].batch()));
    for (const char* suffix : {"", "-wal", "-shm", ".lock"}) {
      CAPTURE(suffix);
      CHECK(mode_of(path + suffix) == 0600);
    }
    CHECK(mode_of(folder.path() + "/made") == 0700);
    CHECK(mode_of(folder.path() + "/made/for/it") == 0700);
  }
}

TEST_CASE("a driver that ends leaves one whole file and its lock file") {
  const Folder folder;
  make_store(folder.store());
  CHECK(names_in(folder.path()) == std::vector<std::string>{"pawl.db", "pawl.db.lock"});
}

TEST_CASE("what is no pawl store is refused by its kind and left alone") {
  const Folder folder;
  const std::string path = folder.store();
  std::string word;
  SUBCASE("text") {
    write_bytes(path,
                "just some notes of a person, more than a hundred bytes of them, so that "
                "they are as long as a header would be");
    word = "not a SQLite database";
  }
  SUBCASE("a short text") {
    write_bytes(path, "notes");
    word = "not a SQLite database";
  }
  SUBCASE("another program's database") {
    write_bytes(path, "");
    const auto database = good(Database::open(path, Access::write));
    good(database->run("CREATE TABLE bookmarks(url)"));
    word = "another program's";
  }
  const std::string before = good(bytes_of(path));
  check_both_refuse(path, {path, word, "--store"});
  CHECK(good(bytes_of(path)) == before);
  CHECK(names_in(folder.path()) == std::vector<std::string>{"pawl.db"});
}

TEST_CASE("anything but a plain file with one name is refused") {
  const Folder folder;
  make_store(folder.store());
  const std::string other = folder.path() + "/other";
  const auto refuse = [&](const char* word) { check_both_refuse(other, {other, word, "--store"}); };
  SUBCASE("a directory") {
    std::filesystem::create_directory(other);
    refuse("a directory");
  }
  SUBCASE("a symbolic link") {
    std::filesystem::create_symlink(folder.store(), other);
    refuse("a symbolic link");
  }
  SUBCASE("a symbolic link to nothing") {
    std::filesystem::create_symlink(folder.path() + "/nothing", other);
    refuse("a symbolic link");
  }
  SUBCASE("a hard link") {
    std::filesystem::create_hard_link(folder.store(), other);
    refuse("more than one name");
  }
  SUBCASE("a pipe") {
    REQUIRE(mkfifo(other.c_str(), 0600) == 0);
    refuse("pipe");
  }
}

TEST_CASE("a file below a file is refused") {
  const Folder folder;
  write_bytes(folder.path() + "/file", "x");
  check_both_refuse(folder.path() + "/file/pawl.db", {folder.path() + "/file", "--store"});
}

TEST_CASE("an empty path is a mistake of the one who named it") {
  check_refused(Store::open_for_driving("", holder), Fault::usage, {"--store"});
  check_refused(Store::open_for_reading("", noon), Fault::usage, {"--store"});
}

TEST_CASE("a missing store is made by a driver and missed by a reader") {
  const Folder folder;
  for (const bool empty : {false, true}) {
    CAPTURE(empty);
    if (empty) write_bytes(folder.store(), "");
    check_refused(Store::open_for_reading(folder.store(), noon), Fault::usage,
                  {folder.store(), "pawl run PLAN"});
    good(drive(folder.store()));
    good(Store::open_for_reading(folder.store(), noon));
    std::filesystem::remove(folder.store());
  }
}

TEST_CASE("a log that is left of a store that is gone is not written into a new one") {
  for (const char* suffix : {"-wal", "-journal"}) {
    CAPTURE(suffix);
    const Folder folder;
    write_bytes(folder.store() + suffix, "what another store has left");
    check_refused(drive(folder.store()), Fault::store, {folder.store() + suffix});
    CHECK(!std::filesystem::exists(folder.store()));
    std::filesystem::remove(folder.store() + suffix);
    good(drive(folder.store()));
  }
}

TEST_CASE("what an attempt to make a store has left is no obstacle") {
  const Folder folder;
  for (const char* suffix : {".pawl-new", ".pawl-new-wal", ".pawl-new-journal", ".pawl-new-shm"})
    write_bytes(folder.store() + suffix, "left over");
  good(drive(folder.store()));
  CHECK(names_in(folder.path()) == std::vector<std::string>{"pawl.db", "pawl.db.lock"});
}

TEST_CASE("a store is the same by every spelling of its path") {
  const Folder folder;
  make_store(folder.store());
  const auto store = good(Store::open_for_reading(folder.path() + "/./x/../pawl.db", noon));
  CHECK(store->path() == folder.store());
  check_refused(drive(folder.store() + "/"), Fault::store, {folder.store()});
}

TEST_CASE("a store that may not be read or written is refused in words") {
  struct Row {
    mode_t file, directory;
    const char* reading;  ///< nothing: it can be read
    const char* driving;
  };
  for (const Row& row : {
           Row{0000, 0777, "cannot be", "cannot be"},
           Row{0444, 0777, nullptr, "cannot be written"},
           Row{0444, 0555, "cannot be read where it lies", "cannot be written"},
           Row{0666, 0555, "cannot be", "cannot be"},
           Row{0666, 0000, "cannot be", "cannot be"},
       }) {
    CAPTURE(row.file);
    CAPTURE(row.directory);
    const Folder folder;
    make_store(folder.store());
    std::filesystem::remove(folder.store() + ".lock");
    REQUIRE(chmod(folder.store().c_str(), row.file) == 0);
    REQUIRE(chmod(folder.path().c_str(), row.directory) == 0);
    {
      const AsNobody nobody;
      check_refused(drive(folder.store()), Fault::store, {folder.store(), row.driving});
      const auto reader = Store::open_for_reading(folder.store(), noon);
      if (row.reading != nullptr) {
        check_refused(reader, Fault::store, {folder.store(), row.reading});
      } else {
        REQUIRE(reader);
        CHECK(seqs((*reader)->database()).size() == 10);
      }
    }
    CHECK(chmod(folder.path().c_str(), 0700) == 0);
  }
}

TEST_CASE("a reader in the midst of its reading neither blocks the driver nor sees its commits") {
  const std::vector<Turn> turns = story(4);
  const Folder folder;
  // With no wait at all, so that any wait would be a failure.
  const LockWait none{Duration{0}, Duration{0}, nullptr};
  const Driving driving = good(drive(folder.store(), none));
  good(driving.journal->commit(turns[0].batch()));
  const auto store = good(Store::open_for_reading(folder.store(), noon, none));
  {
    Transaction moment(store->database());
    good(moment.begin_read());
    for (std::size_t turn = 1; turn < turns.size(); ++turn)
      good(driving.journal->commit(turns[turn].batch()));
    CHECK(seqs(store->database()).size() == 4);
    CHECK(seqs(good(Store::open_for_reading(folder.store(), noon, none))->database()).size() == 13);
  }
  CHECK(seqs(store->database()).size() == 13);
}

TEST_CASE("a driver in the midst of its commit blocks no reader, and is not seen by it") {
  const Folder folder;
  const LockWait none{Duration{0}, Duration{0}, nullptr};
  const Driving driving = good(drive(folder.store(), none));
  good(driving.journal->commit(story(1)[0].batch()));
  Database& database = driving.store->database();
  Transaction commit(database);
  good(commit.begin_write());
  good(database.run("UPDATE rollouts SET state = 'half-way'"));
  const auto reader = good(Store::open_for_reading(folder.store(), noon, none));
  CHECK(good(AuditReader(reader->database()).rollouts()).at(0).state == "running");
  good(commit.commit());
  CHECK(good(AuditReader(reader->database()).rollouts()).at(0).state == "half-way");
}

TEST_CASE("a reader cannot write") {
  const Folder folder;
  make_store(folder.store());
  const auto store = good(Store::open_for_reading(folder.store(), noon));
  check_refused(store->database().run("UPDATE run_states SET state = 'x'"), Fault::store,
                {folder.store()});
}

TEST_CASE("a driver syncs every commit and holds references") {
  const Folder folder;
  const Driving driving = good(drive(folder.store()));
  Database& database = driving.store->database();
  CHECK(good(database.integer("PRAGMA synchronous")) == 2);
  CHECK(good(database.text("PRAGMA journal_mode")) == "wal");
  CHECK(good(database.integer("PRAGMA foreign_keys")) == 1);
  CHECK(!database.run("INSERT INTO run_states(run, state, last_seq) VALUES(7, '', 0)"));
}

TEST_CASE("a path through a link and back is where the link leads, as it is for any program") {
  const Folder folder;
  std::filesystem::create_directories(folder.path() + "/there/inside");
  std::filesystem::create_directory(folder.path() + "/here");
  std::filesystem::create_directory_symlink(folder.path() + "/there/inside",
                                            folder.path() + "/here/link");
  const std::string real = std::filesystem::canonical(folder.path()).string() + "/there/pawl.db";
  CHECK(good(store_path(folder.path() + "/here/link/../pawl.db")) == real);
  // What is not there yet leads nowhere else.
  CHECK(good(store_path(folder.path() + "/there/new/../pawl.db")) == real);
}
