// When to ask again. Polls fall where such steps have ended so far, so they are dense only where
// the end is likely; after something went wrong the pause grows, with full jitter.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "engine/run.h"
#include "engine/time.h"

namespace pawl {

/// 0 < min <= max, 0 < first. `first` is the latest time of a first poll, and where it is shorter
/// than `min`, which keeps polls apart, its only one.
struct PollBounds {
  Duration first{30'000}, min{10'000}, max{300'000};
};

class Pacing {
 public:
  explicit Pacing(PollBounds bounds) : bounds_(bounds) {}

  /// A step at `step` took this long from its submit to its end.
  void took(std::size_t step, Duration duration);
  /// What nine of ten such steps have taken at most, of those that are remembered; zero when none
  /// is.
  Duration likely(std::size_t step) const;
  /// How long to wait before the next poll of a step that has run for `elapsed`.
  Duration poll(std::size_t step, Duration elapsed) const;
  /// How long to wait after the `tries`-th failure in a row (from 1): anything up to a limit that
  /// doubles each time, chosen by `seed` alone. AWS Architecture Blog, "Exponential Backoff And
  /// Jitter" (2015), calls it full jitter.
  Duration backoff(unsigned tries, std::uint64_t seed) const;

 private:
  PollBounds bounds_;
  struct Taken {
    std::vector<Duration> sorted;  // a sample of them, bounded
    std::size_t dropped = 0;
  };
  std::array<Taken, steps_max> taken_;
};

}  // namespace pawl
