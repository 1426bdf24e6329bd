// Why something stands still, what failed and is taken up again, and how things stood before.
#include <doctest/doctest.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <signal.h>

#include <map>
#include <set>
#include <thread>

#include "tests/support/fleet.h"

using namespace pawl::test;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

std::vector<std::string> whats(const json& why) {
  std::vector<std::string> words;
  for (const json& reason : why["reasons"])
    words.push_back(reason["what"]);
  return words;
}

using Words = std::vector<std::string>;

/// One window a week, three days from now, for an hour.
std::string window_in_three_days() {
  const auto today =
      std::chrono::weekday(std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now()));
  constexpr const char* week[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};
  return fmt::format("windows: [{{days: [{}], from: \"01:00\", to: \"02:00\", zone: UTC}}]",
                     week[(today.c_encoding() + 3) % 7]);
}

std::set<std::string> ids_in(const json& status, const std::string& state = "") {
  std::set<std::string> ids;
  for (const json& instance : status["instances"]) {
    if (state.empty() || instance["state"] == state) ids.insert(instance["instance_id"]);
  }
  return ids;
}

}  // namespace

TEST_CASE("why tells the reasons in their order, while a driver runs and while none does") {
  const StandIn cloud(
      {"--instances", "6", "--check-time", "0", "--upgrade-time", "1h", "--clock-offset=-20m"});
  const Desk desk;
  const std::string plan = desk.directory().write(
      "plan.yaml",
      plan_for(cloud, fmt::format("defaults: {{max_parallel: 1}}\nwaves: [{{name: canary, select: "
                                  "{{tags: {{tier: canary}}}}, soak: 2h}}, {{name: rest, approval: "
                                  "required, {}}}]",
                                  window_in_three_days())));
  Child driver({program(), "run", plan, "--store", desk.store()}, desk.directory().path());
  until(driver, [&] { return upgrades(cloud) == 1; });
  const json first = desk.json_of({"why", "orders-1"});
  CHECK(whats(first) == Words{"under_way"});
  const std::string text = first["reasons"][0]["text"], since = "; since ";
  const auto at = text.find(since);
  REQUIRE_MESSAGE(at != std::string::npos, text);
  const std::string asked = text.substr(at + since.size(), first["at"].get<std::string>().size());
  CHECK_MESSAGE(asked <= first["at"].get<std::string>(), text);  // both at the cloud's clock
  CHECK_MESSAGE(text.find(", and its time is over at ") != std::string::npos, text);
  const json second = desk.json_of({"why", "billing-1"});
  CHECK(whats(second) == Words{"places"});
  CHECK(second["reasons"][0]["text"] ==
        "all 1 places for upgrades of wave canary are taken: orders-1");
  CHECK(second["go"] == false);
  const json last = desk.json_of({"why", "search-1"});
  CHECK(whats(last) == Words{"earlier_wave", "approval", "window"});
  CHECK(last["reasons"][0]["earliest"] > last["at"]);  // the soak is still to come
  CHECK(last["reasons"][1]["earliest"].is_null());
  CHECK(last["reasons"][2]["earliest"].get<std::string>().substr(11, 8) == "01:00:00");
  CHECK(desk.pawl({"pause"}).code == 0);
  CHECK(desk.pawl({"freeze"}).code == 0);
  driver.signal(SIGINT);
  REQUIRE(driver.wait(20s));
  CHECK(whats(desk.json_of({"why", "billing-1"})) == Words{"paused", "frozen", "places"});
  const Ended table = desk.pawl({"why", "billing-1"});
  CHECK(table.out.find("1. paused: fleet-1 is paused: `pawl unpause fleet-1`") !=
        std::string::npos);
  for (const char* format : {"csv", "ndjson"})
    CHECK(desk.pawl({"why", "search-1", "--output", format}).out.find("earlier_wave") !=
          std::string::npos);
  CHECK(desk.pawl({"why", "nobody"}).code == 2);
}

