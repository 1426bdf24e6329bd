// Seeded chance: the same seed throws the same numbers everywhere.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>

#include "engine/time.h"

namespace pawl::test {

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}

  /// 0 to `sides` - 1.
  std::size_t below(std::size_t sides) { return static_cast<std::size_t>(engine_() % sides); }
  /// `least` to `most`.
  std::size_t from(std::size_t least, std::size_t most) { return least + below(most - least + 1); }
  Duration within(Duration least, Duration most) {
    return least + Duration{static_cast<Duration::rep>(
                       below(static_cast<std::size_t>((most - least).count()) + 1))};
  }
  bool chance(std::size_t percent) { return below(100) < percent; }
  bool permille(std::size_t share) { return below(1'000) < share; }

 private:
  std::mt19937_64 engine_;  // its numbers are fixed by the standard, unlike those of distributions
};

}  // namespace pawl::test
