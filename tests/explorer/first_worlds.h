// The worlds in which another exploration is to begin: those in which something has just come
// about.
#pragma once

#include <cstddef>
#include <deque>
#include <unordered_set>
#include <utility>
#include <vector>

#include "tests/explorer/chooser.h"
#include "tests/explorer/digest.h"

namespace pawl::explorer {

/// Breadth-first from `roots`: every world for which `is` holds and for which it held nowhere on
/// the way to it.
template <typename World, typename Is>
std::vector<World> first_worlds(const std::vector<World>& roots, Is is) {
  std::vector<World> found;
  std::unordered_set<Digest, DigestHash> known;
  std::deque<World> open(roots.begin(), roots.end());
  for (; !open.empty(); open.pop_front()) {
    Chooser choices;
    do {
      World next = open.front();
      step(next, choices, nullptr);
      if (!known.insert(digest_of(key_of(next))).second) continue;
      if (is(next)) {
        found.push_back(std::move(next));
      } else if (!next.still()) {
        open.push_back(std::move(next));
      }
    } while (choices.next());
  }
  return found;
}

}  // namespace pawl::explorer
