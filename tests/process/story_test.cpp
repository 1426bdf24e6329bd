// One fleet's upgrade as a person lives through it, from the plan to the last instance. The hours
// of soaks and windows pass on the stand-in's clock, which is put forward; nothing here goes by how
// late it is or how fast the machine is.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "engine/time.h"
#include "tests/support/fleet.h"

using namespace pawl::test;
using nlohmann::json;
using namespace std::chrono_literals;
using Minutes = std::chrono::minutes;

namespace {

/// Every day, `length` from `opens` on, on the clocks of a zone that is `east` of UTC.
std::string daily_window(std::chrono::sys_time<Minutes> opens, Minutes length, Minutes east,
                         const char* zone) {
  const auto on_the_wall = [&](std::chrono::sys_time<Minutes> at) {
    const Minutes local = (at.time_since_epoch() + east) % std::chrono::days{1};
    return fmt::format("{:02}:{:02}", local / 1h, (local % 1h).count());
  };
  return fmt::format(
      "{{days: [mon, tue, wed, thu, fri, sat, sun], from: \"{}\", to: \"{}\", zone: {}}}",
      on_the_wall(opens), on_the_wall(opens + length), zone);
}

/// 45 canaries, 450 early ones, 301 orders, 301 users, and the other 903.
std::string five_waves(const StandIn& cloud, const std::string& europe, const std::string& asia) {
  return fmt::format(R"(name: autumn
cloud:
  endpoint: {}
  project_id: 0483b6b16e954cb88930a360d2c4e663
  calls_per_minute: 10000000
target_version: "14"
cutover: true
instances: [{{select: {{tags: {{env: prod}}}}}}]
max_failures: 50
defaults: {{max_parallel: 40}}
waves:
  - name: canary
    select: {{tags: {{tier: canary}}}}
    max_parallel: 15
    soak: 30m
  - name: early
    select: {{name: "*-??"}}
    approval: required
    spread: {{tag: service, max: 8}}
  - name: europe
    select: {{name: "orders-???"}}
    max_failures: 10%
    overshoot: never
    windows: [{}]
  - name: asia
    select: {{name: "users-???"}}
    windows: [{}]
  - name: rest
    max_parallel: 100
check: {{parallel: 200}}
polling: {{first: 20ms, min: 20ms, max: 200ms}}
timeouts: {{settle: 40s, request: 20s}}
hooks: {{before_upgrade: [{{run: ". ./drain.sh", timeout: 1m}}]}}
)",
                     cloud.url(), europe, asia);
}

constexpr const char* drain = R"(# Lets nobody touch the orders while their month is being closed.
if [ "$PAWL_WAVE" = europe ] && [ -e month-end ]; then
  echo "\"$PAWL_INSTANCE_NAME\" still has 7 sessions, the first of process $$"
  exit 3
fi
)";

/// How many of one service, which is how a name begins, were in flight at once in `wave`.
std::map<std::string, int> most_in_flight(const Desk& desk, const std::string& wave) {
  std::map<std::string, std::string> services;
  const json status = desk.json_of({"status"});
  for (const json& instance : status["instances"]) {
    const std::string name = instance["name"];
    services[instance["instance_id"]] = name.substr(0, name.find('-'));
  }
  std::map<std::int64_t, std::pair<std::string, int>> steps;
  for (const auto& [event, by] : {std::pair("upgrade_requested", 1), {"upgrade_succeeded", -1}}) {
    for (const json& entry : desk.history({"--event", event})) {
      if (entry["wave"] == wave) steps[entry["seq"]] = {services.at(entry["instance_id"]), by};
    }
  }
  std::map<std::string, int> present, most;
  for (const auto& [seq, step] : steps) {
    const int now = present[step.first] += step.second;
    most[step.first] = std::max(most[step.first], now);
  }
  return most;
}

}  // namespace

