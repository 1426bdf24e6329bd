// Two rollouts in one store, of which a driver moves one: what it does about the other.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <signal.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "storage/sqlite.h"
#include "tests/support/fleet.h"

using namespace pawl::test;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

/// A plan of this name over the instances that are called so.
std::string plan_of(const StandIn& cloud, const std::string& name, const std::string& instances,
                    const std::string& more) {
  std::string plan = plan_for(cloud, more);
  for (const auto& [was, is] : {std::pair{std::string("name: fleet"), "name: " + name},
                                std::pair{std::string("{tags: {env: prod}}"),
                                          fmt::format("{{name: \"{}\"}}", instances)}}) {
    const std::size_t at = plan.find(was);
    REQUIRE(at != std::string::npos);
    plan.replace(at, was.size(), is);
  }
  return plan;
}

/// Rollouts a-1, of two instances one after the other, which is driven, and b-1, which only waits.
struct Two {
  StandIn cloud;
  Desk desk;
  std::optional<Child> driver{};

  explicit Two(const std::string& more = "")
      : cloud({"--instances", "6", "--check-time", "0", "--upgrade-time", "1h"}) {
    const auto write = [&](const std::string& name, const char* instances,
                           const std::string& rules) {
      return desk.directory().write(name + ".yaml", plan_of(cloud, name, instances, rules));
    };
    const std::string b = write("b", "billing-*", "defaults: {approval: required}");
    const Ended waits = desk.pawl({"run", b, "--no-wait"});
    REQUIRE_MESSAGE(waits.code == 3, waits.err);
    const std::string a = write("a", "orders-*", "defaults: {max_parallel: 1}\n" + more);
    driver.emplace(
        std::vector{program(), std::string("run"), a, std::string("--store"), desk.store()},
        desk.directory().path());
    until([&] { return of("upgrades") == 1; });
  }

  void until(const std::function<bool()>& holds) { pawl::test::until(*driver, holds); }
  int of(const char* count) const { return counted(cloud, count); }
  /// The upgrades that are made at the cloud come to their end.
  void end_upgrades() const { pawl::test::end_upgrades(cloud); }
  Ended end() {
    until([&] { return of("upgrades") == 2; });
    end_upgrades();
    const auto ended = driver->wait(60s);
    REQUIRE(ended);
    return *ended;
  }
};

std::unique_ptr<pawl::Database> open(const Desk& desk) {
  auto database = pawl::Database::open(desk.store(), pawl::Access::write);
  REQUIRE(database);
  return std::move(*database);
}

std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
    ++count;
  return count;
}

}  // namespace

TEST_CASE("a lever that waits for another writer of the store says so (decision 12)") {
  const StandIn cloud = quick_cloud(1);
  const Desk desk;
  CHECK(desk.pawl({"run", desk.directory().write("plan.yaml", plan_for(cloud))}).code == 0);
  const auto database = open(desk);
  REQUIRE(database->run("BEGIN IMMEDIATE"));
  Child lever({program(), "freeze", "--store", desk.store()}, desk.directory().path());
  CHECK_FALSE(lever.wait(3s));
  REQUIRE(database->run("COMMIT"));
  const auto ended = lever.wait(30s);
  REQUIRE(ended);
  CHECK_MESSAGE(ended->code == 0, ended->err);
  CHECK_MESSAGE(ended->err.find("waiting for the store " + desk.store()) != std::string::npos,
                ended->err);
}

TEST_CASE(
    "a freeze that comes together with another rollout's lever stops the one that is driven") {
  Two two;
  // The driver comes as far as its next commit, having seen no lever, and finds both behind it.
  const auto database = open(two.desk);
  REQUIRE(database->run("BEGIN IMMEDIATE"));
  for (const auto& [kind, rollout] : {std::pair{"pause", "b-1"}, std::pair{"freeze", ""}}) {
    REQUIRE(database->run(
        fmt::format("INSERT INTO levers(at, kind, rollout, target, actor, reason, answered) "
                    "VALUES(0, '{}', '{}', '', 'ann@host', '', 0)",
                    kind, rollout)));
  }
  two.end_upgrades();
  for (int last = -1, same = 0; same < 20; std::this_thread::sleep_for(50ms)) {
    const int now = two.of("requests");
    same = now == last ? same + 1 : 0;
    last = now;
  }
  REQUIRE(database->run("COMMIT"));
  const auto told = [&](const char* event) { return two.desk.history({"--event", event}); };
  two.until([&] { return !told("freeze_set").empty() && !told("verify_passed").empty(); });
  REQUIRE_FALSE(two.driver->wait(1s));
  CHECK(told("rollout_paused").at(0)["rollout"] == "b-1");
  CHECK(told("upgrade_requested").size() == 1);
  CHECK(two.of("upgrades") == 1);
  const Ended lifted = two.desk.pawl({"unfreeze"});
  CHECK_MESSAGE(lifted.code == 0, lifted.err);
  const Ended ended = two.end();
  CHECK_MESSAGE(ended.code == 0, ended.err);
  check_agreement(two.desk, two.cloud);
}

