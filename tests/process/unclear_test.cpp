// An upgrade that goes on while the cloud does not tell how: whoever looks is told so.
#include <doctest/doctest.h>
#include <signal.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/fleet.h"

using namespace pawl::test;
using namespace std::chrono_literals;
using nlohmann::json;

TEST_CASE("a cloud that falls silent, and comes back without the upgrade, is told of") {
  std::vector<std::string> options{"--instances", "1", "--check-time", "0", "--upgrade-time", "1h"};
  std::optional<StandIn> cloud(options);
  const Desk desk;
  std::string text = plan_for(*cloud);
  replace(text, "max: 200ms", "max: 50ms");
  Child driver(
      {program(), "run", desk.directory().write("plan.yaml", text), "--store", desk.store()},
      desk.directory().path());
  const auto told = [&desk](const std::string& event) {
    return desk.history({"--event", event}).size();
  };
  until(driver, [&] { return upgrades(*cloud) == 1; });
  until(driver, [&] { return told("upgrade_accepted") == 1; });
  options.insert(options.end(), {"--port", std::to_string(cloud->port())});
  cloud->stop();
  until(driver, [&] { return told("upgrade_unclear") == 1; });
  const std::string silent = desk.json_of({"why", "orders-1"})["reasons"][0]["text"];
  CHECK(silent.find("orders-1 is upgrading, submitted: no answer: cannot connect") == 0);
  CHECK(desk.pawl({"status"}).out.find("no answer: cannot connect") != std::string::npos);

  cloud.emplace(options);  // another one, that has never heard of it
  until(driver, [&] { return told("upgrade_unclear") == 2; });
  const std::string forgotten = desk.json_of({"why", "orders-1"})["reasons"][0]["text"];
  CHECK(forgotten.find("submitted: the history does not show the upgrade yet") !=
        std::string::npos);
  driver.signal(SIGTERM);
  const auto ended = driver.wait(10s);
  REQUIRE(ended);
  CHECK(ended->code == 143);
  CHECK(ended->err.find("hears nothing of its upgrade any more: no answer") != std::string::npos);
  const int asked = counted(*cloud, "requests");
  Child next({program(), "resume", "--store", desk.store()}, desk.directory().path());
  until(next, [&] { return counted(*cloud, "requests") > asked + 2; });
  next.signal(SIGTERM);
  const auto resumed = next.wait(10s);
  REQUIRE(resumed);
  CHECK(resumed->err.find("1 in flight, no word of 1") != std::string::npos);
  CHECK(desk.pawl({"audit", "verify"}).code == 0);
  CHECK(upgrades(*cloud) == 0);
}

TEST_CASE(
    "a whole fleet that the cloud does not tell of is told of, of few by a line, and goes on") {
  StandIn cloud({"--instances", "8", "--check-time", "0", "--upgrade-time", "8s"});
  const Desk desk;
  const std::string plan =
      desk.directory().write("plan.yaml", plan_for(cloud, "defaults: {max_parallel: 8}"));
  Child driver({program(), "run", plan, "--store", desk.store()}, desk.directory().path());
  const auto told = [&desk](const std::string& event) {
    return desk.history({"--event", event}).size();
  };
  until(driver, [&] { return upgrades(cloud) == 8; });
  until(driver, [&] { return told("upgrade_accepted") == 8; });
  cloud.signal(SIGSTOP);
  until(driver, [&] { return told("upgrade_unclear") == 8; });
  cloud.signal(SIGCONT);
  const auto ended = driver.wait(30s);
  REQUIRE(ended);
  CHECK(ended->code == 0);
  int lines = 0;
  const std::string said = "hears nothing of its upgrade any more";
  for (auto at = ended->err.find(said); at != std::string::npos; at = ended->err.find(said, at + 1))
    ++lines;
  CHECK(lines == 5);
  CHECK(upgrades(cloud) == 8);
  check_agreement(desk, cloud);
}