TEST_CASE("why and the levers say that nothing drives the rollout, and how to go on") {
  const StandIn cloud({"--instances", "2", "--check-time", "0", "--upgrade-time", "0"});
  const Desk desk;
  const std::string plan =
      desk.directory().write("plan.yaml", plan_for(cloud, "defaults: {approval: required}"));
  Child driver({program(), "run", plan, "--store", desk.store()}, desk.directory().path());
  while (stats(cloud)["checks"] != 2 || desk.json_of({"status"})["state"] != "waiting")
    REQUIRE_FALSE(driver.wait(10ms));
  const std::string nothing = "nothing drives it: the last driver ";
  CHECK(desk.json_of({"why", "orders-1"})["last_driver"].is_null());
  CHECK(desk.pawl({"why", "orders-1"}).out.find(nothing) == std::string::npos);
  CHECK(desk.pawl({"pause"}).err.find(nothing) == std::string::npos);
  driver.signal(SIGINT);
  REQUIRE(driver.wait(20s));

  const json why = desk.json_of({"why", "orders-1"});
  CHECK(why["last_driver"] == desk.json_of({"status"})["last_driver"]);
  CHECK(why["last_driver"]["reason"] == "interrupted");
  CHECK(why["last_driver"]["seen"] == desk.history({"--event", "driver_stopped"}).at(0)["time"]);
  const std::string on = ": interrupted; `pawl unpause fleet-1`, then `pawl resume fleet-1`";
  const std::string table = desk.pawl({"why", "orders-1"}).out;
  CHECK_MESSAGE(table.find(nothing + "stopped at 20") != std::string::npos, table);
  CHECK_MESSAGE(table.find(on) != std::string::npos, table);
  CHECK(desk.pawl({"status"}).out.find(on) != std::string::npos);
  for (const auto& [lever, then] :
       {std::pair{"unpause", "`pawl approve fleet-1 all`, then `pawl resume fleet-1`"},
        std::pair{"approve", "`pawl resume fleet-1` goes on"}}) {
    const std::string said = desk.pawl({lever}).err;
    CHECK_MESSAGE(said.find(nothing + "stopped at 20") != std::string::npos, said);
    CHECK_MESSAGE(said.find(std::string(": interrupted; ") + then) != std::string::npos, said);
  }
  CHECK(desk.json_of({"pause"})["last_driver"] == why["last_driver"]);
  // A list has no room to say what each rollout needs.
  const Ended list = desk.pawl({"list"});
  CHECK_MESSAGE(list.out.find(": interrupted; `pawl status ROLLOUT` says what is to be done, then "
                              "`pawl resume`\n") != std::string::npos,
                list.out);
  CHECK(desk.pawl({"unpause"}).code == 0);
  CHECK(desk.pawl({"freeze"}).err.find("interrupted; `pawl resume` goes on") != std::string::npos);
  CHECK(desk.pawl({"unfreeze"}).code == 0);
  CHECK(desk.pawl({"resume"}).code == 0);
  CHECK(desk.json_of({"why", "orders-1"})["last_driver"].is_null());
  CHECK(desk.pawl({"freeze"}).err.find(nothing) == std::string::npos);  // nothing is to go on
}

TEST_CASE("why names the value that is spread, and who is in flight with it") {
  const StandIn cloud({"--instances", "3", "--check-time", "0", "--upgrade-time", "1h"});
  const Desk desk;
  const std::string plan = desk.directory().write(
      "plan.yaml", plan_for(cloud, "defaults: {spread: {tag: env, max: 1}}"));
  Child driver({program(), "run", plan, "--store", desk.store()}, desk.directory().path());
  until(driver, [&] { return upgrades(cloud) == 1; });
  const json why = desk.json_of({"why", "billing-1"});
  REQUIRE(whats(why) == Words{"spread"});
  const std::string text = why["reasons"][0]["text"];
  CHECK_MESSAGE(text.find("spread tag") != std::string::npos, text);
  CHECK_MESSAGE(text.ends_with("(`prod`): orders-1"), text);
}

