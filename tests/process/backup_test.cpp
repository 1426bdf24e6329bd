// A backup before each upgrade, through the command line against the stand-in.
#include <doctest/doctest.h>
#include <signal.h>

#include <map>

#include "tests/support/fleet.h"
#include "tests/support/thorough.h"

using namespace pawl::test;
using nlohmann::json;
using namespace std::chrono_literals;

namespace {

const std::string with_backup = "backup: {before_upgrade: true}\n";

}  // namespace

TEST_CASE("each instance is backed up once, and upgraded only when that is complete") {
  const StandIn cloud({"--instances", "6", "--check-time", "0..50ms", "--upgrade-time", "0..50ms",
                       "--backup-time", "100ms..300ms"});
  const Desk desk;
  const Ended ended =
      desk.pawl({"run", desk.directory().write("plan.yaml", plan_for(cloud, with_backup))});
  CHECK_MESSAGE(ended.code == 0, ended.err);
  check_agreement(desk, cloud);
  CHECK(stats(cloud)["backups"] == 6);
  CHECK(stats(cloud)["checks"] == 6);  // the trace of a backup makes no check stale
  std::map<std::string, std::string> last;
  for (const json& entry : desk.history()) {
    const std::string id = entry["instance_id"].is_null() ? "" : entry["instance_id"];
    const std::string event = entry["event"];
    if (event == "backup_requested") CHECK(last[id] == "precheck_passed");
    if (event == "backup_completed") CHECK(entry["to"] == "ready");
    if (event == "upgrade_requested") CHECK(last[id] == "backup_completed");
    last[id] = event;
  }
}

TEST_CASE("a backup whose answer is lost is found in the list and not made twice") {
  // A sixth of sixty answers: which of the calls they meet depends on the pace.
  const StandIn cloud({"--instances", "60", "--check-time", "0", "--upgrade-time", "0",
                       "--backup-time", "0..50ms", "--fault", "reset-after=8%", "--fault",
                       "500-after=8%", "--fault", "reset-before=4%", "--seed", "3"});
  const Desk desk;
  const Ended ended = desk.pawl(
      {"run", desk.directory().write(
                  "plan.yaml", plan_for(cloud, with_backup + "defaults: {max_failures: 60}"))});
  CHECK((ended.code == 0 || ended.code == 1));
  CHECK_FALSE(desk.history({"--event", "backup_adopted"}).empty());
  const json told = stats(cloud);
  for (const auto& [id, counts] : told["instances"].items())
    CHECK(counts["backups"].get<int>() <= 1);
  check_agreement(desk, cloud);
}

TEST_CASE("a backup that fails ends its run, and a retry makes another") {
  const StandIn cloud({"--instances", "2", "--check-time", "0", "--upgrade-time", "0",
                       "--backup-time", "0", "--backup-fail", "100%"});
  const Desk desk;
  const std::string plan = desk.directory().write(
      "plan.yaml", plan_for(cloud, with_backup + "defaults: {max_failures: 1}"));
  CHECK(desk.pawl({"run", plan}).code == 1);
  CHECK(desk.history({"--event", "backup_failed"}).size() == 2);
  const json kinds = desk.json_of({"status"})["failures"];
  REQUIRE(kinds.size() == 1);
  CHECK(kinds[0]["text"] == "backup ID is FAILED");
  CHECK(stats(cloud)["upgrades"] == 0);
  CHECK(desk.pawl({"retry", "fleet-1", "orders-1"}).code == 0);
  CHECK(desk.pawl({"resume"}).code == 1);
  const json again = desk.history({"--event", "backup_requested", "--instance", "orders-1"});
  REQUIRE(again.size() == 2);
  CHECK(again[1]["attempt"] == 2);
  CHECK(stats(cloud)["backups"] == 3);
  CHECK(desk.pawl({"audit", "verify"}).code == 0);
}

TEST_CASE("a pause says that a backup is in flight, and quiesces when it is complete") {
  const StandIn cloud(
      {"--instances", "1", "--check-time", "0", "--upgrade-time", "0", "--backup-time", "10m"});
  const Desk desk;
  const std::string plan = desk.directory().write("plan.yaml", plan_for(cloud, with_backup));
  Child driver({program(), "run", plan, "--store", desk.store()}, desk.directory().path());
  while (stats(cloud)["backups"] != 1)
    REQUIRE_FALSE(driver.wait(10ms));
  const Ended paused = desk.pawl({"pause"});
  CHECK_MESSAGE(paused.err.find("is paused; in flight: 1 backup at the cloud") != std::string::npos,
                paused.err);
  json status = desk.json_of({"status"});
  CHECK(status["quiesced"] == false);
  CHECK(status["instances"][0]["state"] == "ready");
  CHECK(status["instances"][0]["phase"] == "backup_submitted");
  CHECK(status["in_flight"]["backups"] == 1);
  cloud.get("/_forward?by=11m");
  while (desk.json_of({"status"})["quiesced"] == false)
    REQUIRE_FALSE(driver.wait(20ms));
  CHECK(stats(cloud)["upgrades"] == 0);
  CHECK(desk.pawl({"unpause"}).code == 0);
  const auto ended = driver.wait(20s);
  REQUIRE(ended);
  CHECK_MESSAGE(ended->code == 0, ended->err);
  check_agreement(desk, cloud);
}

TEST_CASE("a SIGKILL around a backup is survived, and none is made twice") {
  for (const std::string name : {"after_commit", "after_submit", "answered"}) {
    for (int n = 1; n < 30; n += thorough ? 3 : 7) {
      CAPTURE(name);
      CAPTURE(n);
      const StandIn cloud(
          {"--instances", "1", "--check-time", "0", "--upgrade-time", "0", "--backup-time", "0"});
      const Desk desk;
      const std::string plan = desk.directory().write("plan.yaml", plan_for(cloud, with_backup));
      const Ended first =
          run({program_with_failpoints(), "run", plan, "--store", desk.store()},
              desk.directory().path(), {"PAWL_FAILPOINT=" + name + ':' + std::to_string(n)});
      if (first.code == 0) break;
      REQUIRE(first.code == 128 + SIGKILL);
      const Ended ended = desk.pawl({"resume"});
      REQUIRE_MESSAGE(ended.code == 0, ended.err);
      CHECK(stats(cloud)["backups"] == 1);
      check_agreement(desk, cloud);
    }
  }
}
