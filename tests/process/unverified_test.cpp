// Upgrades that were made, and whose verification or hooks afterwards failed: nobody loses them,
// and nothing is upgraded twice for them.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <signal.h>

#include <filesystem>
#include <map>

#include "tests/support/fleet.h"

using namespace pawl::test;
using nlohmann::json;

namespace {

/// The addresses change places ten hours late, and so no upgrade can be verified before.
StandIn late_cloud(int instances) {
  return StandIn({"--instances", std::to_string(instances), "--check-time", "0", "--upgrade-time",
                  "0", "--swap-delay", "10h"});
}

std::string impatient_plan(const StandIn& cloud, const std::string& more = "") {
  std::string text = plan_for(cloud, more);
  replace(text, "verify: 20s", "verify: 100ms");
  return text;
}

json unverified(const Desk& desk) {
  return desk.json_of({"obligations", "--kind", "unverified"});
}

}  // namespace

TEST_CASE("a retry after a failed verification verifies again and triggers nothing") {
  const StandIn cloud = late_cloud(1);
  const Desk desk;
  const std::string plan = desk.directory().write("plan.yaml", impatient_plan(cloud));
  CHECK(desk.pawl({"run", plan}).code == 1);
  json run = desk.json_of({"show", "orders-1"});
  CHECK(run["state"] == "failed");
  CHECK(unverified(desk).size() == 1);
  CHECK(desk.pawl({"retry", "fleet-1", "orders-1"}).code == 0);
  run = desk.json_of({"show", "orders-1"});
  CHECK(run["state"] == "verifying");
  CHECK(desk.pawl({"resume"}).code == 1);
  CHECK(unverified(desk).size() == 1);  // told once
  cloud.get("/_forward?by=11h");
  CHECK(desk.pawl({"retry", "fleet-1", "orders-1"}).code == 0);
  CHECK(desk.pawl({"resume"}).code == 0);
  run = desk.json_of({"show", "orders-1"});
  CHECK(run["state"] == "succeeded");
  CHECK(run["lineage"].size() == 1);
  CHECK(run["attempts"]["upgrade"] == 1);
  CHECK(upgrades(cloud) == 1);
  check_agreement(desk, cloud);
}

TEST_CASE("what was upgraded and not verified is verified by the rollout that takes it up") {
  const StandIn cloud = late_cloud(3);
  const Desk desk;
  const std::string plan = desk.directory().write(
      "plan.yaml",
      impatient_plan(cloud,
                     "defaults: {max_failures: 5}\nwaves: [{name: canary, select: {name: "
                     "orders-1}}, {name: rest, approval: required}]"));
  Child driver({program(), "run", plan, "--store", desk.store()}, desk.directory().path());
  while (desk.pawl({"approve"}).code != 0)
    REQUIRE_FALSE(driver.wait(std::chrono::milliseconds{50}));
  const auto first = driver.wait(std::chrono::seconds{60});
  REQUIRE(first);
  CHECK(first->code == 1);
  CHECK_MESSAGE(
      first->err.find("3 failed (3 of them upgraded, and not verified)") != std::string::npos,
      first->err);
  REQUIRE(desk.json_of({"status", "fleet-1"})["state"] == "finished");
  const int checks = counted(cloud, "checks");

  const json planned = desk.json_of({"plan", plan});
  CHECK(planned["instances"].size() == 6);
  for (const json& instance : planned["instances"]) {
    CHECK(instance["fate"] == "skip");
    if (instance["source_version"] == "14.6") continue;
    const std::string reason = instance["reason"];
    CHECK_MESSAGE(reason.find("it has been replaced: fleet-1 has made ") == 0, reason);
    CHECK_MESSAGE(reason.ends_with(" of it, which is not verified"), reason);
  }

  // Still to no good end, which is not forgotten either; nobody has to approve what upgrades
  // nothing.
  const Ended again = desk.pawl({"run", plan, "--failed-of", "fleet-1"});
  CHECK(again.code == 1);
  CHECK_MESSAGE(again.err.find("fleet-1 has upgraded 3 of them already") != std::string::npos,
                again.err);
  CHECK(desk.json_of({"status", "fleet-2"})["counts"]["failed"] == 3);
  cloud.get("/_forward?by=11h");
  const Ended well = desk.pawl({"run", plan, "--failed-of", "fleet-2"});
  CHECK_MESSAGE(well.code == 0, well.err);
  CHECK(desk.json_of({"status", "fleet-3"})["counts"]["succeeded"] == 3);
  for (const json& entry : desk.history({"--rollout", "fleet-3", "--event", "instance_enrolled"}))
    CHECK(entry["to"] == "verifying");
  const std::string verified = desk.json_of({"plan", plan})["instances"][0]["reason"];
  CHECK_MESSAGE(verified.find("already on its target: fleet-1 has made ") == 0, verified);
  CHECK_MESSAGE(verified.ends_with(" of it"), verified);
  CHECK(upgrades(cloud) == 3);
  CHECK(counted(cloud, "checks") == checks);
  CHECK(unverified(desk).size() == 3);  // one an instance, however often it failed
  check_agreement(desk, cloud);
}

