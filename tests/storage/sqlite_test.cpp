#include "storage/sqlite.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <limits>

#include "tests/storage/sample.h"

using namespace pawl;
using namespace pawl::test;

namespace {

struct Pair {
  Folder folder;
  std::unique_ptr<Database> first, second;

  explicit Pair(const LockWait& lock_wait) {
    write_bytes(folder.store(), "");
    first = good(Database::open(folder.store(), Access::write, lock_wait));
    good(first->run("PRAGMA journal_mode = WAL; CREATE TABLE t(a)"));
    second = good(Database::open(folder.store(), Access::write, lock_wait));
  }
};

}  // namespace

TEST_CASE("another program's transaction is waited for, with a word") {
  // Whoever waits is told, and just then the other one ends.
  Transaction* other = nullptr;
  std::vector<std::string> words;
  LockWait lock_wait{Duration{10'000}, Duration{1}, [&](const std::string& word) {
                       words.push_back(word);
                       good(other->commit());
                     }};
  const Pair pair(lock_wait);
  Transaction writing(*pair.second);
  good(writing.begin_write());
  good(pair.second->run("INSERT INTO t VALUES(1)"));
  other = &writing;
  Transaction waiting(*pair.first);
  good(waiting.begin_write());
  CHECK(good(pair.first->integer("SELECT count(*) FROM t")) == 1);
  REQUIRE(words.size() == 1);
  CHECK(words[0].find(pair.folder.store()) != std::string::npos);
  CHECK(words[0].find("10s") != std::string::npos);
}

TEST_CASE("a transaction that does not end is given up on") {
  int told = 0;
  const Pair pair({Duration{5}, Duration{1}, [&](const std::string&) { ++told; }});
  Transaction writing(*pair.second);
  good(writing.begin_write());
  for (int again = 1; again <= 2; ++again) {
    Transaction waiting(*pair.first);
    check_refused(waiting.begin_write(), Fault::store,
                  {pair.folder.store(), "locked by another program"});
    CHECK(told == again);
  }
}

TEST_CASE("a journal's commit waits for another program and goes on") {
  const Folder folder;
  Transaction* other = nullptr;
  const Driving driving =
      good(drive(folder.store(), {Duration{10'000}, Duration{1},
                                  [&](const std::string&) { good(other->commit()); }}));
  const auto shell = good(Database::open(folder.store(), Access::write));
  Transaction writing(*shell);
  good(writing.begin_write());
  other = &writing;
  good(driving.journal->commit(story(1)[0].batch()));
  CHECK(seqs(driving.store->database()).size() == 4);
}

TEST_CASE("a journal that gave up waiting at BEGIN can be used again") {
  const Folder folder;
  const Driving driving = good(drive(folder.store(), {Duration{5}, Duration{5}, nullptr}));
  const std::vector<Turn> turns = story(2);
  {
    const auto shell = good(Database::open(folder.store(), Access::write));
    Transaction writing(*shell);
    good(writing.begin_write());
    check_refused(driving.journal->commit(turns[0].batch()), Fault::store, {"locked"});
  }
  for (const Turn& turn : turns)
    good(driving.journal->commit(turn.batch()));
  CHECK(seqs(driving.store->database()).size() == 7);
}

TEST_CASE("a transaction that is not committed leaves nothing") {
  const Pair pair({});
  {
    Transaction writing(*pair.first);
    good(writing.begin_write());
    good(pair.first->run("INSERT INTO t VALUES(1)"));
  }
  CHECK(good(pair.first->integer("SELECT count(*) FROM t")) == 0);
  Transaction other(*pair.second);
  good(other.begin_write());
}

TEST_CASE("a reading transaction fixes its moment when it begins, within another one too") {
  const Pair pair({});
  const auto count = [&] { return good(pair.first->integer("SELECT count(*) FROM t")); };
  {
    Transaction outer(*pair.first);
    good(outer.begin_read());
    good(pair.second->run("INSERT INTO t VALUES(1)"));
    CHECK(count() == 0);
    {
      Transaction inner(*pair.first);
      good(inner.begin_read());
      CHECK(count() == 0);
    }
    CHECK(count() == 0);
  }
  CHECK(count() == 1);
}

TEST_CASE("values come back as they were bound") {
  const Pair pair({});
  const std::string text("a\0b'\";--\n\xff", 10);
  const std::int64_t least = std::numeric_limits<std::int64_t>::min();
  auto echo = good(pair.first->prepare("SELECT ?1, ?2, ?3, ?4, ?5, ?6"));
  echo.bind(text, least, 0.5, Blob{text}, noon, std::string_view());
  REQUIRE(good(echo.step()));
  CHECK(echo.text(0) == text);
  CHECK(echo.integer(1) == least);
  CHECK(echo.small_integer(1) == std::numeric_limits<std::int32_t>::min());
  CHECK(echo.real(2) == 0.5);
  CHECK(echo.blob(3) == text);
  CHECK(echo.instant(4) == noon);
  CHECK(echo.text(5).empty());
  CHECK(echo.has_types("tirbit"));
  CHECK(!echo.has_types("tirtit"));
  CHECK(!good(echo.step()));
  // An empty blob's bytes are none, and it is no NULL.
  echo.bind(std::string(), 0, 0.0,
            Blob{
                "",
            },
            noon, "");
  REQUIRE(good(echo.step()));
  CHECK(echo.blob(3).empty());
}

TEST_CASE("a question without an answer and one with a mistake are told apart") {
  const Pair pair({});
  check_refused(pair.first->integer("SELECT a FROM t"), Fault::store, {"no row for"});
  check_refused(pair.first->integer("SELECT b FROM t"), Fault::store, {"no such column: b"});
  check_refused(pair.first->prepare("SELEC"), Fault::store, {"syntax error"});
}

TEST_CASE("a file that is not there is not made") {
  const Folder folder;
  for (const Access access : {Access::read, Access::write}) {
    check_refused(Database::open(folder.store(), access), Fault::store,
                  {folder.store(), "No such file"});
  }
  CHECK(!bytes_of(folder.store()));
}
