// Clouds that show late, or hardly, what they have taken on: nothing is upgraded twice.
#include <doctest/doctest.h>

#include <string>

#include "tests/support/fleet.h"

using namespace pawl::test;
using nlohmann::json;

namespace {

/// Each instance was upgraded once and is known to be, and an answer about it was in doubt.
void check_resolved(const Desk& desk, const StandIn& cloud, int instances) {
  CHECK(desk.json_of({"status"})["counts"]["succeeded"] == instances);
  CHECK(upgrades(cloud) == instances);
  CHECK_FALSE(desk.history({"--event", "upgrade_unsure"}).empty());
  CHECK_FALSE(desk.history({"--event", "upgrade_adopted"}).empty());
  check_agreement(desk, cloud);
}

}  // namespace

TEST_CASE("a list that shows nothing of an upgrade for a while lets none be asked for twice") {
  const StandIn cloud({"--instances",
                       "30",
                       "--check-time",
                       "0..50ms",
                       "--upgrade-time",
                       "1s..2s",
                       "--visible-after",
                       "700ms",
                       "--list-delay",
                       "1s",
                       "--dst-delay",
                       "300ms",
                       "--upgrading-status",
                       "ACTIVE",
                       "--made-name",
                       "pg-{version}-of-{name}",
                       "--second-upgrade",
                       "accept",
                       "--fault",
                       "reset-after=15%",
                       "--fault",
                       "500-after=10%",
                       "--fault",
                       "reset-before=2%",
                       "--seed",
                       "3"});
  const Desk desk;
  const Ended ended = desk.pawl({"run", desk.directory().write("plan.yaml", plan_for(cloud))});
  CHECK_MESSAGE(ended.code == 0, ended.err);
  check_resolved(desk, cloud, 30);
}

TEST_CASE("what takes effect after its client has given up is found, and not asked for again") {
  const StandIn cloud({"--instances", "4", "--check-time", "0..50ms", "--upgrade-time", "0..500ms",
                       "--late-effect", "1200ms", "--second-upgrade", "accept"});
  const Desk desk;
  std::string text = plan_for(cloud);
  replace(text, "settle: 1500ms", "settle: 2s");
  const Ended ended = desk.pawl({"run", desk.directory().write("plan.yaml", text)});
  CHECK_MESSAGE(ended.code == 0, ended.err);
  check_resolved(desk, cloud, 4);
  CHECK(counted(cloud, "checks") == 4);
  CHECK(counted(cloud, "upgrade_posts_max_per_instance") == 1);
}
