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

/// Every day from 01:00 to 05:00.
std::optional<Opening> nightly(CloudInstant now) {
  auto day = std::chrono::floor<std::chrono::days>(now.at);
  for (int i = 0; i < 3; ++i, day += std::chrono::days{1}) {
    const Instant from = day + 1h, to = day + 5h;
    if (now.at < to) return Opening{{from}, {to}};
  }
  return std::nullopt;
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

TEST_CASE("a run retried in a closed wave goes in its window while a later wave is waited for") {
  for (const bool leaves : {false, true}) {
    CAPTURE(leaves);
    LoopRig rig(2);
    auto& waves = in_two_waves(rig).rules.rollout.waves;
    waves[1].approval = Approval::required;
    waves[0].windows = nightly;
    rig.clock.advance(2h);
    bool fails = true;
    rig.twist = [&](const Sent& sent) -> std::optional<Answer> {
      if (!fails || !submits_step(sent, work_step)) return std::nullopt;
      return word("failed", rig.clock.now());
    };
    rig.start();
    CHECK_FALSE(rig.run([&] { return has(rig, "approval_requested"); }));
    CHECK(rig.stored_run(1).state == RunState::failed);
    fails = false;
    rig.clock.advance(4h);
    rig.journal.post({0, rig.clock.now(), LeverKind::retry, rollout_id, "in1", "ann@host", ""});
    rig.start();
    const Instant closed = rig.clock.now();
    CHECK_FALSE(rig.run([&] { return rig.clock.now() > closed + 1h; }));
    CHECK(rig.cloud.accepted(work_step, "in1") == 0);
    if (leaves) {
      rig.clock.advance(20h);
      rig.rules.leave_when_waiting = true;
      rig.start();
      CHECK(rig.run() == Ending::waiting);
    } else {
      CHECK_FALSE(rig.run([&] { return rig.clock.now() > closed + 24h; }));
    }
    CHECK(rig.cloud.accepted(work_step, "in1") == 1);
  }
}

TEST_CASE("a window that is open at the cloud is seen though this machine's clock is ahead") {
  for (const Duration ahead : {Duration{0}, Duration{3h}, Duration{24h * 400}}) {
    CAPTURE(ahead.count());
    LoopRig rig(1);
    rig.rules.rollout.waves[0].windows = nightly;
    rig.twist = [&](const Sent& sent) -> std::optional<Answer> {
      HttpResponse response = rig.cloud.serve(sent.call.request, rig.clock.now());
      response.date =
          CloudInstant{std::chrono::floor<std::chrono::seconds>(rig.clock.now() - ahead)};
      return Answer{std::move(response)};
    };
    // The check was made before the window, by the cloud's clock: it is 00:00 there.
    rig.clock.advance(ahead);
    rig.start();
    rig.run([&] { return rig.stored_run(1).state == RunState::ready; });
    // A new driver comes in the midst of the window: 03:00 at the cloud.
    rig.clock.advance(3h);
    rig.start();
    rig.run([&] { return rig.submits() > 0 || rig.turns > 2'000; });
    const Instant night_after{std::chrono::sys_days{std::chrono::year{2026} / 11 / 23} + 5h};
    while (rig.submits() == 0 && rig.clock.now() - ahead < night_after)
      REQUIRE(rig.turn());
    const auto cloud = rig.clock.now() - ahead;
    CHECK(rig.submits() > 0);
    CHECK(format_utc(cloud).substr(0, 13) == "2026-11-22T03");
  }
}

TEST_CASE("a 401 to the question for the time ends all calls") {
  LoopRig rig(2);
  in_two_waves(rig).rules.rollout.waves[0].soak = 30min;
  rig.start();
  rig.run([&] { return has(rig, "soak_started"); });
  rig.twist = [&](const Sent& sent) -> std::optional<Answer> {
    if (sent.call.request.path == "/time") return status(401);
    return std::nullopt;
  };
  rig.start();
  std::optional<Ending> ending;
  const Instant until = rig.clock.now() + 25min;
  while (!ending && rig.clock.now() < until) {
    auto turned = rig.turn();
    REQUIRE(turned);
    ending = *turned;
  }
  CHECK(rig.client->sent().size() == 1);
  CHECK(ending == Ending::refused);
}

TEST_CASE("a look whose answer a suspended machine slept over is asked again") {
  LoopRig rig(1);
  int asked = 0;
  rig.twist = [&](const Sent& sent) -> std::optional<Answer> {
    if (!submits_step(sent, check_step) && sent.call.request.path == "/1/1/in1" && ++asked == 1) {
      return word("clear", rig.clock.now() + 1h, Duration{1h});
    }
    return std::nullopt;
  };
  rig.start();
  CHECK(rig.run() == Ending::finished);
  CHECK(asked == 2);
}
