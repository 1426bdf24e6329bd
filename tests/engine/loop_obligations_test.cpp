// What a decision leaves for people to do is in the commit of the decision itself.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tests/engine/loop_rig.h"

using namespace pawl;
using namespace pawl::test;

namespace {

using Events = std::vector<std::string>;

const std::vector<Obligation> two_things{{"old", "release it"}, {"rest", "see to it"}};
const Events cancelled_with_both{"instance_cancelled", "obligation_opened", "obligation_opened"};

Events last_three(const LoopRig& rig, std::int64_t run) {
  const auto events = rig.events_of(run);
  REQUIRE(events.size() >= 3);
  return {events.end() - 3, events.end()};
}

/// The work of the run goes on until `ends`, when a person is asked for.
void ask_for_a_person(
    LoopRig& rig, const std::string& instance,
    const std::function<bool()>& ends = [] { return true; }) {
  rig.twist = [&rig, instance, ends, before = rig.twist](const Sent& sent) {
    if (sent.call.request.path != fmt::format("/{}/{}/{}", int{work_step}, 3, instance))
      return before(sent);
    return std::optional(word(ends() ? "ask" : "again", rig.clock.now()));
  };
}

void cancel(LoopRig& rig) {
  rig.journal.post({0, rig.clock.now(), LeverKind::cancel, rollout_id, "", "ann@host", ""});
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
              Events{"work_passed", "obligation_opened", "obligation_opened"});
        const auto events = rig.events_of(run);
        CHECK(std::count(events.begin(), events.end(), "obligation_opened") == 2);
      }
    }
  }
}

TEST_CASE("a cancel ends the runs that wait for a person, and tells what that leaves") {
  LoopRig rig(3);
  rig.workflow.left = two_things;
  bool cancelled = false;
  ask_for_a_person(rig, "in1");
  ask_for_a_person(rig, "in2", [&] { return cancelled; });
  rig.start();
  rig.run([&] { return rig.stored_run(1).state == RunState::needs_operator; });
  REQUIRE(rig.stored_run(2).phase == Phase::submitted);
  cancel(rig);
  rig.run([&] { return rig.stored_run(1).state == RunState::cancelled; });
  CHECK(rig.loop->rollout().state() == RolloutState::cancelling);
  cancelled = true;
  CHECK(rig.run() == Ending::cancelled);
  for (std::int64_t run = 1; run <= 2; ++run) {
    CHECK(last_three(rig, run) == cancelled_with_both);
    CHECK(rig.stored_run(run).reason == "its rollout was cancelled before anybody decided: ask");
  }
  CHECK(rig.stored_run(3).state == RunState::succeeded);
}

TEST_CASE("a cancel ends what waits for a person, also where no driver runs or one is killed") {
  for (const bool driven : {true, false}) {
    CAPTURE(driven);
    LoopRig rig(1);
    rig.workflow.left = two_things;
    ask_for_a_person(rig, "in1");
    rig.start();
    rig.run([&] { return rig.stored_run(1).state == RunState::needs_operator; });
    cancel(rig);
    rig.start();
    if (driven) {
      rig.run([&] { return has(rig, "rollout_cancelled"); });
      rig.start();
      CHECK(rig.run() == Ending::cancelled);
    } else {
      REQUIRE(rig.loop->pull_levers(LeversOf::rollout_and_store));
      CHECK(rig.loop->rollout().state() == RolloutState::cancelled);
    }
    CHECK(last_three(rig, 1) == cancelled_with_both);
  }
}
