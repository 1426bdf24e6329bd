// With the guard of a law taken away, some seed finds the law broken. So that none finds it
// otherwise means something.
#include <doctest/doctest.h>

#include <array>
#include <cstdint>
#include <string_view>

#include "engine/breakable.h"
#include "tests/simulation/play.h"

using namespace pawl;
using namespace pawl::simulation;

namespace {

constexpr std::uint64_t seeds_max = 3'000;

struct Row {
  Guard guard;
  std::string_view law;
};

constexpr std::array rows{
    Row{Guard::never_twice, "law 1"},    Row{Guard::never_stale, "law 2"},
    Row{Guard::never_anothers, "law 3"}, Row{Guard::intent_first, "law 4"},
    Row{Guard::in_bounds, "law 5"},
};

/// Takes a guard away for as long as it lives.
class Taken {
 public:
  explicit Taken(Guard guard) { broken_guard = guard; }
  ~Taken() { broken_guard = Guard::none; }
  Taken(const Taken&) = delete;
  Taken& operator=(const Taken&) = delete;
};

/// The first seed by which the law is found broken; 0 where none finds it.
std::uint64_t found_by(const Row& row) {
  const Taken taken(row.guard);
  Tally tally;
  for (std::uint64_t seed = 1; seed <= seeds_max; ++seed) {
    const auto broken = play(seed, tally);
    if (broken && broken->law.starts_with(row.law)) return seed;
  }
  return 0;
}

}  // namespace

TEST_CASE("a law whose guard is taken away is found broken by some world") {
  for (const Row& row : rows) {
    CAPTURE(row.law);
    const std::uint64_t seed = found_by(row);
    CHECK(seed > 0);
    MESSAGE(row.law << " by seed " << seed);
  }
}
