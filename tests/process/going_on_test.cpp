// Commands that are given once more: what they go on with, what they leave alone, and what they
// refuse.
#include <doctest/doctest.h>

#include <filesystem>

#include "storage/sqlite.h"
#include "tests/support/fleet.h"

using namespace pawl::test;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

/// Starts a rollout of a plan called `name` over one instance, which waits for approval.
void start_waiting(const Desk& desk, const StandIn& cloud, const std::string& name,
                   const std::string& instance) {
  std::string text = plan_for(cloud, "defaults: {approval: required}");
  replace(text, "name: fleet", "name: " + name);
  replace(text, "tags: {env: prod}", "name: " + instance);
  const Ended waits = desk.pawl({"run", desk.directory().write(name + ".yaml", text), "--no-wait"});
  REQUIRE_MESSAGE(waits.code == 3, waits.err);
}

std::string state_of(const Desk& desk, const std::string& rollout) {
  return desk.json_of({"status", rollout})["state"];
}

}  // namespace

TEST_CASE("a rollout that waits keeps resume from no other one") {
  const StandIn cloud = quick_cloud(2);
  const Desk desk;
  start_waiting(desk, cloud, "one", "orders-1");
  start_waiting(desk, cloud, "two", "billing-1");
  CHECK(desk.pawl({"approve", "two-1"}).code == 0);
  const Ended ended = desk.pawl({"resume", "--no-wait"});
  CHECK_MESSAGE(ended.code == 3, ended.err);
  CHECK(state_of(desk, "one-1") == "waiting");
  CHECK(state_of(desk, "two-1") == "finished");
  check_agreement(desk, cloud);
}

TEST_CASE("resume waits once nothing else can go on, and says what it does not drive meanwhile") {
  const StandIn cloud = quick_cloud(3);
  const Desk desk;
  start_waiting(desk, cloud, "one", "orders-1");
  start_waiting(desk, cloud, "two", "billing-1");
  start_waiting(desk, cloud, "three", "users-1");
  CHECK(desk.pawl({"approve", "three-1"}).code == 0);
  Child driver({program(), "resume", "--store", desk.store()}, desk.directory().path());
  until(driver, [&] { return state_of(desk, "three-1") == "finished"; });
  CHECK(desk.pawl({"approve", "two-1"}).code == 0);
  CHECK(desk.pawl({"approve", "one-1"}).code == 0);
  const auto ended = driver.wait(60s);
  REQUIRE(ended);
  CHECK_MESSAGE(ended->code == 0, ended->err);
  CHECK_MESSAGE(ended->err.find("one-1 waits: wave all waits for approval: `pawl approve one-1 "
                                "all`; what else can go on comes first") != std::string::npos,
                ended->err);
  CHECK_MESSAGE(ended->err.find("one-1 is waited for first, and until it ends nothing drives "
                                "two-1; Ctrl-C, then `pawl resume two-1`") != std::string::npos,
                ended->err);
  const json stopped = desk.history({"--event", "driver_stopped"}).back();
  CHECK(stopped["data"]["reason"] == "nothing more to do");
  check_agreement(desk, cloud);
}

namespace {

/// Three instances, of which orders-1 and billing-1 fail; then their cause is mended, and a second
/// plan of that name, which leaves billing-1 out, takes up the other: as fleet-1 and fleet-2.
struct LeftOut {
  LeftOut() {
    const std::string text = plan_for(
        cloud,
        "defaults: {max_failures: 5}\n"
        "hooks: {before_upgrade: [{run: 'test $PAWL_INSTANCE_NAME = users-1 || test -e ready'}]}");
    plan = desk.directory().write("plan.yaml", text);
    narrow = desk.directory().write("narrow.yaml", text + "\nexclude: [{names: [billing-1]}]");
    REQUIRE(desk.pawl({"run", plan}).code == 1);
    desk.directory().write("ready", "");
    const Ended ended = desk.pawl({"run", narrow, "--failed-of", "fleet-1"});
    REQUIRE_MESSAGE(ended.code == 0, ended.err);
    REQUIRE(upgrades() == 2);
  }

  int upgrades() const { return counted(cloud, "upgrades"); }

  const StandIn cloud = quick_cloud(3);
  const Desk desk;
  std::string plan, narrow;
};

}  // namespace

TEST_CASE("a plan whose rollout has ended starts nothing, whatever its namesakes did since") {
  const LeftOut left;
  const Ended again = left.desk.pawl({"run", left.plan});
  CHECK_MESSAGE(again.code == 1, again.err);
  CHECK_MESSAGE(again.err.find("nothing was started: fleet-1 has ended") != std::string::npos,
                again.err);
  CHECK(again.err.find("the latest rollout of that name is fleet-2") != std::string::npos);
  CHECK(again.err.find("`--failed-of fleet-1` takes up what is left there: ") != std::string::npos);
  CHECK(left.desk.pawl({"run", left.narrow}).code == 0);
  CHECK(left.desk.json_of({"list"}).size() == 2);
  CHECK(left.upgrades() == 2);
  check_agreement(left.desk, left.cloud);
}

