#include <doctest/doctest.h>
#include <fmt/format.h>

#include <chrono>
#include <vector>

#include "tests/explorer/explore.h"
#include "tests/explorer/roots.h"

using namespace pawl;
using namespace pawl::explorer;

namespace {

constexpr std::size_t states_max = 3'000'000;

/// Explores all that `mischief` can do to `root`, and says how much that was.
void explore_all(const Root& root, const Mischief& mischief) {
  CAPTURE(root.name);
  CAPTURE(mischief.faults);
  CAPTURE(mischief.crashes);
  const auto begun = std::chrono::steady_clock::now();
  const Roots roots({root}, mischief);
  const Explored explored = explore(roots.worlds(), states_max);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
  MESSAGE(fmt::format("{}, {} faults, {} crashes: {} states, {} transitions, {} ends, {:.1f} s",
                      root.name, mischief.faults, mischief.crashes, explored.states,
                      explored.transitions, explored.ends, took.count()));
  if (explored.violation) {
    FAIL_CHECK(
        fmt::format("{}\n{}", explored.violation->law, fmt::join(explored.violation->story, "\n")));
  }
}

}  // namespace

TEST_CASE("a run that nothing disturbs ends well") {
  for (const Root& root : all_roots()) {
    CAPTURE(root.name);
    const Roots roots({root}, {0, 0});
    CHECK(end_in_peace(roots.worlds().front(), nullptr) == RunState::succeeded);
  }
}

TEST_CASE("a run whose cloud tells no time sends nothing and ends") {
  Root root = all_roots().front();
  root.conduct.dated = false;
  const Roots roots({root}, {0, 0});
  Story story;
  CHECK(end_in_peace(roots.worlds().front(), &story) == RunState::failed);
  for (const std::string& line : story)
    CHECK_MESSAGE(line.find("the run sends") == std::string::npos, line);
}

TEST_CASE("no law is broken in any state of a run, and an end is in reach from each") {
  for (const Root& root : all_roots()) {
    explore_all(root, {2, 0});
    explore_all(root, {1, 2});
  }
}

TEST_CASE("nor where two faults and a crash meet") {
  explore_all(all_roots().front(), {2, 1});
}
