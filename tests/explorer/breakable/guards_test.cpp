// With the guard of a law taken away, the explorer finds a world in which the law is broken. So
// that it finds none otherwise means something.
#include <doctest/doctest.h>

#include <string_view>
#include <vector>

#include "tests/explorer/breakable/taken.h"
#include "tests/explorer/roots.h"

using namespace pawl;
using namespace pawl::explorer;

namespace {

constexpr std::size_t states_max = 2'000'000;

struct Row {
  Guard guard;
  std::string_view law;
  Mischief mischief;  // the least that shows it
  std::size_t root = 0;
};

const std::vector<Row>& rows() {
  static const std::vector<Row> all{
      {Guard::never_twice, "law 1", {0, 2}},     {Guard::never_stale, "law 2", {1, 0}},
      {Guard::never_anothers, "law 3", {2, 1}},  {Guard::intent_first, "law 4", {0, 0}},
      {Guard::in_bounds, "law 5", {0, 0}},       {Guard::fail_closed, "law 8", {1, 0}},
      {Guard::sight_kept, "law 1", {2, 0}},      {Guard::checked_anew, "law 2", {1, 0, 1}},
      {Guard::stops_obeyed, "law 5", {0, 0, 1}}, {Guard::late_told, "law 1", {2, 0}, 3},
  };
  return all;
}

}  // namespace

TEST_CASE("a law whose guard is taken away is found broken, and its story told") {
  for (const Row& row : rows()) {
    CAPTURE(row.law);
    const Taken taken(row.guard);
    const Roots roots({all_roots()[row.root]}, row.mischief);
    check_found(explore(roots.worlds(), states_max), row.law);
  }
}

TEST_CASE("that a run fails while an upgrade of it may be under way is found") {
  const Roots roots({all_roots().back()}, {2, 0, 0});
  const std::vector<World> lost = after_one_was_lost(roots, {2, 0, 1});
  const Taken taken(Guard::lost_kept);
  check_found(explore(lost, states_max), "law 1");
}
