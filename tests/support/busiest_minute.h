// What a quota is judged by.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <vector>

#include "engine/time.h"

namespace pawl::test {

/// The most calls that any sixty seconds saw, both ends included. `calls` are in order.
inline std::size_t busiest_minute(const std::vector<Instant>& calls) {
  std::size_t busiest = 0, first = 0;
  for (std::size_t last = 0; last < calls.size(); ++last) {
    while (calls[last] - calls[first] > std::chrono::minutes{1})
      ++first;
    busiest = std::max(busiest, last - first + 1);
  }
  return busiest;
}

}  // namespace pawl::test
