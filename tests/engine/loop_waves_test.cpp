// Waves and levers in the real loop.
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "tests/engine/loop_rig.h"

using namespace std::chrono_literals;
using namespace pawl;
using namespace pawl::test;

namespace {

/// Run 1 is of the first wave, run 2 of the second.
LoopRig& in_two_waves(LoopRig& rig) {
  rig.rules.rollout.waves = {{"first", 10, 1}, {"second", 10, 1}};
  rig.rules.rollout.check_ahead = false;
  StoredRollout& stored = rig.journal.rollout(rollout_id);
  StoredWave& wave = stored.waves.emplace_back();
  wave.record.position = 1;
  wave.record.name = "second";
  wave.record.total = 1;
  Run second = rig.stored_run(2);
  second.wave = 1;
  stored.runs[1].record.wave = 1;
  stored.runs[1].state = encode_run(second);
  return rig;
}

bool has(const LoopRig& rig, std::string_view event) {
  const auto& entries = rig.journal.entries();
  return std::any_of(entries.begin(), entries.end(),
                     [event](const Entry& entry) { return entry.event == event; });
}

}  // namespace

TEST_CASE("a driver that comes in the midst of a soak asks for the time and ends it") {
  LoopRig rig(2);
  in_two_waves(rig).rules.rollout.waves[0].soak = 30min;
  rig.start();
  rig.run([&] { return has(rig, "soak_started"); });
  rig.start();
  CHECK(rig.run() == Ending::finished);
  CHECK(rig.cloud.accepted(work_step, "in2") == 1);
}

TEST_CASE("a driver that does not wait asks for the time before it leaves, however late it seems") {
  LoopRig rig(2);
  in_two_waves(rig).rules.rollout.waves[0].soak = 30min;
  rig.rules.leave_when_waiting = true;
  rig.start();
  CHECK(rig.run() == Ending::waiting);
  rig.start();
  CHECK(rig.run() == Ending::waiting);  // the cloud's clock says that it is too early
  CHECK(rig.client->sent().size() == 1);
  rig.twist = [&](const Sent& sent) -> std::optional<Answer> {
    if (sent.call.request.path == "/time") return silence(Delivery::unknown);
    return std::nullopt;
  };
  rig.start();
  CHECK(rig.run() == Ending::waiting);  // nor does it stay where there is no answer
  rig.twist = [&](const Sent& sent) -> std::optional<Answer> {
    if (sent.call.request.path == "/time") return word("", rig.clock.now() + 31min);
    return std::nullopt;
  };
  rig.start();
  rig.run([&] { return has(rig, "wave_closed"); });
}

TEST_CASE("a run that is retried in a wave that has closed goes on, and the rollout waits for it") {
  LoopRig rig(2);
  in_two_waves(rig);
  bool failed = false;
  rig.twist = [&](const Sent& sent) -> std::optional<Answer> {
    if (sent.call.request.path != "/0/3/in1" || std::exchange(failed, true)) return std::nullopt;
    return word("failed", rig.clock.now());
  };
  rig.start();
  rig.run([&] { return has(rig, "wave_closed"); });
  CHECK(rig.stored_run(1).state == RunState::failed);
  rig.journal.post({0, rig.clock.now(), LeverKind::retry, rollout_id, "in1", "ann@host", ""});
  CHECK(rig.run() == Ending::finished);
  CHECK(rig.stored_run(1).state == RunState::succeeded);
  CHECK(rig.stored_run(2).state == RunState::succeeded);
}