TEST_CASE("why has words for what is over, what was left alone and what it has never heard of") {
  const StandIn cloud(
      {"--instances", "2", "--replicas", "1", "--check-time", "0", "--upgrade-time", "0"});
  const Desk desk;
  const Ended early = desk.pawl({"why", "orders-1"});
  CHECK(early.code == 2);
  CHECK_MESSAGE(early.err.find(desk.store()) != std::string::npos, early.err);
  const std::string plan = desk.directory().write("plan.yaml", plan_for(cloud));
  CHECK(desk.pawl({"run", plan}).code == 1);
  const Ended over = desk.pawl({"why", "orders-1"});
  CHECK(over.code == 0);
  CHECK_MESSAGE(
      over.out.find("orders-1: succeeded in fleet-1, wave all\n1. over: orders-1 has succeeded") !=
          std::string::npos,
      over.out);
  const json skipped = desk.json_of({"why", "orders-1-replica-1"});
  CHECK(whats(skipped) == Words{"over"});
  const std::string text = skipped["reasons"][0]["text"];
  CHECK_MESSAGE(text.starts_with("orders-1-replica-1 is skipped: "), text);
  CHECK_MESSAGE(text.find("replica") != std::string::npos, text);
  CHECK(skipped["go"] == false);
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {"why", "nobody"}, {"why", "nobody", "--rollout", "fleet-1"}}) {
    const Ended unknown = desk.pawl(words);
    CHECK(unknown.code == 2);
    CHECK(unknown.out.empty());
    CHECK_MESSAGE(unknown.err.find("about instance `nobody`") != std::string::npos, unknown.err);
  }
  const Ended elsewhere = desk.pawl({"why", "orders-1", "--rollout", "fleet-9"});
  CHECK(elsewhere.code == 2);
  CHECK_MESSAGE(elsewhere.err.find("fleet-9") != std::string::npos, elsewhere.err);
}

TEST_CASE("why judges a window by the cloud's clock, as the last driver has measured it") {
  const StandIn cloud({"--instances", "3", "--check-time", "0", "--upgrade-time", "100d"});
  cloud.get("/_forward?by=10h");
  // From nine to eleven hours ahead of this machine's clock.
  const auto now = std::chrono::system_clock::now();
  const auto day = std::chrono::floor<std::chrono::days>(now);
  const auto minutes = std::chrono::floor<std::chrono::minutes>(now - day).count();
  const auto at = [&](int hours) {
    const auto then = (minutes + 60 * hours) % (24 * 60);
    return fmt::format("{:02}:{:02}", then / 60, then % 60);
  };
  const Desk desk;
  const std::string plan = desk.directory().write(
      "plan.yaml",
      plan_for(cloud, fmt::format("defaults: {{max_parallel: 1, windows: [{{days: [mon, tue, wed, "
                                  "thu, fri, sat, sun], from: \"{}\", to: \"{}\", zone: UTC}}]}}",
                                  at(9), at(11))));
  Child driver({program(), "run", plan, "--store", desk.store()}, desk.directory().path());
  until(driver, [&] { return upgrades(cloud) == 1; });
  const json why = desk.json_of({"why", "billing-1"});
  CHECK(whats(why) == Words{"places"});
  CHECK(why["at"] > fmt::format("{:%Y-%m-%dT%H:%M:%S}",
                                std::chrono::floor<std::chrono::seconds>(now + 9h + 59min)));
}

