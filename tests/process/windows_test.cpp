// Times that rules go by, on the cloud's clock: the stand-in's is set to the moment in question,
// and put forward, so that nothing here goes by when it is run.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <signal.h>

#include "engine/time.h"
#include "tests/support/fleet.h"

using namespace pawl::test;
using nlohmann::json;
using namespace std::chrono_literals;

namespace {

/// A cloud of quick tasks on whose clock it is `now`.
StandIn cloud_at(const std::string& now, int instances) {
  const auto ahead = std::chrono::floor<std::chrono::seconds>(*pawl::parse_utc(now) -
                                                              std::chrono::system_clock::now());
  return StandIn({"--instances", std::to_string(instances), "--check-time", "0", "--upgrade-time",
                  "0", fmt::format("--clock-offset={}s", ahead.count())});
}

pawl::Instant clock_of(const StandIn& cloud) {
  return *pawl::parse_utc(json::parse(cloud.get("/_forward?by=0s"))["now"].get<std::string>());
}

}  // namespace

TEST_CASE(
    "on the nights on which clocks change a window opens and closes once, by the zone's own") {
  struct Row {
    std::string now, from, to;
    std::string opens;  ///< empty: it is open
  };
  const std::vector<Row> rows{
      // Berlin, 25 October: 02:00 to 03:00 comes twice, until 00:00Z + 1h and after it.
      {"2026-10-25T00:20:00.000Z", "02:00", "02:30", ""},
      {"2026-10-25T01:20:00.000Z", "02:00", "02:30", "2026-11-01T01:00:00.000Z"},
      {"2026-10-25T01:20:00.000Z", "02:00", "03:30", ""},
      {"2026-10-25T02:20:00.000Z", "01:00", "03:30", ""},
      // 28 March: the clocks skip from 02:00 to 03:00 at 01:00Z.
      {"2027-03-28T01:10:00.000Z", "02:30", "03:30", ""},
      {"2027-03-28T01:40:00.000Z", "02:30", "03:30", "2027-04-04T00:30:00.000Z"},
      {"2027-03-28T01:05:00.000Z", "02:15", "02:45", "2027-04-04T00:15:00.000Z"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.now);
    CAPTURE(row.from);
    const StandIn cloud = cloud_at(row.now, 1);
    const Desk desk;
    const std::string plan = desk.directory().write(
        "plan.yaml",
        plan_for(cloud, fmt::format("defaults: {{windows: [{{days: [sun], from: \"{}\", to: "
                                    "\"{}\", zone: Europe/Berlin}}]}}",
                                    row.from, row.to)));
    const json planned = desk.json_of({"plan", plan});
    if (!row.opens.empty()) CHECK(planned["instances"][0]["starts"] == row.opens);
    const Ended ended = desk.pawl({"run", plan, "--no-wait"});
    CHECK_MESSAGE(ended.code == (row.opens.empty() ? 0 : 3), ended.err);
    CHECK(counted(cloud, "upgrades") == (row.opens.empty() ? 1 : 0));
    if (row.opens.empty()) continue;
    const std::string waits = "waits for its maintenance window, from " + row.opens;
    CHECK_MESSAGE(ended.err.find(waits) != std::string::npos, ended.err);
  }
}

TEST_CASE("an upgrade that could not end in its window, going by the others, is not triggered") {
  const StandIn cloud({"--instances", "6", "--check-time", "0", "--upgrade-time", "2s"});
  const Desk desk;
  const auto closes =
      std::chrono::floor<std::chrono::minutes>(std::chrono::system_clock::now()) + 3h;
  const auto of_day = [](auto at) {
    const std::chrono::minutes minutes = at.time_since_epoch() % std::chrono::days{1};
    return fmt::format("{:02}:{:02}", minutes / 1h, (minutes % 1h).count());
  };
  const std::string plan = desk.directory().write(
      "plan.yaml",
      plan_for(cloud, fmt::format("waves: [{{name: canary, select: {{tags: {{tier: canary}}}}, "
                                  "soak: 1h}}, {{name: rest, windows: [{{days: [mon, tue, wed, "
                                  "thu, fri, sat, sun], from: \"{}\", to: \"{}\", zone: UTC}}]}}]",
                                  of_day(closes - 12h), of_day(closes))));
  CHECK(desk.pawl({"run", plan, "--no-wait"}).code == 3);
  CHECK(counted(cloud, "upgrades") == 3);
  // The soak is over, the window is open, and closes in less than the two seconds that they took.
  const auto left =
      std::chrono::duration_cast<std::chrono::milliseconds>(closes - 1500ms - clock_of(cloud));
  cloud.get(fmt::format("/_forward?by={}ms", left.count()));
  const Ended ended = desk.pawl({"run", plan, "--no-wait"});
  CHECK_MESSAGE(ended.code == 3, ended.err);
  const std::string tomorrow = pawl::format_utc(closes + 12h);
  CHECK_MESSAGE(ended.err.find("wave rest waits for its maintenance window, from " + tomorrow) !=
                    std::string::npos,
                ended.err);
  CHECK(counted(cloud, "upgrades") == 3);
  cloud.get("/_forward?by=13h");
  CHECK(desk.pawl({"run", plan, "--no-wait"}).code == 0);
  check_agreement(desk, cloud);
}

