// Levers that come at bad moments.
#include <doctest/doctest.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "engine/entries.h"
#include "loop_rig.h"

using namespace pawl;
using namespace pawl::test;
using namespace std::chrono_literals;

TEST_CASE("a freeze that is set while another rollout's lever is answered stops this one too") {
  LoopRig rig(2);
  in_two_waves(rig);
  rig.rules.rollout.waves[0].soak = 30min;
  // Another unfinished rollout of the same store, which this driver does not drive.
  NewRollout other;
  other.rollout.id = "other-1";
  other.waves.push_back({0, "all", 1});
  Run run;
  run.id = 3;
  run.instance_id = "in3";
  other.runs.push_back({3, 0, "in3", ""});
  const Run begun = begin(rig.workflow, run, rig.clock.now()).next;
  const std::vector<Entry> entries{started_entry(other, "ann@host", rig.clock.now()),
                                   enrolled_entry("other-1", begun, rig.clock.now())};
  Batch batch;
  batch.created = &other;
  batch.entries = entries;
  REQUIRE(rig.journal.commit(batch));

  rig.start();
  rig.run([&] { return has(rig, "soak_started"); });
  // Both after this loop's last look at the levers.
  rig.journal.post({0, rig.clock.now(), LeverKind::pause, "other-1", "", "ann@host", ""});
  rig.journal.post({0, rig.clock.now(), LeverKind::freeze, "", "", "ann@host", ""});
  LoopRules rules = rig.rules;
  rules.rollout.waves = {{"all", 10, 1}};
  auto stored = rig.journal.load("other-1");
  REQUIRE(stored);
  auto loop =
      Loop::take_up({rig.workflow, rig.clock, *rig.client, rig.journal, rig}, rules, *stored);
  REQUIRE(loop);
  REQUIRE((*loop)->pull_levers(LeversOf::rollout));
  CHECK(rig.journal.begin("other-1")->size() == 1);  // the freeze, which it has left alone
  const Instant soaked = rig.clock.now() + 2h;
  while (rig.clock.now() < soaked)
    REQUIRE(rig.turn());
  CHECK(has(rig, "freeze_set"));
  CHECK(rig.loop->rollout().frozen());
  CHECK(rig.cloud.accepted(work_step, "in2") == 0);
}

TEST_CASE(
    "a freeze that comes at the last moment before the turn's transaction stops its intents") {
  LoopRig rig(1);
  bool posted = false;
  rig.start();
  rig.run([&] { return rig.stored_run(1).state == RunState::ready; });
  rig.journal.before_begin = [&] {
    if (std::exchange(posted, true)) return;
    rig.journal.post({0, rig.clock.now(), LeverKind::freeze, "", "", "ann@host", ""});
  };
  for (int i = 0; i < 50; ++i)
    REQUIRE(rig.turn());
  CHECK(posted);
  CHECK(has(rig, "freeze_set"));
  CHECK(rig.cloud.accepted(work_step, "in1") == 0);
}

TEST_CASE("the time under a pause is not the time that a busy instance is given") {
  LoopRig rig(1);
  Instant unpaused{};
  rig.twist = [&](const Sent& sent) -> std::optional<Answer> {
    if (sent.call.request.path == "/1/1/in1") {
      if (unpaused == Instant{}) {  // the pause comes while the last look is on its way
        rig.journal.post({0, rig.clock.now(), LeverKind::pause, rollout_id, "", "ann@host", ""});
        unpaused = Instant{} + 1ms;
      } else if (rig.clock.now() < unpaused + 3min) {
        return word("wait", rig.clock.now());  // BACKING UP, for three minutes
      }
    }
    return std::nullopt;
  };
  rig.start();
  rig.run([&] { return has(rig, "rollout_paused"); });
  const Instant until = rig.clock.now() + 11h;  // its patience is 10 h
  while (rig.clock.now() < until)
    REQUIRE(rig.turn());
  REQUIRE(rig.stored_run(1).state == RunState::ready);
  unpaused = rig.clock.now();
  rig.journal.post({0, rig.clock.now(), LeverKind::unpause, rollout_id, "", "ann@host", ""});
  const auto ending = rig.run();
  CHECK(ending == Ending::finished);
  CHECK(rig.stored_run(1).state == RunState::succeeded);
}

TEST_CASE("levers that wait together for one run are answered one after the other, by whoever") {
  for (const LeverKind last : {LeverKind::skip, LeverKind::cancel}) {
    LoopRig rig(2);
    rig.rules.rollout.waves[0].max_failures = 2;
    rig.twist = [&](const Sent& sent) -> std::optional<Answer> {
      if (!asks(sent, look_gate)) return std::nullopt;
      return word(sent.ticket.run == 1 ? "failed" : "again", rig.clock.now());
    };
    rig.start();
    CHECK_FALSE(rig.run([&] { return rig.stored_run(1).state == RunState::failed; }));
    const std::string whom = last == LeverKind::cancel ? "" : "in1";
    rig.journal.post({0, rig.clock.now(), LeverKind::retry, rollout_id, "in1", "ann@host", ""});
    rig.journal.post({0, rig.clock.now(), last, rollout_id, whom, "ann@host", ""});
    rig.start();
    REQUIRE(rig.loop->pull_levers(LeversOf::rollout_and_store));
    CHECK(rig.journal.begin(rollout_id)->empty());
    const auto events = rig.events_of(1);
    CHECK(std::count(events.begin(), events.end(), "instance_retried") == 1);
    CHECK((rig.stored_run(1).state == RunState::cancelled) == (last == LeverKind::cancel));
  }
}
