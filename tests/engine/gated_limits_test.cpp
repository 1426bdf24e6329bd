// What may be sent, and how long a phase may last.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "engine/codec.h"
#include "engine/gated_step.h"
#include "tests/engine/gated_rig.h"

using namespace pawl;
using namespace pawl::test;

TEST_CASE("leave to send commits an intent with the cloud's time, and counts the attempt once") {
  Run run = standing(Phase::waiting);
  run.cleared = true;
  const Decision decision = decide_at(run, start, Admitted{Gate::send});
  CHECK(decision.next.phase == Phase::intended);
  CHECK(decision.next.state == RunState::upgrading);
  CHECK(std::holds_alternative<Submit>(decision.effect));
  REQUIRE(decision.audit);
  CHECK(decision.audit->event == "w_requested");
  CHECK(decision.next.intended == cloud_second(start));
  CHECK(decision.next.attempts[1] == 1);
  CHECK(decision.next.sends[1] == 1);

  run.attempt_open = true;
  run.attempts[1] = 1;
  CHECK(decide_at(run, start, Admitted{Gate::send}).next.attempts[1] == 1);
}

TEST_CASE("no intent without fresh looks, the cloud's time and a proof that counts (law 2)") {
  Run clear = standing(Phase::waiting);
  clear.cleared = true;
  const auto intends = [](const Run& run, const Event& event) {
    return std::holds_alternative<Submit>(decide(workflow(), run, event).effect);
  };
  const Event leave = at(start, Admitted{Gate::send});
  REQUIRE(intends(clear, leave));

  Event timeless = leave;
  timeless.cloud.reset();
  CHECK_FALSE(intends(clear, timeless));

  Run old = clear;
  old.looked_at = second(start - 61);
  CHECK_FALSE(intends(old, leave));

  for (const int margin : {60, 59, 0, -1}) {
    CAPTURE(margin);
    Run expiring = clear;
    expiring.valid_until = CloudInstant{second(start + margin)};
    CHECK_FALSE(intends(expiring, leave));
  }
  Run just = clear;
  just.valid_until = CloudInstant{second(start + 61)};
  CHECK(intends(just, leave));
  Run unproven = clear;
  unproven.valid_until.reset();
  CHECK_FALSE(intends(unproven, leave));
}

TEST_CASE("a proof is made anew a bounded number of times, within the same attempt of the work") {
  Run run = standing(Phase::waiting);
  run.attempts[1] = 1;
  run.checked_once = true;
  run.sends[1] = 1;  // what left no trace may come to show, however often the proof is made anew
  const Decision expired = decide_at(run, start, Scripted::say(Verdict::stale));
  CHECK(expired.next.renewals == 1);
  CHECK_FALSE(expired.next.valid_until.has_value());
  CHECK_FALSE(expired.next.holds_place);
  CHECK(expired.next.state == RunState::ready);
  CHECK(expired.next.attempts[0] == 1);

  Run checked = expired.next;
  checked.phase = Phase::submitted;
  const Decision passed = decide_at(checked, start, Scripted::say(Verdict::passed));
  CHECK(passed.next.step == 1);
  CHECK(passed.next.attempt_open);
  CHECK(passed.next.sends[1] == 1);

  run.renewals = 2;
  CHECK(decide_at(run, start, Scripted::say(Verdict::stale)).next.state ==
        RunState::needs_operator);
  run.sends[1] = 0;
  const Decision ended = decide_at(run, start, Scripted::say(Verdict::stale));
  CHECK(ended.next.state == RunState::failed);
}

TEST_CASE("absence counts after the settle time, from the round's first look, twice (law 1)") {
  struct Case {
    std::string what;
    int gone, began;  // seconds before now
    bool counts;
    int since = 400;
  };
  const std::vector<Case> cases{
      {"long after", 400, 1, true},
      {"just after", 101, 1, true},
      {"too early", 99, 0, false},
      {"a round begun too early", 101, 2, false},
      {"just after by both clocks", 400, 1, true, 101},
      {"long after by the cloud's clock alone", 400, 1, false, 100},
  };
  for (const Case& one : cases) {
    CAPTURE(one.what);
    Run run = standing(Phase::unsure);
    run.sender_gone = CloudInstant{second(start - one.gone)};
    run.round_began = second(start - one.began);
    run.since = second(start - one.since);
    const Decision decision = decide_at(run, start, Scripted::say(Verdict::absent));
    CHECK(decision.next.phase == Phase::unsure);
    CHECK(decision.next.absences == (one.counts ? 1 : 0));
    CHECK(decision.audit.has_value() == one.counts);
  }

  Run once = decide_at(standing(Phase::unsure), start, Scripted::say(Verdict::absent)).next;
  once.round_began = second(start + 4);
  CHECK(decide_at(once, start + 4, Scripted::say(Verdict::absent)).next.absences == 1);
  once.round_began = second(start + 5);
  const Decision twice = decide_at(once, start + 5, Scripted::say(Verdict::absent));
  CHECK(twice.next.phase == Phase::waiting);
  CHECK(twice.next.attempt_open);

  once.sends[1] = sends_max;
  CHECK(decide_at(once, start + 5, Scripted::say(Verdict::absent)).next.state ==
        RunState::needs_operator);
}