TEST_CASE("failures are grouped by what they say, with the remedy, and retried by their kind") {
  const StandIn cloud({"--instances", "40", "--check-time", "0", "--upgrade-time", "0",
                       "--check-fail", "50%", "--seed", "5"});
  const Desk desk;
  const std::string plan = desk.directory().write("plan.yaml", plan_for(cloud));
  CHECK(desk.pawl({"run", plan}).code == 1);
  const json status = desk.json_of({"status"});
  const std::size_t failed = ids_in(status, "failed").size();
  std::size_t counted = 0, remedies = 0;
  std::map<std::size_t, std::string> most;
  for (const json& kind : status["failures"]) {
    counted += kind["count"].get<std::size_t>();
    CHECK(kind["count"] == kind["instances"].size());
    remedies += kind["remedy"].is_null() ? 0 : 1;
  }
  CHECK(counted == failed);
  CHECK(status["failures"].size() > 1);
  CHECK(status["failures"].size() < failed);
  CHECK(remedies > 0);
  const json first = status["failures"][0];
  CHECK(first["count"].get<int>() >= status["failures"][1]["count"].get<int>());
  const std::string signature = first["signature"];
  const Ended table = desk.pawl({"status"});
  CHECK(table.out.find(signature) != std::string::npos);
  CHECK(table.out.find("WHAT TO DO") != std::string::npos);

  CHECK(desk.pawl({"retry", "fleet-1"}).code == 2);
  CHECK(desk.pawl({"retry", "fleet-1", "--signature", "00000000"}).code == 2);
  const Ended retried = desk.pawl({"retry", "fleet-1", "--signature", signature});
  CHECK_MESSAGE(retried.code == 0, retried.err);
  const std::string one = first["instances"][0];
  CHECK_MESSAGE(retried.err.find("fleet-1: retried " + one) != std::string::npos, retried.err);
  const json after = desk.json_of({"status"});
  CHECK(after["counts"]["pending"] == first["count"]);
  CHECK(ids_in(after, "failed").size() == failed - first["count"].get<std::size_t>());
}

TEST_CASE("what did not succeed is taken up by another rollout, and both remember each other") {
  const StandIn cloud({"--instances", "20", "--check-time", "0", "--upgrade-time", "0",
                       "--check-fail", "30%", "--seed", "5"});
  const Desk desk;
  const std::string plan = desk.directory().write(
      "plan.yaml", plan_for(cloud,
                            "defaults: {max_failures: 20}\nwaves: [{name: canary, select: {tags: "
                            "{tier: canary}}}, {name: rest}]"));
  CHECK(desk.pawl({"run", plan}).code == 1);
  const json old = desk.json_of({"status", "fleet-1"});
  const auto failed = ids_in(old, "failed");
  REQUIRE(failed.size() > 1);
  const Ended again = desk.pawl({"run", plan});
  CHECK(again.code == 1);
  CHECK(again.err.find("--failed-of fleet-1") != std::string::npos);
  CHECK(desk.pawl({"pause", "fleet-1"}).err.find("--failed-of fleet-1") != std::string::npos);
  CHECK(desk.pawl({"run", plan, "--failed-of", "fleet-9"}).code == 2);
  CHECK(desk.pawl({"run", plan, "--failed-of", "fleet-1", "--new"}).code == 2);

  CHECK(desk.pawl({"run", plan, "--failed-of", "fleet-1"}).code == 1);  // of some, again
  const json fresh = desk.json_of({"status", "fleet-2"});
  CHECK(ids_in(fresh) == failed);
  CHECK(fresh["counts"]["succeeded"] > 0);  // a second check may pass
  CHECK(fresh["failed_of"] == "fleet-1");
  const json remembered = desk.json_of({"status", "fleet-1"});
  CHECK(remembered["followed_by"] == "fleet-2");
  CHECK(remembered["finished"] == old["finished"]);
  CHECK(remembered["state"] == "finished");
  const json list = desk.json_of({"list"});
  CHECK(list[0]["followed_by"] == "fleet-2");
  CHECK(list[1]["failed_of"] == "fleet-1");
  CHECK(desk.history({"--event", "rollout_followed"}).at(0)["data"]["followed_by"] == "fleet-2");
  CHECK(desk.history({"--rollout", "fleet-2", "--limit", "1"}).at(0)["data"]["failed_of"] ==
        "fleet-1");
  const Ended twice = desk.pawl({"run", plan, "--failed-of", "fleet-1"});
  CHECK(twice.code == 2);
  CHECK(twice.err.find("--failed-of fleet-2") != std::string::npos);
  check_agreement(desk, cloud);
}

