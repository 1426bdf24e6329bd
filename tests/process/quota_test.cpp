// What the account's throttle does to a rollout.
#include <doctest/doctest.h>

#include <csignal>
#include <string>
#include <utility>

#include "tests/support/fleet.h"

using namespace std::chrono_literals;
using namespace pawl::test;
using nlohmann::json;

TEST_CASE("a signal ends a long listing, of which nothing has been started") {
  const StandIn cloud({"--instances", "2000"});
  std::string text = plan_for(cloud);
  const std::string wanted = "calls_per_minute: 10000000";
  text.replace(text.find(wanted), wanted.size(), "calls_per_minute: 2");
  for (const auto& row : {std::pair{SIGINT, 130}, std::pair{SIGTERM, 143}}) {
    const auto& [signal, code] = row;
    CAPTURE(row.first);
    const Desk desk;
    const std::string plan = desk.directory().write("plan.yaml", text);
    const int asked = counted(cloud, "requests");
    Child driver({program(), "run", plan, "--store", desk.store()}, desk.directory().path());
    while (counted(cloud, "requests") <= asked)
      REQUIRE_FALSE(driver.wait(10ms));
    driver.signal(signal);
    const auto ended = driver.wait(20s);
    REQUIRE(ended);
    CHECK(ended->code == code);
    CHECK(ended->err.find("before this driver started anything") != std::string::npos);
    CHECK(desk.json_of({"list"}).empty());
  }
}

TEST_CASE("a rate that the cloud's throttle has lowered is told wherever one looks") {
  const StandIn cloud({"--instances", "40", "--throttle", "120"});
  const Desk desk;
  const std::string plan = desk.directory().write("plan.yaml", plan_for(cloud));
  Child driver({program(), "run", plan, "--store", desk.store()}, desk.directory().path());
  until(driver, [&] {
    const Ended ended = desk.pawl({"history", "--event", "calls_slowed", "--json"});
    return ended.code == 0 && ended.out.find("calls_slowed") != std::string::npos;
  });
  const json slowed = desk.history({"--event", "calls_slowed"}).front()["data"];
  CHECK(slowed["calls_per_minute"] == "120");  // as the cloud names it
  CHECK(slowed["before"] == "10000000");
  const json why = desk.json_of({"why", "orders-1"})["reasons"];
  REQUIRE_FALSE(why.empty());
  CHECK(why.back()["what"] == "quota");
  CHECK(why.back()["text"].get<std::string>().find(
            "the cloud throttles the calls: 120 a minute go out") != std::string::npos);
  CHECK(desk.json_of({"status"})["throttled"]["calls_per_minute"] == 120);
  CHECK(desk.pawl({"status"}).out.find("the cloud throttles the calls") != std::string::npos);
  CHECK(desk.pawl({"plan", plan})
            .err.find("120 a minute go out; the estimate counts with "
                      "10000000") != std::string::npos);
  driver.signal(SIGTERM);
  const auto ended = driver.wait(20s);
  REQUIRE(ended);
  CHECK(ended->err.find("the calls are slowed down: the cloud says that calls are too many: 120 a "
                        "minute go out instead of 10000000") != std::string::npos);
}

TEST_CASE("a throttle of a tenth of what the driver would like costs one call in a hundred") {
  // What is under way at the first refusal is refused too: twenty at once are under a hundredth.
  const StandIn cloud({"--auth", "aksk", "--instances", "160", "--throttle", "6000", "--check-time",
                       "0..100ms", "--upgrade-time", "0..100ms"});
  const Desk desk;
  std::string text = plan_for(cloud, "defaults: {max_parallel: 20}\ncheck: {parallel: 20}");
  const std::string wanted = "calls_per_minute: 10000000";
  text.replace(text.find(wanted), wanted.size(), "calls_per_minute: 60000");
  const Ended ended = desk.pawl({"run", desk.directory().write("plan.yaml", text)},
                                {"HUAWEICLOUD_SDK_AK=AKEXAMPLE0123456789X",
                                 "HUAWEICLOUD_SDK_SK=skExample0123456789abcdefghijklmnopqrst"});
  CHECK_MESSAGE(ended.code == 0, ended.err);
  const json counts = stats(cloud);
  const double calls = counts["requests"], throttled = counts["by_endpoint"]["throttled"];
  CAPTURE(calls);
  CHECK(throttled >= 1);  // else nothing was shown
  CHECK(throttled < calls / 100);
  check_agreement(desk, cloud);
}