TEST_CASE("a hook after the upgrade is run again by the rollout that takes it up") {
  for (const char* cutover : {"cutover: true", "cutover: false"}) {
    CAPTURE(cutover);
    const StandIn cloud({"--instances", "1", "--check-time", "0", "--upgrade-time", "0"});
    const Desk desk;
    std::string text = plan_for(cloud,
                                "defaults: {max_failures: 1}\nhooks: {after_upgrade: [{run: 'echo "
                                "$PAWL_ATTEMPT $PAWL_NEW_INSTANCE_ID; test -e ready'}]}");
    replace(text, "cutover: true", cutover);
    const std::string plan = desk.directory().write("plan.yaml", text);
    CHECK(desk.pawl({"run", plan}).code == 1);
    CHECK(desk.json_of({"status"})["state"] == "finished");
    CHECK(unverified(desk).size() == 1);
    desk.directory().write("ready", "");
    CHECK(desk.pawl({"run", plan, "--failed-of", "fleet-1"}).code == 0);
    const json run = desk.json_of({"show", "orders-1"});
    CHECK(run["state"] == "succeeded");
    CHECK(run["attempts"]["upgrade"] == 0);
    const std::string told = desk.history({"--event", "hook_passed"}).at(0)["data"].dump();
    CHECK(told.find("2 " + run["new_instance_id"].get<std::string>()) != std::string::npos);
    CHECK(run["lineage"] == json{{{"rollout", "fleet-1"},
                                  {"instance_id", run["instance_id"]},
                                  {"new_instance_id", run["new_instance_id"]}}});
    const std::string shown = desk.pawl({"show", "orders-1"}).out;
    CHECK_MESSAGE(shown.find("\nlineage") == shown.rfind("\nlineage"), shown);
    CHECK(upgrades(cloud) == 1);
    check_agreement(desk, cloud);
  }
}

TEST_CASE("what was upgraded and awaited a person when its rollout was cancelled stays upgraded") {
  const StandIn cloud({"--instances", "1", "--check-time", "0", "--upgrade-time", "0"});
  const Desk desk;
  const std::string plan = desk.directory().write(
      "plan.yaml",
      plan_for(cloud,
               "hooks: {after_upgrade: [{run: 'test -e ready || { touch runs; sleep 1000; }'}]}"));
  Child driver({program(), "run", plan, "--store", desk.store()}, desk.directory().path());
  while (!std::filesystem::exists(desk.directory().path() + "/runs"))
    REQUIRE_FALSE(driver.wait(std::chrono::milliseconds{10}));
  driver.signal(SIGKILL);
  REQUIRE(driver.wait(std::chrono::seconds{10}));
  CHECK(desk.pawl({"resume"}).code == 1);
  REQUIRE(desk.json_of({"show", "orders-1"})["state"] == "needs_operator");
  CHECK(desk.pawl({"cancel"}).code == 0);
  REQUIRE(desk.json_of({"show", "orders-1"})["state"] == "cancelled");
  CHECK(unverified(desk).size() == 1);
  const std::string reason = desk.json_of({"plan", plan})["instances"][0]["reason"];
  CHECK_MESSAGE(reason.ends_with(" of it, which is not verified"), reason);
  desk.directory().write("ready", "");
  CHECK(desk.pawl({"run", plan, "--failed-of", "fleet-1"}).code == 0);
  CHECK(upgrades(cloud) == 1);
  check_agreement(desk, cloud);
}

TEST_CASE("plan leaves alone what a run of the store has found replaced by somebody else") {
  const StandIn cloud({"--instances", "1", "--check-time", "0", "--upgrade-time", "0"});
  const Desk somebody, desk;
  const std::string plan = desk.directory().write("plan.yaml", plan_for(cloud));
  CHECK(somebody.pawl({"run", plan}).code == 0);
  CHECK(desk.json_of({"plan", plan})["instances"][0]["fate"] == "upgrade");  // no call tells so far
  CHECK(desk.pawl({"precheck", plan}).code == 0);
  const json told = desk.json_of({"plan", plan})["instances"][0];
  CHECK(told["fate"] == "skip");
  CHECK(told["reason"].get<std::string>().find("an upgrade with cutover has made ") !=
        std::string::npos);
}

TEST_CASE("what the store knows to be replaced is skipped by another rollout (decision 7)") {
  const StandIn cloud = quick_cloud(2);
  const Desk desk;
  std::string text = plan_for(cloud);
  CHECK(desk.pawl({"run", desk.directory().write("first.yaml", text)}).code == 0);
  replace(text, "name: fleet", "name: second");
  const std::string second = desk.directory().write("second.yaml", text);
  std::map<std::string, std::string> planned;
  const json shown = desk.json_of({"plan", second});
  for (const json& instance : shown["instances"])
    planned[instance["instance_id"]] = instance["reason"];
  const Ended ended = desk.pawl({"run", second});
  CHECK_MESSAGE(ended.code == 0, ended.err);
  CHECK(upgrades(cloud) == 2);
  CHECK(counted(cloud, "checks") == 2);
  int replaced = 0;
  const json status = desk.json_of({"status", "second-1"});
  for (const json& instance : status["instances"]) {
    CHECK(instance["state"] == "skipped");
    const std::string reason = instance["reason"];
    CHECK(reason == planned[instance["instance_id"]]);
    if (reason.starts_with("already on its target: fleet-1 has made ")) ++replaced;
  }
  CHECK(replaced == 2);
  check_agreement(desk, cloud);
}
