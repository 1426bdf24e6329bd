// Steps that stand beside the others: their order is data, they share a place, and are made once.
#include <doctest/doctest.h>

#include "tests/engine/gated_rig.h"

using namespace pawl;
using namespace pawl::test;

namespace {

constexpr std::uint8_t check_position = 0, work_position = 1, save_position = 3;

/// check, save, work, verify: the second stands at the last position.
class Saving final : public Scripted {
 public:
  Saving() {
    steps_.resize(5);
    Step save = steps_[work_position];
    save.name = "save";
    save.during = RunState::ready;
    save.next = work_position;
    save.once = true;
    save.events = {"s_requested", "s_accepted", "s_adopted", "s_unsure",
                   "s_passed",    "s_failed",   ""};
    steps_[save_position] = save;
    steps_[check_position].next = save_position;
  }
};

const Saving saving;

Decision meet(const Run& run, int time, What what) {
  return decide(saving, run, at(time, std::move(what)));
}

Run saved() {
  Run run = standing(Phase::submitted);
  run.step = save_position;
  run.state = RunState::ready;
  run.attempts[work_position] = 0;
  run.attempts[save_position] = 1;
  return meet(run, start, Scripted::say(Verdict::passed)).next;
}

}  // namespace

TEST_CASE("a step hands its place on to the one that shares it, which looks at once") {
  const Decision checked =
      meet(standing(Phase::submitted, check_position), start, Scripted::say(Verdict::passed));
  CHECK(checked.next.step == save_position);
  CHECK(checked.effect == Effect{Park{Gate::upgrade}});
  CHECK_FALSE(checked.next.holds_place);

  Run run = standing(Phase::submitted);
  run.step = save_position;
  run.holds_place = false;  // as a driver finds it that has taken the run up
  const Decision done = meet(run, start, Scripted::say(Verdict::passed));
  CHECK(done.next.step == work_position);
  CHECK(done.next.phase == Phase::waiting);
  CHECK(done.next.holds_place);
  CHECK(done.effect == Effect{Ask{Scripted::before}});
  REQUIRE(done.audit);
  CHECK(done.audit->event == "s_passed");
}

TEST_CASE("what was made once is not made again when the proof has to be renewed") {
  const Run run = saved();
  const Decision stale = meet(run, start + 1, Scripted::say(Verdict::stale));
  REQUIRE(stale.next.step == check_position);
  Run renewed = standing(Phase::submitted, check_position);
  renewed.done = stale.next.done;
  CHECK(meet(renewed, start + 2, Scripted::say(Verdict::passed)).next.step == work_position);
}

TEST_CASE("what there was no need for once is made when there is") {
  Run run = standing(Phase::waiting);
  run.step = save_position;
  const Decision needless = meet(run, start, Scripted::say(Verdict::passed));
  REQUIRE(needless.next.step == work_position);
  const Decision stale = meet(needless.next, start + 1, Scripted::say(Verdict::stale));
  Run renewed = standing(Phase::submitted, check_position);
  renewed.done = stale.next.done;
  CHECK(meet(renewed, start + 2, Scripted::say(Verdict::passed)).next.step == save_position);
}

TEST_CASE("a person's retry after a failure makes everything again, each as another attempt") {
  Run run = saved();
  run.attempts[work_position] = 1;
  run.phase = Phase::over;
  run.state = RunState::failed;
  run.ended_in = Phase::submitted;
  Run retried = meet(run, start, Directed{Directive::retry, "one@host", ""}).next;
  REQUIRE(retried.step == check_position);
  CHECK(retried.done == 0);
  for (const std::uint8_t step : {check_position, save_position, work_position}) {
    CAPTURE(static_cast<int>(step));
    REQUIRE(retried.step == step);
    retried.cleared = true;
    retried.holds_place = true;
    retried.looked_at = second(start);
    retried.valid_until = CloudInstant{second(start + 3'600)};
    const Run sent = meet(retried, start, Admitted{Gate::send}).next;
    CHECK(sent.attempts[step] == run.attempts[step] + 1);
    const Run accepted = meet(sent, start, Scripted::say(Verdict::accepted)).next;
    retried = meet(accepted, start, Scripted::say(Verdict::passed)).next;
  }
}

TEST_CASE("a run that cannot be given leave to send gives its place back") {
  Run run = standing(Phase::waiting);
  run.cleared = true;
  const Decision away = meet(run, start, Woke{});
  CHECK(away.effect == Effect{Park{Gate::upgrade}});
  CHECK_FALSE(away.next.holds_place);
  CHECK_FALSE(away.next.cleared);
  CHECK_FALSE(away.audit);
}

TEST_CASE("no run can stand in a step that its workflow does not have") {
  Run run = standing(Phase::waiting);
  run.step = 4;
  CHECK_FALSE(can_meet(saving, run, Event{second(start), cloud_second(start), Woke{}}));
}