TEST_CASE(
    "a round that cannot be read does not break a row of absences, one that shows some does") {
  Run run = standing(Phase::unsure);
  run.absences = 1;
  Replied unreadable = Scripted::say(Verdict::again);
  unreadable.response.body = "unclear";
  CHECK(decide_at(run, start, unreadable).next.absences == 1);
  CHECK(decide_at(run, start, Unanswered{Delivery::unknown, ""}).next.absences == 1);
  CHECK(decide_at(run, start, Scripted::say(Verdict::again)).next.absences == 0);
}

TEST_CASE("a refused or unsent submit does not count as one that may have taken effect") {
  for (const What& what :
       {What{Scripted::say(Verdict::wait)}, What{Unanswered{Delivery::not_sent, ""}}}) {
    const Run run = standing(Phase::intended);
    const Decision decision = decide_at(run, start, what);
    CHECK(decision.next.sends[1] == 0);
    CHECK(decision.next.deadline == run.deadline);
    CHECK_FALSE(decision.next.intended.has_value());
  }
  Run run = standing(Phase::intended);
  run.sends[1] = 2;
  CHECK(decide_at(run, start, Scripted::say(Verdict::failed)).next.sends[1] == 1);
}

TEST_CASE("a phase whose time is over gets two more looks and then ends, answered or not") {
  struct Case {
    Phase phase;
    std::uint8_t step;
    What what;
    RunState end;
  };
  const What silence = Unanswered{Delivery::unknown, ""};
  const std::vector<Case> cases{
      {Phase::waiting, 1, Scripted::say(Verdict::wait), RunState::failed},
      {Phase::waiting, 1, silence, RunState::failed},
      {Phase::submitted, 1, Scripted::say(Verdict::again), RunState::needs_operator},
      {Phase::submitted, 1, silence, RunState::needs_operator},
      {Phase::submitted, 2, Scripted::say(Verdict::again), RunState::failed},
      {Phase::submitted, 2, silence, RunState::failed},
      {Phase::unsure, 1, Scripted::say(Verdict::again), RunState::needs_operator},
      {Phase::unsure, 1, silence, RunState::needs_operator},
  };
  for (const Case& one : cases) {
    CAPTURE(to_string(one.phase));
    CAPTURE(one.step);
    CAPTURE(one.what.index());
    Run run = standing(one.phase, one.step);
    CHECK(decide_at(run, start + 499, one.what).next.late_looks == 0);
    for (int late = 1; late <= late_looks_max; ++late) {
      const Decision decision = decide_at(run, start + 500, one.what);
      REQUIRE(decision.next.phase == one.phase);
      CHECK(std::get<Await>(decision.effect).not_before == second(start + 530));
      run = decision.next;
    }
    CHECK(decide_at(run, start + 500, one.what).next.state == one.end);
  }
}

TEST_CASE(
    "the third round in a row that does not tell how a step stands is told, and the next that "
    "does") {
  Replied unclear = Scripted::say(Verdict::again);
  unclear.response.body = "unclear";
  const What silence = Unanswered{Delivery::unknown, "timed out"};
  for (std::uint8_t step = 0; step < 3; ++step) {
    CAPTURE(int{step});
    const std::string name(workflow().steps()[step].name);
    Run run = standing(Phase::submitted, step);
    const auto meets = [&run](const What& what) {
      Decision decision = decide_at(run, start, what);
      run = decision.next;
      CHECK(std::holds_alternative<Await>(decision.effect));
      return decision.audit ? decision.audit->event : "";
    };
    CHECK(meets(unclear) == "");
    CHECK(meets(silence) == "");
    CHECK(meets(Scripted::say(Verdict::again)) == "");  // it tells: the rounds count anew
    CHECK(meets(silence) == "");
    CHECK(meets(unclear) == "");
    CHECK(run.reason.empty());
    CHECK(meets(silence) == name + "_unclear");
    CHECK(run.reason == "no answer: timed out");
    const Run silent = run;
    CHECK(meets(silence) == "");
    CHECK(run == silent);
    CHECK(meets(unclear) == name + "_unclear");  // it answers again, and still does not tell
    CHECK(run.reason == "said so");
    const Run told = run;
    CHECK(meets(silence) == "");
    CHECK(meets(unclear) == "");
    CHECK(run == told);
    CHECK(meets(Scripted::say(Verdict::again)) == name + "_clear");
    CHECK(run.reason.empty());
    CHECK(meets(silence) == "");
    CHECK(decide_at(run, start, Scripted::say(Verdict::passed)).next.unclear == 0);
    CHECK(decide_at(run, start, Scripted::say(Verdict::failed)).next.unclear == 0);
  }
}

TEST_CASE("a check that does not end in time is made anew, and then has failed") {
  Run run = standing(Phase::submitted, 0);
  run.late_looks = late_looks_max;
  const Decision anew = decide_at(run, start + 500, Scripted::say(Verdict::again));
  CHECK(anew.next.phase == Phase::waiting);
  CHECK_FALSE(anew.next.attempt_open);
  run.attempts[0] = 2;
  CHECK(decide_at(run, start + 500, Scripted::say(Verdict::again)).next.state == RunState::failed);
}