TEST_CASE("the time in which no driver looked is not taken for an upgrade's") {
  const StandIn cloud({"--instances", "2", "--check-time", "0", "--upgrade-time", "1h"});
  const Desk desk;
  const std::string plan = desk.directory().write(
      "plan.yaml",
      plan_for(cloud, fmt::format("waves: [{{name: canary, select: {{name: orders-1}}}}, {{name: "
                                  "rest, windows: [{}]}}]",
                                  distant_window())));
  Child driver({program(), "run", plan, "--store", desk.store()}, desk.directory().path());
  while (counted(cloud, "upgrades") == 0)
    REQUIRE_FALSE(driver.wait(10ms));
  driver.signal(SIGTERM);
  REQUIRE(driver.wait(20s));
  REQUIRE(desk.history({"--event", "upgrade_succeeded"}).empty());
  end_upgrades(cloud);
  CHECK(desk.pawl({"resume", "--no-wait"}).code == 3);
  const auto upgraded = desk.history({"--event", "upgrade_succeeded"});
  REQUIRE(upgraded.size() == 1);
  CHECK_FALSE(upgraded[0]["data"].contains("took_ms"));
  const json why = desk.json_of({"why", "billing-1"});
  CHECK(why["reasons"][0]["text"] == "no window of wave rest is open");
}

TEST_CASE("a check that goes too old while its wave waits is made anew at its turn") {
  const StandIn cloud({"--instances", "6", "--check-time", "0", "--upgrade-time", "0"});
  const Desk desk;
  const std::string plan = desk.directory().write(
      "plan.yaml", plan_for(cloud,
                            "waves: [{name: canary, select: {tags: {tier: canary}}}, {name: rest, "
                            "approval: required}]"));
  CHECK(desk.pawl({"run", plan, "--no-wait"}).code == 3);
  CHECK(counted(cloud, "checks") == 6);
  cloud.get("/_forward?by=8d");
  CHECK(desk.pawl({"approve"}).code == 0);
  const Ended ended = desk.pawl({"run", plan, "--no-wait"});
  CHECK_MESSAGE(ended.code == 0, ended.err);
  CHECK(desk.history({"--event", "precheck_expired"}).size() == 3);
  CHECK(counted(cloud, "checks") == 6 + 3);
  check_agreement(desk, cloud);
}

TEST_CASE("plan warns of the first upgrades in a window, until one has told what they take") {
  const StandIn cloud({"--instances", "2", "--check-time", "0", "--upgrade-time", "0"});
  const Desk desk;
  const std::string windows =
      "windows: [{days: [mon, tue, wed, thu, fri, sat, sun], from: \"00:00\", to: \"23:00\", zone: "
      "UTC}]";
  const auto warned = [&](const std::string& more) {
    const std::string plan = desk.directory().write("plan.yaml", plan_for(cloud, more));
    const std::string warnings = desk.json_of({"plan", plan})["warnings"].dump();
    return warnings.find("are triggered as long as a window is open") != std::string::npos;
  };
  const std::string canary = "waves: [{name: canary, select: {name: orders-1}}, {name: rest, ";
  CHECK_FALSE(warned(canary + windows + "}]"));  // the canary tells
  CHECK(warned("defaults: {" + windows + "}"));
  const std::string first = plan_for(cloud, "exclude: [{names: [billing-1]}]");
  CHECK(desk.pawl({"run", desk.directory().write("first.yaml", first)}).code == 0);
  CHECK_FALSE(warned("defaults: {" + windows + "}"));
}
