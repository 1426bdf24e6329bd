// Upgrades that were made, and whose verification or hooks afterwards failed: nobody loses them,
// and nothing is upgraded twice for them.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include "tests/support/fleet.h"

using namespace pawl::test;
using nlohmann::json;

namespace {

/// The addresses change places ten hours late, and so no upgrade can be verified before.
StandIn late_cloud(int instances) {
  return StandIn({"--instances", std::to_string(instances), "--check-time", "0", "--upgrade-time",
                  "0", "--swap-delay", "10h"});
}

void replace(std::string& text, const std::string& was, const std::string& is) {
  const std::size_t at = text.find(was);
  REQUIRE(at != std::string::npos);
  text.replace(at, was.size(), is);
}

std::string impatient_plan(const StandIn& cloud, const std::string& more = "") {
  std::string text = plan_for(cloud, more);
  replace(text, "verify: 20s", "verify: 100ms");
  return text;
}

int upgrades(const StandIn& cloud) {
  return json::parse(cloud.get("/_stats"))["upgrades"];
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
  CHECK(run["attempts"]["upgrade"] == 1);
  CHECK(upgrades(cloud) == 1);
  check_agreement(desk, cloud);
}