TEST_CASE("what a cancelled rollout did not send is taken up by the next") {
  const StandIn cloud({"--instances", "6", "--check-time", "0", "--upgrade-time", "1h"});
  const Desk desk;
  const std::string plan =
      desk.directory().write("plan.yaml", plan_for(cloud, "defaults: {max_parallel: 1}"));
  Child driver({program(), "run", plan, "--store", desk.store()}, desk.directory().path());
  until(driver, [&] { return upgrades(cloud) == 1; });
  CHECK(desk.pawl({"run", plan, "--failed-of", "fleet-1"}).code == 4);
  CHECK(desk.pawl({"cancel"}).code == 0);
  end_upgrades(cloud);
  REQUIRE(driver.wait(20s));
  const auto cancelled = ids_in(desk.json_of({"status", "fleet-1"}), "cancelled");
  CHECK(cancelled.size() == 5);
  Child next({program(), "run", plan, "--failed-of", "fleet-1", "--store", desk.store()},
             desk.directory().path());
  end_upgrades(next, cloud, 2, 6, 1);
  const auto ended = next.wait(20s);
  REQUIRE(ended);
  CHECK_MESSAGE(ended->code == 0, ended->err);
  CHECK(ids_in(desk.json_of({"status", "fleet-2"}), "succeeded") == cancelled);
  CHECK(desk.json_of({"status", "fleet-1"})["state"] == "cancelled");
  check_agreement(desk, cloud);
}

TEST_CASE("a precheck checks the whole fleet, upgrades nothing, and reports") {
  const StandIn cloud({"--instances", "20", "--replicas", "1", "--check-time", "0..50ms",
                       "--upgrade-time", "0", "--check-fail", "30%", "--seed", "5"});
  const Desk desk;
  const std::string plan = desk.directory().write(
      "plan.yaml",
      plan_for(cloud,
               fmt::format("waves: [{{name: canary, select: {{tags: {{tier: canary}}}}, soak: "
                           "1h}}, {{name: rest, approval: required, {}}}]",
                           window_in_three_days())));
  const Ended ended = desk.pawl({"precheck", plan, "--json"});
  CHECK_MESSAGE(ended.code == 1, ended.err);
  const json report = json::parse(ended.out);
  CHECK(report["rollout"] == "fleet.precheck-1");
  CHECK(report["plan"] == "fleet");
  CHECK(report["state"] == "finished");
  CHECK(report["skipped"] == 1);
  CHECK(report["passed"].get<int>() + report["failed"].get<int>() == 20);
  CHECK(report["failed"].get<int>() > 1);
  CHECK_FALSE(report["failures"].empty());
  for (const json& instance : report["instances"]) {
    CHECK(instance["expires"].is_null() == (instance["result"] != "passed"));
    CHECK(instance["signature"].is_null() == (instance["result"] != "failed"));
  }
  CHECK(stats(cloud)["upgrades"] == 0);
  const json planned = desk.json_of({"plan", plan});
  for (const json& instance : planned["instances"])
    CHECK((instance["fate"] == "upgrade") == (instance["name"] != "orders-1-replica-1"));
  const int checks = stats(cloud)["checks"];
  CHECK(checks == 20);
  const json listed = desk.json_of({"list"});
  CHECK(listed[0]["kind"] == "precheck");
  CHECK(listed[0]["plan"] == "fleet");

  // A rollout trusts none of its reports: it checks for itself.
  const Ended waits = desk.pawl({"run", plan, "--no-wait"});
  CHECK(waits.code == 3);  // by this seed the canaries pass this time, and soak
  CHECK(desk.json_of({"status", "fleet-1"})["kind"] == "upgrade");
  CHECK(stats(cloud)["checks"].get<int>() == checks + 20);
  const Ended busy = desk.pawl({"precheck", plan});
  CHECK(busy.code == 2);
  CHECK(busy.err.find("belongs to rollout fleet-1") != std::string::npos);
  check_agreement(desk, cloud);
}

