#include "storage/driver_lock.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <functional>

#include "tests/storage/sample.h"

using namespace pawl;
using namespace pawl::test;

namespace {

/// A child process that says when it is ready and lives until it is killed.
class Other final {
 public:
  /// `work` runs in the child; it is ready when it has succeeded.
  explicit Other(const std::function<bool()>& work) {
    std::array<int, 2> pipe_ends{};
    REQUIRE(pipe(pipe_ends.data()) == 0);
    pid_ = fork();
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) {
      const char word = work() ? 'y' : 'n';
      if (write(pipe_ends[1], &word, 1) == 1) pause();
      _exit(1);
    }
    char word = '?';
    REQUIRE(read(pipe_ends[0], &word, 1) == 1);
    close(pipe_ends[0]);
    close(pipe_ends[1]);
    REQUIRE(word == 'y');
  }
  Other(const Other&) = delete;
  Other& operator=(const Other&) = delete;
  ~Other() { kill_it(); }

  void kill_it() {
    if (pid_ < 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }

 private:
  pid_t pid_ = -1;
};

}  // namespace

TEST_CASE("a second driver is told who holds the store, and gets it once that one is killed") {
  const Folder folder;
  std::unique_ptr<DriverLock> lock;
  Other other([&] {
    auto taken = DriverLock::take(folder.store(), {4711, "ops-1", noon});
    if (taken) lock = std::move(*taken);
    return lock != nullptr;
  });
  const Holder second{815, "ops-2", noon + std::chrono::hours(1)};
  check_refused(DriverLock::take(folder.store(), second), Fault::held,
                {folder.store(), "pid 4711", "ops-1", format_utc(noon), "pawl resume"});
  CHECK(present_driver(folder.store()) == Holder{4711, "ops-1", noon});
  other.kill_it();
  CHECK(!present_driver(folder.store()));
  const auto taken = good(DriverLock::take(folder.store(), second));
  CHECK(taken->holder() == second);
  CHECK(present_driver(folder.store()) == second);
}

TEST_CASE("two drivers of one process exclude each other too") {
  const Folder folder;
  const Driving driving = good(drive(folder.store()));
  check_refused(Store::open_for_driving(folder.store(), holder), Fault::held,
                {folder.store(), "pid 4711"});
  check_refused(
      Store::open_for_driving(
          folder.path() + "/../" + folder.path().substr(folder.path().rfind('/')) + "/pawl.db",
          holder),
      Fault::held, {"pid 4711"});
  good(Store::open_for_reading(folder.store(), noon));
}

TEST_CASE("a look at the lock neither takes it nor drops the one who has it") {
  const Folder folder;
  CHECK(!present_driver(folder.store()));
  const auto lock = good(DriverLock::take(folder.store(), holder));
  for (int i = 0; i < 2; ++i)
    CHECK(present_driver(folder.store()) == holder);
  CHECK(!DriverLock::take(folder.store(), holder));
}

TEST_CASE("what a driver starts does not inherit its lock") {
  const Folder folder;
  auto lock = good(DriverLock::take(folder.store(), holder));
  std::array<int, 2> until_exec{};
  REQUIRE(pipe2(until_exec.data(), O_CLOEXEC) == 0);
  const pid_t hook = fork();
  REQUIRE(hook >= 0);
  if (hook == 0) {
    execl("/bin/sleep", "sleep", "600", nullptr);
    _exit(1);
  }
  close(until_exec[1]);
  char nothing = 0;
  CHECK(read(until_exec[0], &nothing, 1) == 0);
  close(until_exec[0]);
  lock.reset();
  CHECK(bool(DriverLock::take(folder.store(), holder)));
  CHECK(waitpid(hook, nullptr, WNOHANG) == 0);
  kill(hook, SIGKILL);
  waitpid(hook, nullptr, 0);
}

TEST_CASE("a lock file that was left is no obstacle, however far its writing came") {
  for (const std::string& left : {std::string("pid 1\nhost here\nsince 2026-11-22T10:00:00.000Z\n"),
                                  std::string("pid garbage"), std::string("pi"), std::string(),
                                  std::string(4096, '\0'), std::string("pi\0\0\0", 5)}) {
    CAPTURE(left.size());
    const Folder folder;
    write_bytes(folder.store() + ".lock", left);
    CHECK(!present_driver(folder.store()));
    const auto lock = good(DriverLock::take(folder.store(), holder));
    CHECK(present_driver(folder.store()) == holder);
  }
}

