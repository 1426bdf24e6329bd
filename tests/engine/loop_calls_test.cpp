// Who goes first where calls are scarce, and how often is asked where nothing goes on.
#include <doctest/doctest.h>

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/loop.h"
#include "tests/engine/loop_rig.h"
#include "tests/support/busiest_minute.h"

using namespace std::chrono_literals;
using namespace pawl;
using namespace pawl::test;

namespace {

std::vector<Instant> times_of(const std::vector<Sent>& calls) {
  std::vector<Instant> times;
  for (const Sent& sent : calls)
    times.push_back(sent.at);
  return times;
}

}  // namespace

TEST_CASE("a fleet larger than its quota keeps to it and gets through") {
  LoopRig rig(100);
  rig.rules.calls_per_minute = 60;
  rig.start();
  CHECK(rig.run() == Ending::finished);
  CHECK(busiest_minute(times_of(rig.client->sent())) <= 60);
  CHECK(rig.cloud.most_accepted() == 1);
  CHECK(rig.turns < 4 * rig.client->sent().size());  // it waits, and does not spin
}

TEST_CASE("the quota holds across restarts") {
  LoopRig rig(60);
  rig.rules.calls_per_minute = 60;
  std::vector<Sent> sent;
  for (int lives = 0; lives < 200; ++lives) {
    rig.start();
    for (int turns = 0; turns < 10; ++turns)
      REQUIRE(rig.turn());
    sent.insert(sent.end(), rig.client->sent().begin(), rig.client->sent().end());
  }
  CHECK(sent.size() > 120);
  CHECK(busiest_minute(times_of(sent)) <= 60);
}

TEST_CASE("a run that may send does so before any poll takes its call") {
  LoopRig rig(60);
  rig.rules.calls_per_minute = 60;
  rig.rules.polls = {1s, 1s, 1s};  // far more polls than calls
  rig.rules.rollout.check_ahead = false;
  Instant cleared{};
  rig.twist = [&](const Sent& sent) -> std::optional<Answer> {
    if (asks(sent, look_gate) && sent.ticket.run != 60) return word("again", rig.clock.now());
    if (sent.call.request.path == "/0/1/in60") {
      if (rig.loop->rollout().total(RunState::checking) < 59) return word("wait", rig.clock.now());
      cleared = rig.clock.now();
    }
    return std::nullopt;
  };
  rig.start();
  const auto submitted = [&] { return rig.events_of(60).back() == "check_requested"; };
  rig.run(submitted);
  REQUIRE(cleared != Instant{});
  CHECK(rig.client->sent().back().at - cleared < 3s);
}

TEST_CASE("a look in doubt goes before all other polls") {
  LoopRig rig(60);
  rig.rules.calls_per_minute = 60;
  rig.rules.polls = {1s, 1s, 1s};  // far more polls than calls
  rig.twist = [&](const Sent& sent) -> std::optional<Answer> {
    if (sent.ticket.run != 60) {
      return asks(sent, look_gate) ? std::optional(word("again", rig.clock.now())) : std::nullopt;
    }
    if (submits_step(sent, check_step)) return status(500);
    if (asks(sent, look_before) && rig.loop->rollout().total(RunState::checking) < 59)
      return word("wait", rig.clock.now());
    return std::nullopt;
  };
  rig.start();
  rig.run([&] { return rig.events_of(60).back() == "check_unsure"; });
  const Instant unsure = rig.clock.now();
  rig.run([&] { return asks(rig.client->sent().back(), look_doubt); });
  CHECK(rig.client->sent().back().ticket.run == 60);
  CHECK(rig.client->sent().back().at - unsure < 5s);
}

TEST_CASE("a run that is held back before its submit leaves time and calls to those in flight") {
  LoopRig rig(3);
  rig.rules.calls_per_minute = 19;  // lent one by one
  rig.rules.polls = {1s, 1s, 1s};
  rig.rules.rollout.check_ahead = false;
  rig.rules.rollout.waves = {{"strict", 10, 1}};
  rig.rules.rollout.waves[0].overshoot = Overshoot::never;
  // Run 3 fails while run 2, which holds a place, looks: with run 1 in flight, one more is too
  // much.
  bool looks = false;
  int polls = 0;
  rig.twist = [&](const Sent& sent) -> std::optional<Answer> {
    const std::string& path = sent.call.request.path;
    const bool failed = rig.loop->rollout().total(RunState::failed) == 1;
    if (path == "/1/1/in2") {
      looks = true;
      return word("clear", rig.clock.now(), 20s);
    }
    if (path == "/0/3/in3") return word(looks ? "failed" : "again", rig.clock.now());
    if (path == "/1/3/in1" && (!failed || ++polls < 20)) return word("again", rig.clock.now());
    if (path == "/1/in2") CHECK(polls == 20);
    return std::nullopt;
  };
  rig.start();
  CHECK(rig.run() == Ending::finished);
  CHECK(rig.cloud.accepted(work_step, "in2") == 1);
  CHECK(rig.turns < 5 * rig.client->sent().size());
}

TEST_CASE("looks before an intent do not age in the queue until none of them counts") {
  LoopRig rig(150);
  rig.rules.calls_per_minute = 60;
  rig.twist = [&](const Sent& sent) -> std::optional<Answer> {
    if (asks(sent, look_before)) return word("next", rig.clock.now());
    return std::nullopt;
  };
  rig.start();
  // Four calls a check, five a work with its pause, at 54 a minute.
  rig.run([&] { return rig.loop->rollout().total(RunState::succeeded) >= 100; });
  CHECK(rig.clock.now() - rig.client->sent().front().at < 60min);
}