TEST_CASE("a precheck that was killed is taken up again, and made anew after its end") {
  const StandIn cloud({"--instances", "12", "--check-time", "1s"});
  const Desk desk;
  const std::string plan =
      desk.directory().write("plan.yaml", plan_for(cloud, "check: {parallel: 3}"));
  Child driver({program(), "precheck", plan, "--store", desk.store()}, desk.directory().path());
  until(driver, [&] { return counted(cloud, "checks") >= 4; });
  driver.signal(SIGKILL);
  REQUIRE(driver.wait(10s));
  const json last = desk.json_of({"status"})["last_driver"];
  CHECK(last["reason"].is_null());  // it left no word
  CHECK(last["seen"] >= desk.history().back()["time"]);
  const json going_on = desk.json_of({"precheck", plan});
  CHECK(going_on["rollout"] == "fleet.precheck-1");
  CHECK(going_on["passed"] == 12);
  CHECK(stats(cloud)["checks"] == 12);
  CHECK(desk.json_of({"precheck", plan})["rollout"] == "fleet.precheck-2");
  CHECK(desk.pawl({"audit", "verify"}).code == 0);
}

TEST_CASE("status tells how things stood at any time, from the journal") {
  const StandIn cloud({"--instances", "8", "--check-time", "0", "--upgrade-time", "0..300ms"});
  const Desk desk;
  const std::string plan = desk.directory().write(
      "plan.yaml", plan_for(cloud,
                            "defaults: {max_parallel: 2}\nwaves: [{name: canary, select: {tags: "
                            "{tier: canary}}}, {name: rest}]"));
  CHECK(desk.pawl({"run", plan}).code == 0);
  const json now = desk.json_of({"status"});
  std::map<std::string, std::string> states;
  std::string at;
  int seen = 0;
  const auto check_then = [&] {
    const json then = desk.json_of({"status", "fleet-1", "--as-of", at});
    CHECK(then["as_of"] == at);
    CHECK(then["updated"] == at);
    std::map<std::string, int> counts;
    for (const json& instance : then["instances"]) {
      CHECK(instance["state"] == states.at(instance["instance_id"]));
      ++counts[instance["state"].get<std::string>()];
    }
    for (const auto& [state, count] : counts)
      CHECK(then["counts"][state] == count);
    ++seen;
  };
  int entries = 0;
  for (const json& entry : desk.history({"--rollout", "fleet-1"})) {
    const std::string time = entry["time"];
    if (time != at && !at.empty() && ++entries % 8 == 0) check_then();
    at = time;
    if (!entry["instance_id"].is_null()) states[entry["instance_id"]] = entry["to"];
  }
  check_then();
  CHECK(seen > 2);
  json end = desk.json_of({"status", "--as-of", "2999-01-01"});
  CHECK(end["state"] == "finished");
  CHECK(end["finished"] == now["finished"]);
  CHECK(end["waves"] == now["waves"]);
  CHECK(end["instances"] == now["instances"]);
  const Ended before = desk.pawl({"status", "fleet-1", "--as-of", "2020-01-01"});
  CHECK(before.code == 2);
  CHECK(before.err.find("had not started") != std::string::npos);
  CHECK(desk.pawl({"status", "--as-of", "yesterday"}).code == 2);
  CHECK(desk.pawl({"status", "--as-of", "2020-01-01"}).code == 2);
}

