// What the account's throttle does to a rollout.
#include <doctest/doctest.h>

#include <csignal>
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
  for (const auto& [signal, code] : {std::pair{SIGINT, 130}, std::pair{SIGTERM, 143}}) {
    CAPTURE(signal);
    const Desk desk;
    const std::string plan = desk.directory().write("plan.yaml", text);
    const int asked = json::parse(cloud.get("/_stats"))["requests"];
    Child driver({program(), "run", plan, "--store", desk.store()}, desk.directory().path());
    while (json::parse(cloud.get("/_stats"))["requests"] <= asked)
      REQUIRE_FALSE(driver.wait(10ms));
    driver.signal(signal);
    const auto ended = driver.wait(20s);
    REQUIRE(ended);
    CHECK(ended->code == code);
    CHECK(ended->err.find("before this driver started anything") != std::string::npos);
    CHECK(desk.json_of({"list"}).empty());
  }
}

TEST_CASE("a throttle of a tenth of what the driver would like costs one call in a hundred") {
  // What is under way at the first refusal is refused too: twenty at once are under a hundredth.
  const StandIn cloud({"--auth", "aksk", "--instances", "160", "--throttle", "12000",
                       "--check-time", "0..100ms", "--upgrade-time", "0..100ms"});
  const Desk desk;
  std::string text = plan_for(cloud, "defaults: {max_parallel: 20}\ncheck: {parallel: 20}");
  const std::string wanted = "calls_per_minute: 10000000";
  text.replace(text.find(wanted), wanted.size(), "calls_per_minute: 120000");
  const Ended ended = desk.pawl({"run", desk.directory().write("plan.yaml", text)},
                                {"HUAWEICLOUD_SDK_AK=AKEXAMPLE0123456789X",
                                 "HUAWEICLOUD_SDK_SK=skExample0123456789abcdefghijklmnopqrst"});
  CHECK_MESSAGE(ended.code == 0, ended.err);
  const json stats = json::parse(cloud.get("/_stats"));
  const double calls = stats["requests"], throttled = stats["by_endpoint"]["throttled"];
  CAPTURE(calls);
  CHECK(throttled >= 1);  // else nothing was shown
  CHECK(throttled < calls / 100);
  check_agreement(desk, cloud);
}