TEST_CASE("what a follow-up left out is not forgotten, and is taken up by another") {
  const LeftOut left;
  const Desk& desk = left.desk;
  const std::string billing = desk.json_of({"show", "billing-1"})["instance_id"];
  const std::string way_on = "`--failed-of fleet-1` takes up what is left there: " + billing;
  const Ended well = desk.pawl({"run", left.plan, "--failed-of", "fleet-2"});
  CHECK_MESSAGE(well.code == 1, well.err);
  CHECK_MESSAGE(well.err.find("all is well in fleet-2, and not in those around it; " + way_on) !=
                    std::string::npos,
                well.err);
  CHECK(desk.pawl({"status", "fleet-1"}).out.find(way_on) != std::string::npos);
  const std::string between = desk.history().back()["time"];

  const Ended ended = desk.pawl({"run", left.plan, "--failed-of", "fleet-1"});
  CHECK_MESSAGE(ended.code == 0, ended.err);
  const json taken = desk.json_of({"status", "fleet-3"});
  REQUIRE(taken["instances"].size() == 1);
  CHECK(taken["instances"][0]["instance_id"] == billing);
  CHECK(taken["instances"][0]["state"] == "succeeded");
  CHECK(desk.json_of({"status", "fleet-1"})["followed_by"] == "fleet-3");
  CHECK(desk.json_of({"status", "fleet-1", "--as-of", between})["followed_by"] == "fleet-2");

  CHECK(desk.pawl({"run", left.plan}).code == 0);
  CHECK(desk.pawl({"run", left.plan, "--failed-of", "fleet-3"}).code == 0);
  const Ended twice = desk.pawl({"run", left.plan, "--failed-of", "fleet-1"});
  CHECK(twice.code == 2);
  CHECK_MESSAGE(twice.err.find("nothing is left of it") != std::string::npos, twice.err);
  CHECK(left.upgrades() == 3);
  check_agreement(desk, left.cloud);
}

TEST_CASE("a pre-check leaves nothing that a rollout could take up") {
  const StandIn cloud({"--instances", "12", "--check-time", "0", "--upgrade-time", "0",
                       "--check-fail", "30%", "--seed", "5"});
  const Desk desk;
  const std::string plan = desk.directory().write("plan.yaml", plan_for(cloud, ""));
  REQUIRE(desk.pawl({"precheck", plan}).code == 1);
  const Ended refused = desk.pawl({"run", plan, "--failed-of", "fleet.precheck-1"});
  CHECK(refused.code == 2);
  CHECK_MESSAGE(refused.err.find("fleet.precheck-1 is a pre-check, which upgrades nothing: `pawl "
                                 "run PLAN` upgrades") != std::string::npos,
                refused.err);
  for (const char* command : {"resume", "pause"}) {
    const Ended ended = desk.pawl({command, "fleet.precheck-1"});
    CHECK(ended.code != 0);
    CHECK_MESSAGE(ended.err.find("--failed-of") == std::string::npos, ended.err);
    CHECK_MESSAGE(ended.err.find("`pawl precheck PLAN` checks the fleet anew") != std::string::npos,
                  ended.err);
  }
  CHECK(desk.json_of({"list"}).size() == 1);
  CHECK(counted(cloud, "upgrades") == 0);
}

namespace {

/// A plan with hooks in a directory of its own, that can be moved away and back.
struct Moved {
  explicit Moved(const std::string& more) {
    std::filesystem::create_directory(here);
    desk.directory().write("here/plan.yaml", plan_for(cloud, more));
  }
  json status() const { return desk.json_of({"status", "fleet-1"}); }
  int upgrades() const { return counted(cloud, "upgrades"); }

  const StandIn cloud = quick_cloud(3);
  const Desk desk;
  const std::string here = desk.directory().path() + "/here", gone = here + ".gone";
};

}  // namespace

TEST_CASE("a rollout whose hooks have lost their directory is not gone on with") {
  const Moved moved(
      "defaults: {approval: required, max_failures: 5}\n"
      "hooks: {before_upgrade: [{run: 'test -e plan.yaml'}]}");
  REQUIRE(moved.desk.pawl({"run", moved.here + "/plan.yaml", "--no-wait"}).code == 3);
  REQUIRE(moved.desk.pawl({"approve"}).code == 0);
  std::filesystem::rename(moved.here, moved.gone);
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {"run", moved.gone + "/plan.yaml"}, {"resume"}, {"resume", "fleet-1"}}) {
    CAPTURE(words.front());
    const Ended refused = moved.desk.pawl(words);
    CHECK(refused.code == 2);
    CHECK_MESSAGE(
        refused.err.find("the hooks of fleet-1 run in " + moved.here + ", ") != std::string::npos,
        refused.err);
    CHECK(refused.err.find("cannot be entered: No such file or directory; nothing was done. Put "
                           "the directory back") != std::string::npos);
  }
  CHECK(moved.status()["counts"]["failed"] == 0);
  CHECK(moved.upgrades() == 0);
  std::filesystem::create_directory_symlink(moved.gone, moved.here);
  const Ended ended = moved.desk.pawl({"run", moved.gone + "/plan.yaml"});
  CHECK_MESSAGE(ended.code == 0, ended.err);
  check_agreement(moved.desk, moved.cloud);
}

