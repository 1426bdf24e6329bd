// What a decision leaves for people to do is in the commit of the decision itself.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/engine/loop_rig.h"

using namespace pawl;
using namespace pawl::test;

namespace {

const std::vector<Obligation> two_things{{"old", "release it"}, {"rest", "see to it"}};

std::vector<std::string> last_three(const LoopRig& rig, std::int64_t run) {
  const auto events = rig.events_of(run);
  REQUIRE(events.size() >= 3);
  return {events.end() - 3, events.end()};
}

}  // namespace

TEST_CASE("what a run leaves follows the entry that led to it, in the order of the workflow") {
  LoopRig rig(3);
  rig.workflow.left = two_things;
  rig.start();
  CHECK(rig.run() == Ending::finished);
  const auto& entries = rig.journal.entries();
  int told = 0;
  for (std::size_t i = 0; i + 2 < entries.size(); ++i) {
    if (entries[i].event != "work_passed") continue;
    ++told;
    CHECK(entries[i + 1] == obligation_opened_entry(entries[i], two_things[0]));
    CHECK(entries[i + 2] == obligation_opened_entry(entries[i], two_things[1]));
  }
  CHECK(told == 3);
}

TEST_CASE("what a run leaves is told once, whichever commit fails") {
  for (const Tail tail : {Tail::lost, Tail::kept}) {
    bool failed = true;
    for (std::size_t n = 1; failed && n < 60; ++n) {
      CAPTURE(n);
      LoopRig rig(2);
      rig.workflow.left = two_things;
      rig.start();
      rig.journal.fail_at(n, tail);
      bool ended = false;
      failed = false;
      while (!failed && !ended) {
        const auto ending = rig.turn();
        failed = !ending;
        ended = ending && *ending;
      }
      if (failed) {
        rig.start();
        CHECK(rig.run() == Ending::finished);
      }
      for (std::int64_t run = 1; run <= 2; ++run) {
        CHECK(last_three(rig, run) ==
              std::vector<std::string>{"work_passed", "obligation_opened", "obligation_opened"});
        const auto events = rig.events_of(run);
        CHECK(std::count(events.begin(), events.end(), "obligation_opened") == 2);
      }
    }
  }
}
