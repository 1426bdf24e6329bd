// What an exploration has come to, as the tests tell it.
#pragma once

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "tests/explorer/exploration.h"
#include "tests/support/thorough.h"

namespace pawl::explorer {

using test::thorough;

/// What may go wrong, as the models count it.
template <typename Mischief>
std::string words_of(const Mischief& mischief) {
  return fmt::format("{} faults, {} crashes, {} levers", mischief.faults, mischief.crashes,
                     mischief.levers);
}

/// Explores `roots`, says how much that was, and fails with the story of what it has found. There
/// are at least `states_least`: a model that came to explore less would prove less.
template <typename World>
void explore_all(const std::vector<World>& roots, std::string_view name, std::size_t states_least) {
  CAPTURE(name);
  constexpr std::size_t states_max = 4'000'000;
  const auto begun = std::chrono::steady_clock::now();
  const Explored explored = explore(roots, states_max);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
  MESSAGE(fmt::format("{}: {} states, {} transitions, {} ends, {:.1f} s", name, explored.states,
                      explored.transitions, explored.ends, took.count()));
  if (explored.violation) {
    FAIL_CHECK(
        fmt::format("{}\n{}", explored.violation->law, fmt::join(explored.violation->story, "\n")));
  }
  CHECK(explored.states >= states_least);
}

}  // namespace pawl::explorer