TEST_CASE("a holder who cannot be read is held by all the same") {
  const Folder folder;
  const auto lock = good(DriverLock::take(folder.store(), holder));
  for (const char* words : {"", "pid x\nhost h\nsince 2026-11-22T10:00:00.000Z\n",
                            "pid 1\nhost h\nsince yesterday\n", "pid 1\n", "nonsense"}) {
    CAPTURE(words);
    write_bytes(folder.store() + ".lock", words);
    check_refused(DriverLock::take(folder.store(), holder), Fault::held,
                  {folder.store(), "just started"});
    CHECK(!present_driver(folder.store()));
  }
}

TEST_CASE("another program's lock file is left as it is") {
  for (const std::string& words :
       {std::string("[[package]]\nname = \"x\"\n"), std::string(64, 'p')}) {
    const Folder folder;
    const std::string path = folder.store() + ".lock";
    write_bytes(path, words);
    check_refused(DriverLock::take(folder.store(), holder), Fault::store, {path, "left as it is"});
    struct stat left {};
    REQUIRE(stat(path.c_str(), &left) == 0);
    CHECK(static_cast<std::size_t>(left.st_size) == words.size());
  }
}

TEST_CASE("what is no lock file is refused") {
  const Folder folder;
  const std::string path = folder.store() + ".lock";
  SUBCASE("a directory") {
    REQUIRE(mkdir(path.c_str(), 0700) == 0);
  }
  SUBCASE("a link") {
    REQUIRE(symlink("/dev/null", path.c_str()) == 0);
  }
  check_refused(DriverLock::take(folder.store(), holder), Fault::store, {path});
  CHECK(!present_driver(folder.store()));
}

TEST_CASE("this process is named by its number and host") {
  const Holder self = this_process(noon);
  CHECK(self.pid == getpid());
  CHECK(!self.host.empty());
  CHECK(self.since == noon);
}

TEST_CASE("a lock file that root makes belongs to whom the store belongs") {
  if (geteuid() != 0) {
    MESSAGE("not tried: only root can make a file for somebody else");
    return;
  }
  constexpr uid_t other = 65534;
  const Folder folder;
  make_store(folder.store());
  const std::string lock = folder.store() + ".lock";
  REQUIRE(unlink(lock.c_str()) == 0);
  REQUIRE(chown(folder.path().c_str(), other, other) == 0);
  REQUIRE(chown(folder.store().c_str(), other, other) == 0);
  good(DriverLock::take(folder.store(), holder));
  struct stat found {};
  REQUIRE(stat(lock.c_str(), &found) == 0);
  CHECK(found.st_uid == other);
  CHECK(found.st_gid == other);
  REQUIRE(seteuid(other) == 0);
  const bool theirs = bool(DriverLock::take(folder.store(), holder));
  CHECK(seteuid(0) == 0);
  CHECK(theirs);
  // Another name of a file of root's is not given away with it.
  REQUIRE(chown(lock.c_str(), 0, 0) == 0);
  REQUIRE(link(lock.c_str(), (folder.path() + "/roots").c_str()) == 0);
  good(DriverLock::take(folder.store(), holder));
  REQUIRE(stat(lock.c_str(), &found) == 0);
  CHECK(found.st_uid == 0);
}

TEST_CASE("a driver whose lock file is removed or replaced writes nothing more") {
  for (const bool replaced : {false, true}) {
    CAPTURE(replaced);
    const Folder folder;
    Driving first = good(drive(folder.store()));
    const auto turns = story(3);
    good(first.journal->commit(turns[0].batch()));
    REQUIRE(unlink((folder.store() + ".lock").c_str()) == 0);
    if (replaced) {
      Driving second = good(drive(folder.store()));
      good(second.journal->commit(turns[1].batch()));
    }
    const std::vector<std::string> words{folder.store() + ".lock", "removed or replaced",
                                         "pawl resume"};
    const auto begun = first.journal->begin("plan-1");
    check_refused(begun, Fault::store, words);
    const Outcome written = first.journal->commit(turns[2].batch());
    REQUIRE(!written);
    CHECK(written.error() == begun.error());
    const auto reading = good(Store::open_for_reading(folder.store(), noon));
    CHECK(seqs(reading->database()).size() ==
          turns[0].entries.size() + (replaced ? turns[1].entries.size() : 0));
  }
}