TEST_CASE("a 429, and a 503 that names a time, silence every call for as long as they say") {
  for (const int code : {429, 503}) {
    CAPTURE(code);
    LoopRig rig(50);
    rig.rules.calls_per_minute = 600;
    std::optional<Instant> told;
    rig.twist = [&](const Sent& sent) -> std::optional<Answer> {
      if (told || rig.client->sent().size() < 100) return std::nullopt;
      told = sent.at;
      return status(code, 90s);
    };
    rig.start();
    CHECK(rig.run() == Ending::finished);
    REQUIRE(told.has_value());
    // The answer needs 50 ms to come; from then on there is quiet.
    for (const Sent& sent : rig.client->sent()) {
      CHECK_FALSE((sent.at > *told + 50ms && sent.at < *told + 90s));
    }
  }
}

TEST_CASE("what another process has written of the account's calls is heeded at the next lease") {
  LoopRig rig(50);
  rig.rules.calls_per_minute = 60;
  rig.start();
  rig.run([&] { return rig.client->sent().size() >= 20; });
  const Instant then = rig.clock.now();
  const QuotaLease told{rig.rules.account, 0, then, 0, then + 90s};
  Batch batch;
  batch.lease = &told;
  REQUIRE(rig.journal.commit(batch));
  const std::size_t before = rig.client->sent().size();
  rig.run([&] { return rig.clock.now() >= then + 89s; });
  CHECK(rig.client->sent().size() <= before + 5);  // what was leased already
  CHECK(rig.run() == Ending::finished);
}

TEST_CASE("a 429 to a submit proves that nothing took effect, and it is sent again") {
  LoopRig rig(1);
  bool once = false;
  rig.twist = [&](const Sent& sent) -> std::optional<Answer> {
    if (!submits_step(sent, work_step) || std::exchange(once, true)) return std::nullopt;
    return status(429);
  };
  rig.start();
  CHECK(rig.run() == Ending::finished);
  CHECK(rig.cloud.accepted(work_step, "in1") == 1);
}

TEST_CASE("a cloud that answers nothing is asked ever more rarely") {
  for (const bool silent : {true, false}) {
    CAPTURE(silent);
    LoopRig rig(1);
    rig.twist = [silent](const Sent&) { return silent ? silence(Delivery::unknown) : status(503); };
    rig.start();
    rig.run([&, until = rig.clock.now() + 2h] { return rig.clock.now() >= until; });
    CHECK(rig.client->sent().size() > 20);
    CHECK(rig.client->sent().size() < 100);
  }
}

TEST_CASE("a submit that is refused for now is not hammered, and grows no long journal") {
  LoopRig rig(1);
  rig.twist = [](const Sent& sent) -> std::optional<Answer> {
    if (sent.call.request.method == Method::post) return status(429, 1s);
    return std::nullopt;
  };
  rig.start();
  rig.run([&, until = rig.clock.now() + 2h] { return rig.clock.now() >= until; });
  CHECK(rig.submits() > 10);
  CHECK(rig.submits() < 100);
}

TEST_CASE("after a quiet time the pauses are short again") {
  LoopRig rig(1);
  bool down = true;
  rig.twist = [&](const Sent&) -> std::optional<Answer> {
    if (down) return silence(Delivery::unknown);
    return std::nullopt;
  };
  rig.start();
  rig.run([&, until = rig.clock.now() + 2h] { return rig.clock.now() >= until; });
  down = false;
  rig.run([&] { return rig.events_of(1).back() == "check_accepted"; });
  down = true;
  const std::size_t sent = rig.client->sent().size();
  rig.run([&] { return rig.client->sent().size() >= sent + 5; });
  CHECK(rig.client->sent().back().at - rig.client->sent()[sent].at < 20s);
}

TEST_CASE("no more calls are open than the client can carry") {
  LoopRig rig(100);
  rig.calls_max = 3;  // FakeClient aborts on a fourth
  rig.start();
  CHECK(rig.run() == Ending::finished);
}

TEST_CASE("a full pool of polls does not keep a run from sending") {
  LoopRig rig(30);
  rig.calls_max = 4;
  rig.rules.polls = {10ms, 10ms, 10ms};
  rig.twist = [&](const Sent& sent) -> std::optional<Answer> {
    if (asks(sent, look_gate) && sent.ticket.run <= 20) return word("again", rig.clock.now(), 5s);
    return std::nullopt;
  };
  rig.start();
  rig.run([&] { return rig.loop->rollout().total(RunState::ready) == 10; });
  CHECK(rig.submits() == 30);
}

TEST_CASE("that a step's time is over is noticed then, however far apart its polls are") {
  LoopRig rig(1);
  rig.rules.polls = {7 * 24h, 1s, 7 * 24h};
  rig.twist = [&](const Sent& sent) -> std::optional<Answer> {
    return asks(sent, look_gate) ? std::optional(word("again", rig.clock.now())) : std::nullopt;
  };
  const Instant began = rig.clock.now();
  rig.start();
  REQUIRE(rig.run({}, 100'000));
  CHECK(rig.stored_run(1).state == RunState::failed);  // its check, made anew as often as it may be
  CHECK(rig.clock.now() - began < 3 * 25h);
}
