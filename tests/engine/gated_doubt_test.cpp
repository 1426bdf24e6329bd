// What was sent and never seen stays known, whatever fails and whoever tries again.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "engine/codec.h"
#include "engine/gated_step.h"
#include "tests/engine/gated_rig.h"

using namespace pawl;
using namespace pawl::test;

TEST_CASE("no run fails while something that was sent may still be under way (law 1)") {
  struct Row {
    std::string_view name;
    Phase phase;
    std::uint8_t step, sends;
    bool intended, fails;
    Phase retried;
  };
  for (const Row& row : {
           Row{"the only one failed", Phase::submitted, 1, 1, true, true, Phase::waiting},
           Row{"the second of two failed", Phase::submitted, 1, 2, true, false, Phase::submitted},
           Row{"somebody else's failed", Phase::submitted, 1, 1, false, false, Phase::submitted},
           Row{"so it did, and none was sent", Phase::submitted, 1, 0, false, true, Phase::waiting},
           Row{"none could be sent again", Phase::waiting, 1, 1, true, false, Phase::waiting},
           Row{"none could be sent at all", Phase::waiting, 1, 0, true, true, Phase::waiting},
           Row{"the second of two is refused", Phase::intended, 1, 2, true, false, Phase::waiting},
           Row{"the only one is refused", Phase::intended, 1, 1, true, true, Phase::waiting},
           Row{"the new check failed", Phase::submitted, 0, 1, true, false, Phase::waiting},
           Row{"no check of it could be sent", Phase::waiting, 0, 1, true, false, Phase::waiting},
       }) {
    CAPTURE(row.name);
    Run run = standing(row.phase, row.step);
    run.attempts = {2, 1};
    run.sends = {1, row.sends};
    run.checked_once = true;
    if (!row.intended) run.intended.reset();
    run = decide_at(run, start, Scripted::say(Verdict::failed)).next;
    CHECK((run.state == RunState::failed) == row.fails);
    const Decision retried = decide_at(run, start, Directed{Directive::retry, "ann@host", ""});
    CHECK(retried.next.phase == row.retried);
    CHECK(retried.next.attempts[1] == (row.fails && row.step == 1 ? 2 : 1));
    if (row.fails) continue;
    CHECK(run.state == RunState::needs_operator);
    CHECK(run.reason.find("may still be under way") != std::string::npos);
    CHECK(retried.next.step == row.step);
    CHECK(retried.next.sends[1] == (row.phase == Phase::intended ? row.sends - 1 : row.sends));
  }
}

TEST_CASE("a check that failed while one may be under way is made anew as another attempt of it") {
  Run run = standing(Phase::submitted, 0);
  run.attempts = {1, 1};
  run.sends = {1, 1};
  run.attempt_open = true;
  run = decide_at(run, start, Scripted::say(Verdict::failed)).next;
  run = decide_at(run, start, Directed{Directive::retry, "ann@host", ""}).next;
  run.holds_place = run.cleared = true;
  run.looked_at = second(start);
  run = decide_at(run, start, Admitted{Gate::send}).next;
  CHECK(run.attempts[0] == 2);
  CHECK(run.attempts[1] == 1);
  CHECK(run.sends[0] == 1);
  CHECK(run.sends[1] == 1);
}

TEST_CASE("a person's retry of a doubt forgets none of what was sent, and lets one more be sent") {
  for (const auto& row : std::vector<std::pair<std::uint8_t, std::uint8_t>>{
           {1, 1}, {2, 2}, {sends_max, sends_max - 1}}) {
    const auto& [sent, known] = row;
    CAPTURE(row.first);
    Run run = standing(Phase::unsure);
    run.sends[1] = sent;
    run = decide_at(run, start, Scripted::say(Verdict::ask)).next;
    REQUIRE(run.state == RunState::needs_operator);
    CHECK(decide_at(run, start, Directed{Directive::retry, "ann@host", ""}).next.sends[1] == known);
  }
}