TEST_CASE("without the cloud's time absence never counts, and the doubt comes to its end") {
  Run run = standing(Phase::unsure);
  run.late_looks = late_looks_max;
  Event timeless = at(start + 500, Scripted::say(Verdict::absent));
  timeless.cloud.reset();
  CHECK(decide(workflow(), run, timeless).next.state == RunState::needs_operator);
  timeless.at = second(start);
  CHECK(decide(workflow(), run, timeless).next.absences == 0);
}

TEST_CASE("a failure that concerns every run says so until a person decides the run") {
  Replied told = Scripted::say(Verdict::failed);
  told.response.body = "all";
  const Run run = decide_at(standing(Phase::submitted), start, told).next;
  REQUIRE(run.state == RunState::failed);
  CHECK(run.halts);
  for (const Directive decided : {Directive::retry, Directive::skip}) {
    CAPTURE(static_cast<int>(decided));
    CHECK_FALSE(decide_at(run, start, Directed{decided, "ann@host", ""}).next.halts);
  }
}

TEST_CASE("a person's retry of a failed upgrade opens another attempt, a renewed check does not") {
  Run run = standing(Phase::submitted);
  run = decide_at(run, start, Scripted::say(Verdict::failed)).next;
  REQUIRE(run.state == RunState::failed);
  run = decide_at(run, start, Directed{Directive::retry, "ann@host", ""}).next;
  CHECK(run.step == 0);
  CHECK_FALSE(run.valid_until);
  for (const bool expires : {true, false}) {
    CAPTURE(expires);
    run.phase = Phase::submitted;  // the check, by now
    run = decide_at(run, start, Scripted::say(Verdict::passed)).next;
    REQUIRE(run.step == 1);
    run.holds_place = run.cleared = true;
    run.looked_at = second(start);
    run.valid_until = CloudInstant{second(expires ? start : start + 3'600)};
    run = decide_at(run, start, Admitted{Gate::send}).next;
    CHECK(run.attempts[1] == 2);
    CHECK(run.phase == (expires ? Phase::waiting : Phase::intended));
  }
}

TEST_CASE("a person's retry of a failed verification makes that again, as another attempt of it") {
  Run run = standing(Phase::submitted, 2);
  run.attempts = {1, 1, 1};
  run = decide_at(run, start, Scripted::say(Verdict::failed)).next;
  REQUIRE(run.state == RunState::failed);
  const Decision retried = decide_at(run, start, Directed{Directive::retry, "ann@host", ""});
  CHECK(retried.next.step == 2);
  CHECK(retried.next.phase == Phase::submitted);
  CHECK(retried.next.attempts == decltype(run.attempts){1, 1, 2});
}

TEST_CASE("what is found in doubt is not adopted before the doubt has its date") {
  Run run = standing(Phase::unsure);
  run.sender_gone.reset();
  Event timeless = at(start, Scripted::say(Verdict::accepted));
  timeless.cloud.reset();
  const Decision undated = decide(workflow(), run, timeless);
  CHECK(undated.next.phase == Phase::unsure);
  CHECK(undated.next.look == Scripted::doubt);
  const Decision dated = decide_at(run, start, Scripted::say(Verdict::accepted));
  CHECK(dated.next.phase == Phase::submitted);
  CHECK(dated.next.sender_gone == CloudInstant{second(start)});
}

TEST_CASE("a round in which the doubt got its date proves no absence, wherever it is replayed") {
  Run run = standing(Phase::unsure);
  run.holds_place = false;
  run.sender_gone.reset();
  const Decision dated = decide_at(run, start, Scripted::say(Verdict::next));
  REQUIRE(dated.audit.has_value());
  // The cloud's clock leaps over the settle time.
  Event late = at(start + 1, Scripted::say(Verdict::absent));
  late.cloud = cloud_second(start + 500);
  const Decision told = decide(workflow(), dated.next, late);
  CHECK(told.next.absences == 0);
  const auto stored = decode_run(encode_run(dated.next), workflow().fact_keys());
  REQUIRE(stored);
  CHECK(decide(workflow(), *stored, late) == told);
}

TEST_CASE("what keeps a run from being sent for long is not its own time, slow looks are") {
  struct Row {
    int held, more;
  };
  for (const Row& row : {Row{60, 0}, Row{61, 61}, Row{40'000, 40'000}}) {
    CAPTURE(row.held);
    Run run = standing(Phase::waiting);
    run.cleared = true;
    run.looked_at = second(start - row.held - 30);
    run.cleared_at = second(start - row.held);
    run.deadline = second(start + 100);
    const Run next = decide_at(run, start, Admitted{Gate::send}).next;
    CHECK_FALSE(next.cleared);
    CHECK(next.deadline == second(start + 100 + row.more));
    CHECK(next.cleared_at == Instant{});  // a round that told nothing leaves no trace
  }
}
