// A plan with `cutover: false` is a rehearsal, and the real one is told how it went.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <set>

#include "tests/support/fleet.h"

using namespace pawl::test;
using nlohmann::json;

namespace {

/// Over the instances that were there from the start, not the copies that a rehearsal makes.
std::string real_plan(const StandIn& cloud, const std::string& more = "") {
  std::string text = plan_for(cloud, more);
  replace(text, "{tags: {env: prod}}", "{tags: {env: prod}, version: \"13\"}");
  return text;
}

std::string rehearsal_plan(const StandIn& cloud, const std::string& more = "") {
  std::string text = real_plan(cloud, more);
  replace(text, "cutover: true", "cutover: false");
  return text;
}

StandIn unlucky_cloud() {
  return StandIn({"--instances", "12", "--check-time", "0", "--upgrade-time", "0..100ms",
                  "--versions", "13.9", "--upgrade-fail", "30%", "--seed", "5"});
}

}  // namespace

TEST_CASE(
    "plan and run tell how the rehearsal went: which were in it, what took how long, failed") {
  const StandIn cloud = unlucky_cloud();
  const Desk desk;
  const std::string allow = "defaults: {max_failures: 12}";
  std::string text = rehearsal_plan(cloud, allow);
  replace(text, "name: fleet", "name: try");
  const std::string rehearsal = desk.directory().write("rehearsal.yaml", text);
  CHECK(desk.json_of({"plan", rehearsal})["rehearsal"].is_null());
  CHECK(desk.pawl({"run", rehearsal}).code == 1);
  const json status = desk.json_of({"status", "try-1"});
  const int succeeded = status["counts"]["succeeded"], failed = status["counts"]["failed"];
  REQUIRE(failed > 0);
  REQUIRE(succeeded > 0);

  const std::string plan = desk.directory().write("plan.yaml", real_plan(cloud, allow));
  const json told = desk.json_of({"plan", plan})["rehearsal"];
  CHECK(told["instances"] == 12);
  CHECK(told["of"] == 12);
  REQUIRE(told["rollouts"].size() == 1);
  CHECK(told["rollouts"][0]["rollout"] == "try-1");
  CHECK(told["rollouts"][0]["started"] == status["started"]);
  CHECK(told["rollouts"][0]["finished"] == status["finished"]);
  CHECK(told["rollouts"][0]["succeeded"] == succeeded);
  CHECK(told["rollouts"][0]["failed"] == failed);
  CHECK(told["upgrade_took"]["upgrades"] == succeeded);
  for (const char* key : {"p50", "p95", "max"})
    CHECK(told["upgrade_took"][key].is_string());
  CHECK(told["failures"] == status["failures"]);
  CHECK(told["failures"][0]["signature"].is_string());

  const std::string words = fmt::format(
      "12 of 12 instances were rehearsed in try-1 ({}: {} "
      "succeeded, {} failed); half of the upgrades took up to ",
      status["started"].get<std::string>(), succeeded, failed);
  const std::string warning =
      fmt::format("{} of the plan's instances failed {} rehearsal and may fail again", failed,
                  failed == 1 ? "its" : "their");
  const Ended shown = desk.pawl({"plan", plan});
  CHECK_MESSAGE(shown.out.find(words) != std::string::npos, shown.out);
  CHECK_MESSAGE(shown.err.find(warning) != std::string::npos, shown.err);
  const std::string signature = told["failures"][0]["signature"];
  CHECK(shown.err.find("of kind " + signature) != std::string::npos);

  // Another target was not rehearsed.
  text = real_plan(cloud, allow);
  replace(text, "target_version: \"14\"", "target_version: \"15\"");
  CHECK(desk.json_of({"plan", desk.directory().write("to15.yaml", text)})["rehearsal"].is_null());

  const Ended ran = desk.pawl({"run", plan});
  CHECK(ran.code == 1);
  CHECK_MESSAGE(ran.err.find(words) != std::string::npos, ran.err);
  CHECK_MESSAGE(ran.err.find(warning) != std::string::npos, ran.err);
  CHECK(desk.pawl({"audit", "verify"}).code == 0);
}

TEST_CASE("a rehearsal that goes on yet is told as far as it has come, and its last word counts") {
  const StandIn cloud = unlucky_cloud();
  const Desk desk;
  CHECK(desk.pawl({"run", desk.directory().write("rehearsal.yaml", rehearsal_plan(cloud))}).code ==
        1);
  const json halted = desk.json_of({"status"});
  REQUIRE(halted["state"] == "halted");
  const std::string plan = desk.directory().write("plan.yaml", real_plan(cloud));
  const json planned = desk.json_of({"plan", plan});
  CHECK(planned["unfinished_rollout"] == "fleet-1");
  CHECK(planned["rehearsal"]["rollouts"][0]["finished"].is_null());
  CHECK(planned["rehearsal"]["rollouts"][0]["failed"] == halted["counts"]["failed"]);
  CHECK(desk.pawl({"plan", plan}).out.find("fleet-1 (going on since ") != std::string::npos);

  CHECK(desk.pawl({"cancel"}).code == 0);
  const Ended taken_up =
      desk.pawl({"run", desk.directory().write("rehearsal.yaml", rehearsal_plan(cloud)),
                 "--failed-of", "fleet-1"});
  // What failed once may pass this time.
  const int failed = desk.json_of({"status", "fleet-2"})["counts"]["failed"];
  CHECK(taken_up.code == (failed == 0 ? 0 : 1));
  const json again = desk.json_of({"plan", plan})["rehearsal"];
  std::set<std::string> rollouts;
  int instances = 0;
  for (const json& in : again["rollouts"]) {
    rollouts.insert(in["rollout"].get<std::string>());
    instances += in["succeeded"].get<int>() + in["failed"].get<int>();
  }
  CHECK(rollouts == std::set<std::string>{"fleet-1", "fleet-2"});
  CHECK(again["rollouts"][0]["rollout"] == "fleet-2");
  CHECK(again["instances"] == instances);  // each counts once, by its last rehearsal
}
