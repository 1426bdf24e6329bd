// An upgrade that was found in doubt has no job of ours to its name: until everything of ours must
// show, what it comes to may be what somebody else's comes to.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "upgrade_desk.h"

using namespace pawl;
using namespace pawl::test;

namespace {

constexpr int gone_at = 1030, seen_at = 1040;
const Duration settle = StepRules{}.settle;
const int settled = seen_at + static_cast<int>(settle / std::chrono::seconds{1}) + 1;

/// Sent at second 1000 without an answer; u1 was found in the history.
Desk found_in_doubt() {
  Desk desk = in_doubt(upgrading());
  desk.run.phase = Phase::submitted;
  desk.run.since = at(seen_at);
  desk.run.sender_gone = CloudInstant{at(gone_at)};
  desk.run.facts.set(fact::upgrade_id, "u1");
  desk.now = settled;
  return desk;
}

Reading at_the_gate(Desk& desk, const std::string& state, const std::vector<Entry>& entries) {
  const Reading first =
      desk.read(look::upgrade_status, shows({.state = state, .start = told(1000)}));
  REQUIRE(first.look == look::upgrade_history);
  return desk.read(look::upgrade_history, upgrade_history(entries));
}

}  // namespace

TEST_CASE("the end of an upgrade found in doubt decides nothing before ours must show") {
  for (const char* state : {"success", "failed"}) {
    CAPTURE(state);
    const auto ended = shows({.state = state, .start = told(1000)});
    Desk desk = found_in_doubt();
    for (const int second : {seen_at, settled - 2}) {
      CAPTURE(second);
      desk.now = second;
      const Reading reading = desk.read(look::upgrade_status, ended);
      CHECK(reading.verdict == Verdict::again);
      CHECK(says(reading, "found in doubt"));
    }
    desk.now = settled;
    CHECK(desk.read(look::upgrade_status, ended).look == look::upgrade_history);
  }
}

TEST_CASE("ours must show when both clocks say so, and neither alone") {
  const auto ended = shows({.state = "failed", .start = told(1000)});
  Desk desk = found_in_doubt();
  desk.run.sender_gone = CloudInstant{at(settled - 1)};
  CHECK(desk.read(look::upgrade_status, ended).verdict == Verdict::again);
  desk = found_in_doubt();
  desk.run.since = at(settled - 1);
  CHECK(desk.read(look::upgrade_status, ended).verdict == Verdict::again);
  desk = found_in_doubt();
  desk.clock_known = false;
  CHECK(desk.read(look::upgrade_status, ended).verdict == Verdict::again);
}

TEST_CASE("an upgrade found in doubt that stays the only one is ours in the end") {
  Desk good = found_in_doubt();
  CHECK(at_the_gate(good, "success", {{.start = told(1000)}}).verdict == Verdict::passed);
  Desk bad = found_in_doubt();
  CHECK(at_the_gate(bad, "failed", {{.state = "failed", .start = told(1000)}}).verdict ==
        Verdict::failed);
}

TEST_CASE(
    "another upgrade that may be ours as well is a person's to judge, whatever came of both") {
  for (const char* one : {"success", "failed"}) {
    for (const char* other : {"running", "success", "failed"}) {
      CAPTURE(one);
      CAPTURE(other);
      Desk desk = found_in_doubt();
      const Reading reading =
          at_the_gate(desk, one,
                      {{.id = "u1", .state = one, .start = told(1000)},
                       {.id = "u2", .state = other, .start = told(1020), .destination = ""}});
      CHECK(reading.verdict == Verdict::ask);
      CHECK(says(reading, "u1"));
      CHECK(says(reading, "u2"));
    }
  }
}

TEST_CASE("what was there before the intent, or begun before it, is no other upgrade of ours") {
  Desk desk = found_in_doubt();
  desk.run.facts.set(fact::seen_history, "u0");
  CHECK(at_the_gate(desk, "failed",
                    {{.state = "failed", .start = told(1000)},
                     {.id = "u0", .start = told(1000)},
                     {.id = "u9", .start = told(900)}})
            .verdict == Verdict::failed);
}

TEST_CASE("an upgrade whose job was promised, or that was someone else's to begin, ends at once") {
  const auto ended = shows({.state = "failed", .start = told(1000)});
  Desk promised = upgrading();
  CHECK(promised.read(look::upgrade_status, ended).look == look::upgrade_history);
  Desk adopted = found_in_doubt();
  adopted.run.intended.reset();
  adopted.run.facts.set(fact::adopted_upgrade, to_fact({fact_of(1000), "14.6"}));
  adopted.now = seen_at;
  CHECK(adopted.read(look::upgrade_status, ended).look == look::upgrade_history);
}

TEST_CASE("what began when nothing that was sent could land any more is nobody but another's") {
  const int too_late = gone_at + static_cast<int>(settle / std::chrono::seconds{1}) + 1;
  // The one that was found comes to tell that it is of another cutover.
  const Entry contradicts{.start = told(1000), .cutover = "false"};
  Desk desk = found_in_doubt();
  desk.now = too_late + 100;
  const Reading found =
      at_the_gate(desk, "success",
                  {contradicts, {.id = "u2", .start = told(too_late), .moved = told(too_late)}});
  CHECK(found.verdict == Verdict::again);
  CHECK(says(found, "could land any more"));

  Desk promised = upgrading();
  promised.run.facts.set(fact::answered, fact_of(gone_at));
  promised.now = too_late + 100;
  for (const auto& row : std::vector<std::pair<int, Verdict>>{{too_late, Verdict::again},
                                                              {too_late - 1, Verdict::passed}}) {
    const auto& [start, verdict] = row;
    CAPTURE(row.first);
    CHECK(at_the_gate(promised, "success", {{.id = "u2", .start = told(start)}}).verdict ==
          verdict);
  }
}
