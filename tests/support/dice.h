// Seeded chance: the same seed throws the same numbers everywhere.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>

namespace pawl::test {

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}

  /// 0 to `sides` - 1.
  std::size_t below(std::size_t sides) { return static_cast<std::size_t>(engine_() % sides); }
  bool chance(std::size_t percent) { return below(100) < percent; }

 private:
  std::mt19937_64 engine_;  // its numbers are fixed by the standard, unlike those of distributions
};

}  // namespace pawl::test
