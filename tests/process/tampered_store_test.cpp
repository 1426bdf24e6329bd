// A store that somebody has changed, or that was put back wrongly, is refused by every command, and
// no lever says that it holds where it does not.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <filesystem>

#include "storage/store.h"
#include "tests/storage/sample.h"
#include "tests/storage/tampering.h"
#include "tests/support/fleet.h"

using namespace pawl::test;
using namespace std::chrono_literals;
using nlohmann::json;

TEST_CASE("a trigger of somebody's is named by every command, and no freeze is said to hold") {
  const Desk desk;
  make_store(desk.store());
  {
    const auto database = good(pawl::Database::open(desk.store(), pawl::Access::write));
    good(
        database->run("CREATE TRIGGER x AFTER INSERT ON levers BEGIN UPDATE levers "
                      "SET answered = 1 WHERE id = NEW.id; END"));
  }
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {"freeze"}, {"list"}, {"status"}, {"history"}, {"resume"}, {"pause", "plan-1"}}) {
    const Ended ended = desk.pawl(words);
    CAPTURE(words.front());
    CHECK(ended.code == 6);
    CHECK_MESSAGE(ended.err.find("trigger x on levers") != std::string::npos, ended.err);
    CHECK(ended.err.find("frozen") == std::string::npos);
  }
  const Ended verified = desk.pawl({"audit", "verify", "--json"});
  CHECK(verified.code == 6);
  const json told = json::parse(verified.out);
  CHECK(told["whole"] == false);
  CHECK(told["first_bad_seq"].is_null());
  CHECK(told["what"].get<std::string>().find("trigger x") != std::string::npos);
}

TEST_CASE("a copy without its log is whole, and said to be empty") {
  const Desk desk;
  const auto driving = good(drive(desk.store()));
  for (const pawl::test::Turn& turn : story(3))
    good(driving.journal->commit(turn.batch()));
  const std::string copy = desk.store() + ".copy";
  std::filesystem::copy_file(desk.store(), copy);
  const auto verified = [&](const std::string& store) {
    const Ended ended = run({program(), "audit", "verify", "--store", store}, "/");
    CHECK(ended.code == 0);
    return ended.out.find("looks so") != std::string::npos;
  };
  CHECK(verified(copy));
  CHECK_FALSE(verified(desk.store()));
}

TEST_CASE("a lever that is marked as answered and of which no entry tells does not hold") {
  const Desk desk;
  make_store(desk.store());
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"freeze"}, {"pause", "plan-1"}}) {
    CAPTURE(words.front());
    const auto driving = good(drive(desk.store()));
    pawl::Database& database = driving.store->database();
    const auto waiting = [&database] {
      return good(database.integer("SELECT count(*) FROM levers WHERE answered = 0"));
    };
    std::vector<std::string> all{program()};
    all.insert(all.end(), words.begin(), words.end());
    all.insert(all.end(), {"--store", desk.store()});
    Child lever(all, desk.directory().path());
    until(lever, [&] { return waiting() == 1; });
    good(database.run("UPDATE levers SET answered = 1"));
    const auto ended = lever.wait(30s);
    REQUIRE(ended);
    CHECK(ended->code == 6);
    CHECK_MESSAGE(ended->err.find("nothing came of it") != std::string::npos, ended->err);
  }
}

TEST_CASE("a freeze with another store's log beside the store leaves the store as it is") {
  const Desk desk;
  const std::string head = make_store(desk.store());
  const std::string before = good(bytes_of(desk.store()));
  const std::string log = desk.store() + "-wal";
  {
    const Folder folder;
    const Driving other = good(drive(folder.store()));
    for (const pawl::Entry& entry : {pawl::Entry{}, pawl::Entry{}}) {
      pawl::Entry told = entry;
      told.at = noon;
      told.event = "driver_started";
      told.subject = pawl::Subject::store;
      told.wave = -1;
      good(other.journal->commit({nullptr, {&told, 1}, nullptr, nullptr}));
    }
    write_bytes(log, good(bytes_of(folder.store() + "-wal")));
  }
  for (const char* word : {"freeze", "list", "resume", "freeze"}) {
    CAPTURE(word);
    const Ended ended = desk.pawl({word});
    CHECK(ended.code == 6);
    CHECK_MESSAGE(ended.err.find(log) != std::string::npos, ended.err);
  }
  CHECK(good(bytes_of(desk.store())) == before);
  std::filesystem::rename(log, desk.store() + ".aside");
  const Ended verified = desk.pawl({"audit", "verify", "--head", head});
  CHECK_MESSAGE(verified.code == 0, verified.err, verified.out);
}
