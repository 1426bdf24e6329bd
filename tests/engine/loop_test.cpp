#include "engine/loop.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "tests/engine/loop_rig.h"

using namespace std::chrono_literals;
using namespace pawl;
using namespace pawl::test;

TEST_CASE("a fleet goes through every step, and every submit is sent once") {
  LoopRig rig(20);
  rig.rules.rollout.checks_parallel = 3;
  rig.rules.rollout.waves[0].max_parallel = 2;
  rig.start();
  CHECK(rig.run() == Ending::finished);
  CHECK(rig.submits() == 40);
  CHECK(rig.cloud.most_accepted() == 1);
  const std::vector<std::string> expected{"instance_enrolled", "check_requested", "check_accepted",
                                          "check_passed",      "work_requested",  "work_accepted",
                                          "work_passed"};
  for (std::int64_t id = 1; id <= 20; ++id) {
    CHECK(rig.events_of(id) == expected);
    CHECK(rig.stored_run(id).state == RunState::succeeded);
  }
  CHECK(rig.journal.entries().back().event == "rollout_finished");
}

TEST_CASE("events that are ready together are one commit") {
  LoopRig rig(200);
  rig.start();
  CHECK(rig.run() == Ending::finished);
  CHECK(rig.journal.entries().size() > 1'200);
  CHECK(rig.journal.commits() < 60);
}

namespace {

/// What the journal holds leads from each state to the next, by few events at a time.
void check_replay(LoopRig& rig, std::size_t events_max) {
  std::optional<Run> run;
  for (const Entry& entry : rig.journal.entries()) {
    if (entry.run == 0) continue;
    const auto events = decode_events(entry.data);
    REQUIRE(events);
    CHECK(events->size() <= events_max);
    for (std::size_t i = 0; run && i < events->size(); ++i)
      run = decide(rig.workflow, *run, (*events)[i]).next;
    if (run) CHECK(encode_run(*run) == entry.state);
    run = *decode_run(entry.state, rig.workflow.fact_keys());
  }
}

}  // namespace

TEST_CASE("rounds of looks that tell nothing new leave nothing behind") {
  LoopRig rig(1);
  int rounds = 0;
  rig.twist = [&](const Sent& sent) -> std::optional<Answer> {
    if (asks(sent, look_gate)) return word("next", rig.clock.now());
    if (asks(sent, look_again)) return word(++rounds < 200 ? "again" : "passed", rig.clock.now());
    return std::nullopt;
  };
  rig.start();
  CHECK(rig.run() == Ending::finished);
  CHECK(rounds > 200);
  check_replay(rig, 11);
}

TEST_CASE("answers that now tell how a step stands and now do not leave nothing behind either") {
  LoopRig rig(1);
  int rounds = 0;
  rig.twist = [&](const Sent& sent) -> std::optional<Answer> {
    if (!asks(sent, look_gate)) return std::nullopt;
    if (++rounds >= 600) return word("passed", rig.clock.now());
    Answer answer = word("again", rig.clock.now());
    if (rounds % 3 != 0) std::get<HttpResponse>(answer.what).status = 500;
    return answer;
  };
  rig.start();
  CHECK(rig.run() == Ending::finished);
  CHECK(rounds > 600);
  check_replay(rig, 11);
  for (const std::string& event : rig.events_of(1))
    CHECK_FALSE(event.ends_with("_unclear"));
}

TEST_CASE("a step of which the cloud does not tell for a while is told, and that it does again") {
  LoopRig rig(1);
  int rounds = 0;
  rig.twist = [&](const Sent& sent) -> std::optional<Answer> {
    if (!asks(sent, look_gate)) return std::nullopt;
    Answer answer = word(++rounds < 200 ? "again" : "passed", rig.clock.now());
    if (rounds > 50 && rounds < 150) std::get<HttpResponse>(answer.what).status = 500;
    return answer;
  };
  rig.start();
  std::vector<std::string> reasons;
  bool another = false;  // driver
  rig.run([&] {
    const std::string reason = rig.stored_run(1).reason;
    if (reasons.empty() || reasons.back() != reason) reasons.push_back(reason);
    CHECK(rig.loop->rollout().unclear() == (reason.empty() ? 0 : 1));
    if (rounds >= 100 && !std::exchange(another, true)) rig.start();  // which knows it, too
    return rounds >= 199;
  });
  CHECK(reasons == std::vector<std::string>{"", "not now", ""});
  CHECK(rig.loop->rollout().unclear() == 0);
  CHECK(rig.run() == Ending::finished);
  check_replay(rig, 11);
  const auto events = rig.events_of(1);
  CHECK(std::count(events.begin(), events.end(), "check_unclear") == 1);
  CHECK(std::count(events.begin(), events.end(), "check_clear") == 1);
}

TEST_CASE("a commit that fails ends the loop with its error, and nothing is sent") {
  for (const Tail tail : {Tail::lost, Tail::kept}) {
    for (std::size_t n = 1; n < 60; ++n) {
      CAPTURE(n);
      LoopRig rig(5);
      rig.rules.rollout.waves[0].max_parallel = 2;
      rig.start();
      rig.journal.fail_at(n, tail);
      std::size_t sent = 0;
      bool failed = false, ended = false;
      while (!failed && !ended) {
        sent = rig.client->sent().size();
        const auto ending = rig.turn();
        failed = !ending;
        ended = ending && *ending;
        if (failed) CHECK(ending.error() == Error{Fault::store, "the disk is full"});
      }
      if (!failed) break;  // the rollout needs fewer commits
      CHECK(rig.client->sent().size() == sent);
      rig.start();
      CHECK(rig.run() == Ending::finished);
      CHECK(rig.cloud.most_accepted() == 1);
    }
  }
}

TEST_CASE("an answer that comes again after its run has moved on changes nothing") {
  LoopRig rig(10);
  rig.start();
  rig.client->answer_twice();
  CHECK(rig.run() == Ending::finished);
  CHECK(rig.cloud.most_accepted() == 1);
  for (std::int64_t id = 1; id <= 10; ++id)
    CHECK(rig.events_of(id).size() == 7);
}

TEST_CASE("polls that change nothing write nothing but signs of life and leases") {
  LoopRig rig(50);
  rig.twist = [&](const Sent& sent) -> std::optional<Answer> {
    if (asks(sent, look_gate)) return word("again", rig.clock.now());
    return std::nullopt;
  };
  rig.start();
  const auto all_run = [&] { return rig.loop->rollout().total(RunState::checking) == 50; };
  rig.run(all_run);
  rig.run([&, until = rig.clock.now() + 1min] { return rig.clock.now() >= until; });
  const std::size_t entries = rig.journal.entries().size();
  const std::size_t calls = rig.client->sent().size();
  const std::size_t pulses = rig.journal.pulses();
  rig.run([&, until = rig.clock.now() + 1h] { return rig.clock.now() >= until; });
  CHECK(rig.journal.entries().size() == entries);
  CHECK(rig.client->sent().size() > calls + 600);
  CHECK(rig.journal.pulses() <= pulses + 361);
}

TEST_CASE("an intent may be sent for three seconds from its turn on, no longer") {
  LoopRig rig(3);
  rig.start();
  rig.run();
  for (const Sent& sent : rig.client->sent()) {
    if (sent.call.request.method == Method::post) CHECK(sent.send_by == sent.at + send_within);
  }
}

TEST_CASE("an intent that was held back looks afresh and is sent later") {
  LoopRig rig(1);
  int held_back = 0;
  rig.twist = [&](const Sent& sent) -> std::optional<Answer> {
    if (submits_step(sent, work_step) && held_back++ < 2) return silence(Delivery::not_sent);
    return std::nullopt;
  };
  rig.start();
  CHECK(rig.run() == Ending::finished);
  CHECK(rig.cloud.accepted(work_step, "in1") == 1);
  CHECK(rig.stored_run(1).attempts[work_step] == 1);
}

TEST_CASE("asked to stop, it submits nothing more and ends when what was sent is answered") {
  LoopRig rig(40);
  rig.rules.rollout.waves[0].max_parallel = 5;
  rig.twist = [&](const Sent& sent) -> std::optional<Answer> {
    if (sent.call.request.method != Method::post) return std::nullopt;
    return Answer{rig.cloud.serve(sent.call.request, rig.clock.now()), 20s};
  };
  rig.start();
  rig.run([&] { return rig.submits() >= 10; });
  rig.loop->stop();
  const std::size_t sent = rig.client->sent().size();
  CHECK(rig.run() == Ending::interrupted);
  CHECK(rig.client->sent().size() == sent);
  for (std::int64_t id = 1; id <= 40; ++id)
    CHECK(rig.stored_run(id).phase != Phase::intended);
  rig.start();
  CHECK(rig.run() == Ending::finished);
  CHECK(rig.cloud.most_accepted() == 1);
}

TEST_CASE("asked to stop with no submit on its way, it ends in the same turn") {
  LoopRig rig(1);
  rig.start();
  rig.loop->stop();
  const auto ending = rig.turn();
  REQUIRE(ending);
  CHECK(*ending == Ending::interrupted);
  CHECK(rig.client->sent().empty());
}

TEST_CASE("refused credentials end every call of the store") {
  for (const bool at_submit : {false, true}) {
    LoopRig rig(30);
    rig.twist = [&, at_submit](const Sent& sent) -> std::optional<Answer> {
      const bool refused = at_submit ? submits_step(sent, check_step) : asks(sent, look_before);
      if (refused && sent.ticket.run == 7) return status(401);
      return std::nullopt;
    };
    rig.calls_max = 10;
    rig.start();
    CHECK(rig.run() == Ending::refused);
    CHECK(rig.loop->refused_because() == "the key is not known");
    CHECK(rig.client->sent().size() < 60);
    CHECK(rig.stored_run(7).attempts[work_step] == 0);
    CHECK_FALSE(ended(rig.stored_run(7).state));
    rig.twist = [](const Sent&) { return std::nullopt; };
    rig.start();
    CHECK(rig.run() == Ending::finished);
    CHECK(rig.cloud.most_accepted() == 1);
  }
}

TEST_CASE(
    "a refusal that leaves a submit in doubt ends every call too, and the run is looked for") {
  LoopRig rig(30);
  rig.twist = [](const Sent& sent) -> std::optional<Answer> {
    if (submits_step(sent, check_step) && sent.ticket.run == 7) return status(407);
    return std::nullopt;
  };
  rig.calls_max = 10;
  rig.start();
  CHECK(rig.run() == Ending::refused);
  CHECK(rig.loop->refused_because() == "a proxy does not know the key");
  CHECK(rig.client->sent().size() < 60);
  CHECK(rig.stored_run(7).phase == Phase::unsure);
  rig.twist = [](const Sent&) { return std::nullopt; };
  rig.start();
  CHECK(rig.run() == Ending::finished);
  CHECK(rig.cloud.most_accepted() == 1);
}

TEST_CASE("a halted rollout ends once what is in flight has come to its end") {
  LoopRig rig(10);
  rig.rules.rollout.waves[0].max_parallel = 4;
  rig.twist = [&](const Sent& sent) -> std::optional<Answer> {
    if (submits_step(sent, work_step) && sent.ticket.run == 2)
      return word("failed", rig.clock.now());
    return std::nullopt;
  };
  rig.start();
  CHECK(rig.run() == Ending::halted);
  CHECK(rig.loop->rollout().in_flight() == 0);
  CHECK(rig.loop->rollout().total(RunState::succeeded) == 3);
  CHECK(rig.loop->rollout().total(RunState::ready) == 6);
  rig.start();
  CHECK(rig.run() == Ending::halted);
  CHECK(rig.client->sent().empty());
}

TEST_CASE("where only a person can go on the loop says so") {
  LoopRig rig(4);
  rig.rules.rollout.waves[0] = {"all", 1, 9};
  rig.twist = [&](const Sent& sent) -> std::optional<Answer> {
    if (asks(sent, look_gate) && sent.call.request.path == "/1/3/in1") {
      return word("ask", rig.clock.now());
    }
    return std::nullopt;
  };
  rig.start();
  CHECK(rig.run() == Ending::attention);
  CHECK(rig.loop->rollout().total(RunState::needs_operator) == 1);
  CHECK(rig.loop->rollout().total(RunState::ready) == 3);
}

TEST_CASE("where the cloud's clock stands is journaled once, and again when it is set") {
  LoopRig rig(3);
  std::size_t calls = 0;
  rig.twist = [&](const Sent& sent) -> std::optional<Answer> {
    HttpResponse answer = rig.cloud.serve(sent.call.request, rig.clock.now());
    if (++calls > 9) answer.date = *answer.date + 30s;
    if (calls == 5) {  // a gateway's own answer
      answer.status = 502;
      answer.date = *answer.date + 3h;
    }
    return Answer{std::move(answer)};
  };
  rig.start();
  CHECK(rig.run() == Ending::finished);
  REQUIRE(calls > 9);
  const auto& entries = rig.journal.entries();
  CHECK(std::count_if(entries.begin(), entries.end(),
                      [](const Entry& entry) { return entry.event == "cloud_clock_moved"; }) == 2);
}

TEST_CASE("what is no UTF-8 is decided on as the journal keeps it (law 7)") {
  LoopRig rig(1);
  rig.twist = [&](const Sent& sent) -> std::optional<Answer> {
    if (sent.call.request.method == Method::get) return std::nullopt;
    return word("accepted \xE9", rig.clock.now());
  };
  rig.start();
  rig.run([&] { return rig.stored_run(1).phase == Phase::submitted; });
  const std::vector<Event> events = *decode_events(rig.journal.entries().back().data);
  REQUIRE(std::holds_alternative<Replied>(events.back().what));
  CHECK(std::get<Replied>(events.back().what).response.body == "accepted \xEF\xBF\xBD");
  check_replay(rig, 11);
}