TEST_CASE("plan and status say which checks go stale before their turn comes") {
  const StandIn cloud(
      {"--instances", "6", "--check-time", "0", "--upgrade-time", "0", "--check-valid", "2d"});
  const Desk desk;
  const std::string plan = desk.directory().write(
      "plan.yaml",
      plan_for(cloud, fmt::format("waves: [{{name: canary, select: {{tags: {{tier: canary}}}}, "
                                  "approval: required}}, {{name: rest, {}}}]",
                                  window_in_three_days())));
  const Ended waits = desk.pawl({"run", plan, "--no-wait"});
  CHECK_MESSAGE(waits.code == 3, waits.err);
  const json status = desk.json_of({"status"});
  REQUIRE(status["stale_checks"].size() == 2);
  const json canary = status["stale_checks"][0];
  CHECK(canary["approval"] == true);
  CHECK(canary["stale"] == 0);
  CHECK(canary["from"] > status["updated"]);
  const json rest = status["stale_checks"][1];
  CHECK(rest["stale"] == 3);
  CHECK(rest["instances"].size() == 3);
  CHECK(rest["from"] < rest["starts"]);
  const Ended table = desk.pawl({"status"});
  CHECK(table.out.find("wave rest: 3 of 3 checks go stale before their turn") != std::string::npos);
  CHECK(table.out.find("wave canary: its checks go stale from") != std::string::npos);
  // As documented a report counts for seven days, so beforehand none is expected to be too old.
  std::string text = plan_for(cloud,
                              "waves: [{name: canary, select: {tags: {tier: canary}}, soak: 7d}, "
                              "{name: rest}]");
  text.replace(text.find("name: fleet"), 11, "name: other");
  const Desk other;
  const json planned = other.json_of({"plan", other.directory().write("plan.yaml", text)});
  CHECK(planned["waves"][0]["checks_stale"] == 0);
  CHECK(planned["waves"][1]["checks_stale"] == 3);
  CHECK(planned["instances"].back()["check_stale"] == true);
}

TEST_CASE("a run tried again in a closed wave waits for one of its spread value in the open one") {
  const StandIn cloud({"--instances", "6", "--check-time", "0", "--upgrade-time", "1h"});
  const Desk desk;
  const std::string plan = desk.directory().write(
      "plan.yaml", plan_for(cloud,
                            "defaults: {max_parallel: 5, spread: {tag: service, max: 1}}\n"
                            "hooks: {before_upgrade: [{run: 'test \"$PAWL_INSTANCE_NAME\" != "
                            "orders-1 -o -e mended'}]}\n"
                            "waves: [{name: canary, select: {name: orders-1}, max_failures: 1}, "
                            "{name: rest}]"));
  Child driver({program(), "run", plan, "--store", desk.store()}, desk.directory().path());
  const auto requested = [&](const char* name) {
    return desk.history({"--instance", name, "--event", "upgrade_requested"});
  };
  until(driver, [&] { return upgrades(cloud) == 5 && !requested("orders-2").empty(); });
  desk.directory().write("mended", "");
  CHECK(desk.pawl({"retry", "fleet-1", "orders-1"}).code == 0);
  end_upgrades(driver, cloud, 5, 6, 1);
  const auto ended = driver.wait(60s);
  REQUIRE(ended);
  CHECK_MESSAGE(ended->code == 0, ended->err);
  const auto succeeded = desk.history({"--instance", "orders-2", "--event", "verify_passed"});
  REQUIRE(succeeded.size() == 1);
  REQUIRE(requested("orders-1").size() == 1);
  CHECK(requested("orders-1")[0]["seq"] > succeeded[0]["seq"]);
  check_agreement(desk, cloud);
}

TEST_CASE("a wave of which everything is on its target already does not soak") {
  const StandIn cloud({"--instances", "2", "--check-time", "0", "--upgrade-time", "0"});
  const Desk desk;
  const std::string waves =
      "waves: [{name: canary, select: {name: orders-1}, soak: 24h}, {name: rest}]";
  std::string first = plan_for(cloud);
  first.replace(first.find("name: fleet"), 11, "name: first");
  first += "exclude: [{names: [billing-1]}]\n";
  REQUIRE(desk.pawl({"run", desk.directory().write("first.yaml", first)}).code == 0);
  const Ended ended =
      desk.pawl({"run", desk.directory().write("plan.yaml", plan_for(cloud, waves)), "--no-wait"});
  CHECK_MESSAGE(ended.code == 0, ended.err);
  CHECK(desk.history({"--event", "soak_started"}).empty());
  const json counts = desk.json_of({"status", "fleet-1"})["counts"];
  CHECK(counts["skipped"] == 2);  // the old instance, and the one that was made of it
  CHECK(counts["succeeded"] == 1);
}
