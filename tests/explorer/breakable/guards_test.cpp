// With the guard of a law taken away, the explorer finds a world in which the law is broken. So
// that it finds none otherwise means something.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <string_view>
#include <vector>

#include "engine/breakable.h"
#include "tests/explorer/explore.h"
#include "tests/explorer/roots.h"

using namespace pawl;
using namespace pawl::explorer;

namespace {

constexpr std::size_t states_max = 2'000'000;

struct Row {
  Guard guard;
  std::string_view law;
  Mischief mischief;  // the least that shows it
};

const std::vector<Row>& rows() {
  static const std::vector<Row> all{
      {Guard::never_twice, "law 1", {0, 2}},    {Guard::never_stale, "law 2", {1, 0}},
      {Guard::never_anothers, "law 3", {2, 1}}, {Guard::intent_first, "law 4", {0, 0}},
      {Guard::in_bounds, "law 5", {0, 0}},      {Guard::fail_closed, "law 8", {1, 0}},
  };
  return all;
}

/// Takes a guard away for as long as it lives.
class Taken {
 public:
  explicit Taken(Guard guard) { broken_guard = guard; }
  ~Taken() { broken_guard = Guard::none; }
  Taken(const Taken&) = delete;
  Taken& operator=(const Taken&) = delete;
};

Explored explore_first(const Mischief& mischief) {
  const Roots roots({all_roots().front()}, mischief);
  return explore(roots.worlds(), states_max);
}

}  // namespace

TEST_CASE("a law whose guard is taken away is found broken, and its story told") {
  for (const Row& row : rows()) {
    CAPTURE(row.law);
    const Taken taken(row.guard);
    const Explored explored = explore_first(row.mischief);
    REQUIRE(explored.violation);
    CHECK_MESSAGE(explored.violation->law.starts_with(row.law), explored.violation->law);
    REQUIRE_FALSE(explored.violation->story.empty());
    MESSAGE(fmt::format("{} after {} states:\n{}\n", explored.violation->law, explored.states,
                        fmt::join(explored.violation->story, "\n")));
  }
}