TEST_CASE("hooks that lose their directory on the way halt the rollout with the first of them") {
  const Moved moved(
      "defaults: {max_parallel: 1, max_failures: 5}\n"
      "hooks: {before_upgrade: [{run: 'test -e moved || { touch moved; mv \"$PWD\" "
      "\"$PWD.gone\"; }'}]}");
  const Ended halted = moved.desk.pawl({"run", moved.here + "/plan.yaml"});
  CHECK_MESSAGE(halted.code == 1, halted.err);
  const json status = moved.status();
  CHECK(status["state"] == "halted");
  CHECK(status["counts"]["succeeded"] == 1);
  CHECK(status["counts"]["failed"] == 1);
  const std::string because = status["halted_because"];
  CHECK_MESSAGE(because.find("no other instance would fare better: before_hook_1: ") == 0, because);
  CHECK_MESSAGE(because.ends_with("cannot be entered: " + moved.here + "/"), because);
  std::filesystem::rename(moved.gone, moved.here);
  for (const json& instance : status["instances"]) {
    if (instance["state"] != "failed") continue;
    CHECK(moved.desk.pawl({"retry", "fleet-1", instance["instance_id"]}).code == 0);
  }
  const Ended ended = moved.desk.pawl({"resume"});
  CHECK_MESSAGE(ended.code == 0, ended.err);
  CHECK(moved.upgrades() == 3);
  check_agreement(moved.desk, moved.cloud);
}

TEST_CASE("a plan that no rollout may be started with any more is gone on with as it was started") {
  const StandIn cloud = quick_cloud(1);
  const Desk desk;
  start_waiting(desk, cloud, "one", "orders-1");
  // As an older pawl has started it, which let it pass.
  const auto database = pawl::Database::open(desk.store(), pawl::Access::write);
  REQUIRE(database);
  const auto guard =
      (*database)->text("SELECT sql FROM sqlite_schema WHERE name = 'rollouts_never_change'");
  REQUIRE(guard);
  REQUIRE(
      (*database)->run("DROP TRIGGER rollouts_never_change; "
                       "UPDATE rollouts SET plan = plan || ' # c' || char(13) || 'x'; " +
                       *guard));
  std::string text = plan_for(cloud, "defaults: {approval: required} # c\rx");
  replace(text, "name: fleet", "name: one");
  replace(text, "tags: {env: prod}", "name: orders-1");
  const std::string plan = desk.directory().write("one.yaml", text);
  const std::string mistake = "a carriage return without a line feed";

  const Ended again = desk.pawl({"run", plan, "--no-wait"});
  CHECK_MESSAGE(again.code == 3, again.err);
  CHECK(desk.pawl({"resume", "--no-wait"}).code == 3);
  CHECK(desk.json_of({"plan", plan, "--against", "one-1"})["drift"].empty());
  CHECK(desk.pawl({"cancel", "one-1"}).code == 0);
  const Ended ended = desk.pawl({"run", plan});
  CHECK_MESSAGE(ended.code == 1, ended.err);
  CHECK(ended.err.find("nothing was started: one-1 has ended") != std::string::npos);

  for (const char* command : {"validate", "plan", "precheck"}) {
    CAPTURE(command);
    const Ended refused = desk.pawl({command, plan});
    CHECK(refused.code == 2);
    CHECK_MESSAGE(refused.err.find(mistake) != std::string::npos, refused.err);
  }
  CHECK(desk.pawl({"run", plan, "--new"}).code == 2);
  CHECK(desk.json_of({"list"}).size() == 1);
  const Desk empty;
  CHECK(empty.pawl({"run", plan}).code == 2);
  CHECK_FALSE(std::filesystem::exists(empty.store()));
}

TEST_CASE("a driver whose lock file is removed makes way, and the next one ends the rollout") {
  const StandIn cloud({"--instances", "12", "--check-time", "100ms", "--upgrade-time", "2s"});
  const Desk desk;
  Child driver({program(), "run", desk.directory().write("plan.yaml", plan_for(cloud)), "--store",
                desk.store()},
               desk.directory().path());
  until(driver, [&] { return upgrades(cloud) > 0; });
  REQUIRE(std::filesystem::remove(desk.store() + ".lock"));
  const auto first = driver.wait(60s);
  REQUIRE(first);
  CHECK_MESSAGE(first->code == 6, first->err);
  CHECK_MESSAGE(first->err.find(".lock has been removed") != std::string::npos, first->err);
  CHECK(desk.history({"--event", "driver_stopped"}).empty());
  const Ended second = desk.pawl({"resume"});
  CHECK_MESSAGE(second.code == 0, second.err);
  CHECK(upgrades(cloud) == 12);
  check_agreement(desk, cloud);
}