TEST_CASE("a run whose window closes before its send gives its place back and goes in the next") {
  LoopRig rig(1);
  const CloudInstant opened{rig.clock.now()};
  const std::vector<Opening> openings{{opened, opened + 40s}, {opened + 3h, opened + 4h}};
  rig.rules.rollout.waves = {{"first", 10, 1}};
  rig.rules.rollout.waves[0].windows = [&](CloudInstant now) -> std::optional<Opening> {
    for (const Opening& opening : openings) {
      if (now < opening.to) return opening;
    }
    return std::nullopt;
  };
  rig.twist = [&](const Sent& sent) -> std::optional<Answer> {
    if (sent.call.request.path != "/1/1/in1") return std::nullopt;
    const Instant now = rig.clock.now();
    if (CloudInstant{now} >= openings[0].to) return std::nullopt;
    return word("clear", now, 20s);  // by then the window has closed
  };
  rig.start();
  CHECK(rig.run() == Ending::finished);
  CHECK(rig.cloud.accepted(work_step, "in1") == 1);
  CHECK(CloudInstant{rig.clock.now()} >= openings[1].from);
  CHECK(rig.turns < 2'000);
}

TEST_CASE("a window at whose edge the cloud's clock may be is waited for, and is nobody's affair") {
  for (int tenth = 0; tenth < 20; ++tenth) {
    CAPTURE(tenth);
    LoopRig rig(1);
    const CloudInstant from{rig.clock.now() + 1h + 100ms * tenth};
    rig.rules.rollout.waves = {{"first", 1, 0}};
    rig.rules.rollout.waves[0].windows = [&](CloudInstant now) -> std::optional<Opening> {
      if (now < from - 30min) return Opening{from - 90min, from - 30min};
      return Opening{from, from + 1h};
    };
    rig.twist = [&](const Sent& sent) -> std::optional<Answer> {
      const Instant now = rig.clock.now();
      const bool checked = CloudInstant{now} >= from - 30min - 100ms * tenth;
      if (sent.call.request.path != "/0/3/in1" || checked) return std::nullopt;
      return word("again", now);
    };
    rig.start();
    CHECK(rig.run() == Ending::finished);
    CHECK(rig.stored_run(1).state == RunState::succeeded);
  }
}

TEST_CASE("neither a failed upgrade nor an adopted one teaches how long one takes") {
  for (const bool adopted : {false, true}) {
    CAPTURE(adopted);
    LoopRig rig(2);
    const CloudInstant opened{rig.clock.now()};
    rig.rules.rollout.waves = {{"first", 1, 1}};
    rig.rules.rollout.waves[0].windows = [&](CloudInstant now) -> std::optional<Opening> {
      for (const Duration from : {0h, 3h}) {
        if (now < opened + from + 1h) return Opening{opened + from, opened + from + 1h};
      }
      return std::nullopt;
    };
    rig.twist = [&](const Sent& sent) -> std::optional<Answer> {
      const Instant now = rig.clock.now();
      if (adopted && sent.call.request.path == "/1/1/in1") return word("accepted", now);
      if (sent.call.request.path != "/1/3/in1") return std::nullopt;
      return word(CloudInstant{now} < opened + 2h ? "again" : adopted ? "passed" : "failed", now);
    };
    rig.start();
    CHECK(rig.run() == Ending::finished);
    CHECK(rig.stored_run(1).state == (adopted ? RunState::succeeded : RunState::failed));
    CHECK(rig.stored_run(2).state == RunState::succeeded);
  }
}

TEST_CASE("an upgrade teaches the driver that makes it how long one takes") {
  LoopRig rig(2);
  rig.workflow.verify();
  const CloudInstant opened{rig.clock.now()};
  rig.rules.rollout.waves = {{"first", 1, 0}};
  rig.rules.rollout.waves[0].windows = [&](CloudInstant now) -> std::optional<Opening> {
    if (now < opened + 1h) return Opening{opened, opened + 1h};
    if (now < opened + 4h) return Opening{opened + 3h, opened + 4h};
    return Opening{opened + 10h, opened + 20h};
  };
  rig.twist = [&](const Sent& sent) -> std::optional<Answer> {
    const Instant now = rig.clock.now();
    if (sent.call.request.path.starts_with("/2/")) return word("passed", now);
    const bool runs = sent.call.request.path == "/1/3/in1" && CloudInstant{now} < opened + 2h;
    return runs ? std::optional(word("again", now)) : std::nullopt;
  };
  rig.start();
  CHECK(rig.run() == Ending::finished);
  CHECK(CloudInstant{rig.clock.now()} >= opened + 10h);
}

TEST_CASE("a retry that comes in the very turn in which its run fails waits for the next turn") {
  LoopRig rig(2);
  rig.rules.rollout.waves = {{"first", 10, 1}};
  bool failed = false;
  rig.twist = [&](const Sent& sent) -> std::optional<Answer> {
    if (failed || sent.call.request.path != "/0/3/in1") return std::nullopt;
    failed = true;
    rig.journal.post({0, rig.clock.now(), LeverKind::retry, rollout_id, "in1", "ann@host", ""});
    return word("failed", rig.clock.now());
  };
  rig.start();
  CHECK(rig.run() == Ending::finished);
  CHECK_FALSE(has(rig, "lever_refused"));
  CHECK(rig.stored_run(1).state == RunState::succeeded);
}
