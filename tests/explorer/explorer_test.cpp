#include <doctest/doctest.h>
#include <fmt/format.h>

#include <vector>

#include "tests/explorer/exploration.h"
#include "tests/explorer/report.h"
#include "tests/explorer/roots.h"

using namespace pawl;
using namespace pawl::explorer;

namespace {

void explore_root(const Root& root, const Mischief& mischief, std::size_t states_least) {
  const Roots roots({root}, mischief);
  explore_all(roots.worlds(), fmt::format("{}, {}", root.name, words_of(mischief)), states_least);
}

}  // namespace

TEST_CASE("a run that nothing disturbs ends well") {
  for (const Root& root : all_roots()) {
    CAPTURE(root.name);
    const Roots roots({root}, {0, 0});
    World world = roots.worlds().front();
    REQUIRE(end_in_peace(world, nullptr));
    CHECK(world.run.state == RunState::succeeded);
  }
}

TEST_CASE(
    "an instance that was replaced is not upgraded again, whatever its status has forgotten") {
  const Root root = replaced_root();
  const Roots roots({root}, {0, 0});
  World world = roots.worlds().front();
  REQUIRE(end_in_peace(world, nullptr));
  CHECK(world.run.state == RunState::skipped);
  explore_root(root, {2, 0, 0}, 10'000);
  explore_root(root, {1, 1, 0}, 5'000);
}

TEST_CASE("an upgrade of someone else's that is adopted is followed to its end, and none is sent") {
  const Root root = running_root();
  const Roots roots({root}, {0, 0});
  World world = roots.worlds().front();
  REQUIRE(end_in_peace(world, nullptr));
  CHECK(world.run.state == RunState::succeeded);
  CHECK(world.cloud.checks.empty());
  CHECK(world.cloud.upgrades.size() == 1);
  explore_root(root, {2, 0, 0}, 12'000);
  explore_root(root, {1, 1, 1}, 14'000);
}

TEST_CASE("a run whose cloud tells no time sends nothing and ends") {
  Root root = all_roots().front();
  root.conduct.dated = false;
  const Roots roots({root}, {0, 0});
  Story story;
  World world = roots.worlds().front();
  REQUIRE(end_in_peace(world, &story));
  CHECK(world.run.state == RunState::failed);
  for (const std::string& line : story)
    CHECK_MESSAGE(line.find("the run sends") == std::string::npos, line);
}

TEST_CASE("no law is broken in any state of a run, and an end is in reach from each") {
  for (const Root& root : all_roots()) {
    if (thorough) explore_root(root, {2, 0, 0}, 95'000);
    explore_root(root, {1, thorough ? 2 : 1, 0}, thorough ? 98'000 : 24'000);
  }
}

TEST_CASE("nor whatever persons ask of it, and whenever") {
  for (const Root& root : all_roots()) {
    explore_root(root, {0, 1, 2}, 8'000);
    explore_root(root, {1, 0, thorough ? 2 : 1}, thorough ? 68'000 : 17'000);
    if (thorough) explore_root(root, {1, 1, 1}, 185'000);
  }
}

TEST_CASE("nor where the list has shown the instance, whatever becomes of it then") {
  explore_root(listed_root(), {1, 1, 0}, 31'000);
  explore_root(listed_root(), {thorough ? 2 : 1, 0, 1}, thorough ? 1'000'000 : 22'000);
}

TEST_CASE("nor where two faults and a crash meet, or a fault, a crash and two levers") {
  explore_root(all_roots().front(), {2, thorough ? 1 : 0, 0}, thorough ? 900'000 : 80'000);
  explore_root(all_roots().front(), {1, thorough ? 1 : 0, 2}, thorough ? 600'000 : 60'000);
}

TEST_CASE("nor once an upgrade was sent that was not found, whatever fails and is retried then") {
  const Roots roots({all_roots().back()}, {2, 0, 0});
  const Mischief mischief{2, 0, thorough ? 2 : 1};
  explore_all(after_one_was_lost(roots, mischief),
              fmt::format("one was sent and not found, {}", words_of(mischief)),
              thorough ? 99'000 : 28'000);
}