TEST_CASE("a lever of a rollout that cannot be read leaves the one that is driven alone") {
  Two two;
  const auto database = open(two.desk);
  const auto made =
      database->text("SELECT sql FROM sqlite_schema WHERE name = 'rollouts_never_change'");
  REQUIRE(made);
  REQUIRE(
      database->run("CREATE TEMP TABLE kept AS SELECT plan FROM rollouts WHERE id = 'b-1'; "
                    "DROP TRIGGER rollouts_never_change; "
                    "UPDATE rollouts SET plan = 'name: [' WHERE id = 'b-1'"));
  REQUIRE(database->run(*made));
  Child lever({program(), "pause", "b-1", "--store", two.desk.store()},
              two.desk.directory().path());
  two.until([&] { return *database->integer("SELECT count(*) FROM levers") == 1; });
  REQUIRE_FALSE(two.driver->wait(2s));  // it looks for levers several times
  CHECK(*database->integer("SELECT answered FROM levers") == 0);
  lever.signal(SIGKILL);
  two.end_upgrades();
  const Ended ended = two.end();
  CHECK_MESSAGE(ended.code == 0, ended.err);
  CHECK_MESSAGE(
      count_of(ended.err, "a lever of b-1 stays unanswered, and this driver goes on: ") == 1,
      ended.err);
  CHECK(ended.err.find("`pawl resume b-1` answers the lever") != std::string::npos);

  REQUIRE(
      database->run("DROP TRIGGER rollouts_never_change; "
                    "UPDATE rollouts SET plan = (SELECT plan FROM kept) WHERE id = 'b-1'"));
  REQUIRE(database->run(*made));
  CHECK(two.desk.pawl({"resume", "b-1", "--no-wait"}).code == 3);
  CHECK(two.desk.json_of({"status", "b-1"})["state"] == "paused");
}

TEST_CASE("a rollout beside the one that is driven is driven by nobody, and says so") {
  Two two;
  const Desk& desk = two.desk;
  const std::string nothing = "nothing drives b-1, for the store's driver drives a-1; ";
  const std::string approve =
      "`pawl approve b-1 all`, then `pawl resume b-1` once that one has ended";
  CHECK(desk.json_of({"status", "a-1"})["last_driver"].is_null());
  const json last = desk.json_of({"status", "b-1"})["last_driver"];
  CHECK(last["drives"] == "a-1");
  CHECK(last["reason"].is_null());
  const json list = desk.json_of({"list"});
  REQUIRE(list.size() == 2);
  CHECK(list[0]["last_driver"]["drives"] == "a-1");
  CHECK(list[1]["last_driver"].is_null());
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"status", "b-1"}, {"list"}, {"why", "billing-1"}}) {
    CAPTURE(words.front());
    const std::string out = desk.pawl(words).out;
    CHECK_MESSAGE(count_of(out, nothing + approve) == 1, out);
  }
  CHECK(desk.pawl({"why", "orders-2"}).out.find("nothing drives") == std::string::npos);
  const std::string paused = desk.pawl({"pause", "b-1"}).err;  // which the driver of a-1 answers
  CHECK_MESSAGE(paused.find("b-1 is paused") != std::string::npos, paused);
  CHECK_MESSAGE(paused.find(nothing + "`pawl unpause b-1`, then") != std::string::npos, paused);
  CHECK(desk.json_of({"unpause", "b-1"})["last_driver"]["drives"] == "a-1");
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"pause", "a-1"}, {"freeze"}}) {
    CAPTURE(words.front());
    CHECK(desk.pawl(words).err.find("nothing drives") == std::string::npos);
  }
  two.driver->signal(SIGKILL);
  REQUIRE(two.driver->wait(10s));
  for (const char* rollout : {"a-1", "b-1"}) {
    const json gone = desk.json_of({"status", rollout})["last_driver"];
    CHECK(gone["seen"].is_string());
    CHECK(gone["drives"].is_null());
  }
}