TEST_CASE("two thousand instances go through five waves, a halt and two zones, each once") {
  const StandIn cloud({"--instances", "2000", "--canaries", "45", "--check-time", "0",
                       "--upgrade-time", "0..50ms"});
  const Desk desk;
  desk.directory().write("drain.sh", drain);
  desk.directory().write("month-end", "");
  const auto now = std::chrono::floor<Minutes>(std::chrono::system_clock::now());
  // Open for hours yet, in winter as in summer, and two hours from now.
  const auto asia_opens = now + 2h + 1min;
  const std::string plan = desk.directory().write(
      "plan.yaml", five_waves(cloud, daily_window(now - 2h, 12h, 1h, "Europe/Berlin"),
                              daily_window(asia_opens, 8h, 9h, "Asia/Tokyo")));
  const auto run = [&] { return desk.pawl({"run", plan, "--no-wait"}); };
  const auto wave = [&](std::size_t i) { return desk.json_of({"status"})["waves"][i]; };

  // The plan is good; it takes the fleet as it should; and showing it costs the list and no more.
  CHECK(desk.json_of({"validate", plan})["warnings"].empty());
  const json planned = desk.json_of({"plan", plan});
  const std::vector<int> totals{45, 450, 301, 301, 903};
  for (std::size_t i = 0; i < totals.size(); ++i)
    CHECK(planned["waves"][i]["upgrade"] == totals[i]);
  CHECK(counted(cloud, "requests") == 23);

  // It runs: every check first, then the canaries, and then they soak.
  Ended ended = run();
  CHECK_MESSAGE(ended.code == 3, ended.err);
  CHECK(ended.err.find("wave canary soaks until") != std::string::npos);
  CHECK(upgrades(cloud) == 45);
  CHECK(desk.history({"--event", "precheck_passed"}).size() == 2'000);
  const json waits = desk.json_of({"why", "orders-10"})["reasons"];
  REQUIRE(waits.size() > 1);
  CHECK(waits[0]["what"] == "earlier_wave");
  CHECK(waits[0]["earliest"].is_string());
  CHECK(waits[1]["what"] == "approval");

  // Half an hour later the early ones want a person's word, and get it.
  cloud.get("/_forward?by=31m");
  ended = run();
  CHECK_MESSAGE(ended.code == 3, ended.err);
  CHECK(ended.err.find("wave early waits for approval") != std::string::npos);
  CHECK(wave(0)["state"] == "closed");
  CHECK(desk.pawl({"approve", "autumn-1", "early", "--reason", "the canaries sing"}).code == 0);

  // In Europe the window is open, but there the hook fails, for a month is being closed. More than
  // a tenth of the wave is too much: it halts, with one failure beyond the budget and no more.
  ended = run();
  CHECK_MESSAGE(ended.code == 1, ended.err);
  const json halted = desk.json_of({"status"});
  CHECK(halted["state"] == "halted");
  CHECK(halted["quiesced"] == true);
  CHECK(halted["halted_because"] == "wave europe has 31 failed runs and may have 30");
  CHECK(halted["counts"]["succeeded"] == 45 + 450);
  CHECK(upgrades(cloud) == 45 + 450);
  for (const auto& row : most_in_flight(desk, "early")) {
    const auto& [service, most] = row;
    CAPTURE(row.first);
    CHECK(most > 1);
    CHECK(most <= 8);
  }

  // All of them failed in the same way, and nothing else moves meanwhile.
  REQUIRE(halted["failures"].size() == 1);
  const json failure = halted["failures"][0];
  CHECK(failure["count"] == 31);
  CHECK(failure["text"] ==
        "before_hook_1: exit code N: \"…\" still has N sessions, the first of process N");
  const std::string failed = failure["instances"][0];
  CHECK(desk.json_of({"why", failed})["reasons"][0]["what"] == "over");
  CHECK(desk.json_of({"why", "orders-400"})["reasons"][0]["what"] == "halted");
  CHECK(run().code == 1);
  CHECK(upgrades(cloud) == 45 + 450);

  // The month is closed. Those that failed are tried again, all at once; that lifts the halt, and
  // Europe is done. In Asia it is still day.
  std::filesystem::remove(desk.directory().path() + "/month-end");
  const std::string signature = failure["signature"];
  ended = desk.pawl({"retry", "autumn-1", "--signature", signature, "--reason", "month closed"});
  CHECK_MESSAGE(ended.code == 0, ended.err);
  CHECK(desk.history({"--event", "instance_retried"}).size() == 31);
  CHECK(desk.json_of({"status"})["state"] == "running");
  ended = run();
  CHECK_MESSAGE(ended.code == 3, ended.err);
  const std::string opens = pawl::format_utc(asia_opens);
  CHECK_MESSAGE(ended.err.find("wave asia waits for its maintenance window, from " + opens) !=
                    std::string::npos,
                ended.err);
  CHECK(upgrades(cloud) == 45 + 450 + 301);
  const json asia = desk.json_of({"why", "users-100"})["reasons"];
  REQUIRE_FALSE(asia.empty());
  CHECK(asia[0]["what"] == "window");
  CHECK(asia[0]["earliest"] == opens);

  // Night falls in Tokyo. What is left needs no window: it goes on to the end.
  cloud.get("/_forward?by=3h");
  ended = run();
  CHECK_MESSAGE(ended.code == 0, ended.err);
  const json finished = desk.json_of({"status"});
  CHECK(finished["state"] == "finished");
  CHECK(finished["counts"]["succeeded"] == 2'000);
  CHECK(finished["failures"].empty());
  CHECK(upgrades(cloud) == 2'000);
  CHECK(desk.history({"--event", "hook_passed"}).size() == 2'000);
  CHECK(desk.json_of({"list"})[0]["state"] == "finished");
  check_agreement(desk, cloud);
}
