#include "workflows/looks_at_foreign.h"

#include <doctest/doctest.h>

#include "upgrade_desk.h"
#include "workflows/upgrade_steps.h"

using namespace pawl;
using namespace pawl::test;

namespace {

const Status running{.state = "running", .start = told(40)};
const Entry running_entry{.state = "running", .start = told(40), .destination = ""};

Desk adopting(Desk desk) {
  desk.goal.on_foreign = OnForeign::adopt;
  return desk;
}

}  // namespace

TEST_CASE("someone else's upgrade in progress stops or skips the run, as the plan says") {
  for (Desk desk : {before_check(), before_upgrade()}) {
    CAPTURE(desk.run.step);
    for (const Look look : {look::upgrade_status, look::upgrade_while_busy}) {
      const Reading stop = desk.read(look, shows(running));
      CHECK(stop.verdict == Verdict::ask);
      CHECK(says(stop, "is in progress"));
      desk.goal.on_foreign = OnForeign::skip;
      CHECK(desk.read(look, shows(running)).verdict == Verdict::skip);
      desk.goal.on_foreign = OnForeign::stop;
    }
    CHECK(desk.read(look::upgrade_history, upgrade_history({running_entry})).verdict ==
          Verdict::ask);
    desk.goal.on_foreign = OnForeign::skip;
    CHECK(desk.read(look::upgrade_history, upgrade_history({running_entry})).verdict ==
          Verdict::skip);
  }
}

TEST_CASE("an upgrade in progress that may be our own late one is not left alone under skip") {
  for (Desk desk : {before_check(), before_upgrade()}) {
    CAPTURE(desk.run.step);
    desk.goal.on_foreign = OnForeign::skip;
    desk.run.attempts[upgrade_step::upgrade] = 1;  // it left no trace, and is to be sent again
    for (const Look look : {look::upgrade_status, look::upgrade_while_busy}) {
      const Reading reading = desk.read(look, shows(running));
      CHECK(reading.verdict == Verdict::ask);
      CHECK(says(reading, "the one that was sent before"));
    }
    CHECK(desk.read(look::upgrade_history, upgrade_history({running_entry})).verdict ==
          Verdict::ask);
  }
}

TEST_CASE("an upgrade to another target in progress is foreign as well") {
  Desk desk = before_upgrade();
  CHECK(desk.read(look::upgrade_status, shows({.state = "running", .target = "15.1"})).verdict ==
        Verdict::ask);
}

TEST_CASE("a foreign upgrade is adopted where status and history agree on it") {
  for (Desk desk : {adopting(before_check()), adopting(before_upgrade())}) {
    CAPTURE(desk.run.step);
    for (const Look look : {look::upgrade_while_busy, look::upgrade_status}) {
      desk.read(look::instance, list({{.status = "UPGRADING"}}));
      REQUIRE(desk.read(look, shows(running)).look == look::upgrade_history);
      const Reading reading = desk.read(
          look::upgrade_history, upgrade_history({running_entry, {.id = "u0", .state = "failed"}}));
      CHECK(reading.verdict == Verdict::accepted);
      CHECK(says(reading, "u1"));
      CHECK(desk.fact(fact::upgrade_id) == "u1");
      CHECK(desk.fact(fact::target_version) == "14.6");
      CHECK(desk.fact(fact::seen_history) == "u0");
      CHECK(desk.fact(fact::source_addresses) == "10.0.0.1");
      desk.run.facts.forget(fact::upgrade_id);
    }
  }
}

TEST_CASE("what does not fit the plan, or cannot be verified any more, is not adopted") {
  struct Row {
    std::string what;
    Entry entry;
    Verdict verdict;
  };
  const std::vector<Row> rows{
      {"cutover not told yet",
       {.state = "running", .start = told(40), .cutover = "null"},
       Verdict::accepted},
      {"a rehearsal", {.state = "running", .start = told(40), .cutover = "false"}, Verdict::ask},
      {"another target",
       {.state = "running", .start = told(40), .target = "14.2"},
       Verdict::accepted},
      {"another major", {.state = "running", .start = told(40), .target = "15.1"}, Verdict::ask},
      {"not the one in the status", {.state = "running", .start = told(30)}, Verdict::ask},
      {"addresses moved already",
       {.state = "running", .start = told(40), .moved = told(60)},
       Verdict::ask},
      {"not in the history yet", {.id = "u0", .state = "failed"}, Verdict::wait},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    Desk desk = adopting(before_upgrade());
    REQUIRE(desk.read(look::upgrade_status, shows(running)).look == look::upgrade_history);
    CHECK(desk.read(look::upgrade_history, upgrade_history({row.entry})).verdict == row.verdict);
  }
  Desk desk = adopting(before_upgrade());
  CHECK(desk.read(look::upgrade_status, shows({.state = "running", .target = "15.1"})).verdict ==
        Verdict::ask);
  CHECK_MESSAGE(
      desk.read(look::upgrade_history, upgrade_history({running_entry})).verdict == Verdict::wait,
      "the history alone does not name the target that was asked for");
  REQUIRE(desk.read(look::upgrade_status, shows(running)).look == look::upgrade_history);
  CHECK(desk.read(look::upgrade_history,
                  upgrade_history(
                      {running_entry, {.id = "u2", .state = "running", .start = told(41)}}))
            .verdict == Verdict::ask);
}

TEST_CASE("a foreign target never replaces the one that our check was for") {
  Desk desk = adopting(before_upgrade());
  const Status other_minor{.state = "running", .target = "14.2", .start = told(40)};
  REQUIRE(desk.read(look::upgrade_status, shows(other_minor)).look == look::upgrade_history);
  REQUIRE(desk.read(look::upgrade_history, upgrade_history({})).verdict == Verdict::wait);
  desk.read(look::upgrade_status, shows({.state = "failed", .target = "14.2", .start = told(40)}));
  CHECK(desk.read(look::upgrade_history, upgrade_history({{.state = "failed"}})).verdict ==
        Verdict::clear);
  CHECK(desk.fact(fact::target_version) == "14.6");
}

TEST_CASE("an adopted upgrade is followed by its id and judged as if it were ours") {
  Desk desk = adopting(before_upgrade());
  desk.read(look::instance, list({{.status = "UPGRADING"}}));
  desk.read(look::upgrade_while_busy, shows(running));
  REQUIRE(desk.read(look::upgrade_history, upgrade_history({running_entry})).verdict ==
          Verdict::accepted);
  desk.run.phase = Phase::submitted;
  CHECK(desk.read(look::upgrade_status, shows(running)).verdict == Verdict::again);
  REQUIRE(desk.read(look::upgrade_status, shows({.start = told(40)})).look ==
          look::upgrade_history);
  const auto ended = upgrade_history({{.start = told(40)}});
  CHECK(desk.read(look::upgrade_history, ended).verdict == Verdict::passed);
  CHECK(desk.fact(fact::new_instance_id) == made);
}

TEST_CASE("an adopted upgrade is held to the minor that the plan asks for, told or not") {
  Desk desk = adopting(before_upgrade());
  desk.goal.target_version = "14.6";
  desk.read(look::upgrade_status, shows({.state = "running", .target = "14", .start = told(40)}));
  Entry entry = running_entry;
  entry.target = "14";
  REQUIRE(desk.read(look::upgrade_history, upgrade_history({entry})).verdict == Verdict::accepted);
  CHECK(desk.fact(fact::target_version) == "14.6");
  desk.run.phase = Phase::submitted;
  CHECK(desk.read(look::upgrade_status, shows({.target = "14", .start = told(40)})).look ==
        look::upgrade_history);
  CHECK(desk.read(look::upgrade_history, upgrade_history({{.start = told(40), .target = "14.5"}}))
            .verdict == Verdict::again);
  CHECK(desk.read(look::upgrade_history, upgrade_history({{.start = told(40)}})).verdict ==
        Verdict::passed);
}

TEST_CASE("what was sent and may still show is not made old news by an adoption (law 1)") {
  for (const bool sent : {false, true}) {
    Desk desk = adopting(before_upgrade());
    desk.run.sends[upgrade_step::upgrade] = sent ? 1 : 0;
    desk.read(look::upgrade_status, shows(running));
    const Reading reading = desk.read(
        look::upgrade_history,
        upgrade_history({running_entry, {.id = "u2", .state = "failed", .start = told(30)}}));
    CHECK(reading.verdict == (sent ? Verdict::ask : Verdict::accepted));
  }
}

TEST_CASE("an adopted upgrade that turns out to be a rehearsal does not pass") {
  Desk desk = adopting(before_upgrade());
  desk.read(look::upgrade_status, shows(running));
  desk.read(look::upgrade_history,
            upgrade_history({{.state = "running", .start = told(40), .cutover = "null"}}));
  desk.run.phase = Phase::submitted;
  desk.read(look::upgrade_status, shows({.start = told(40)}));
  const Reading reading =
      desk.read(look::upgrade_history, upgrade_history({{.start = told(40), .cutover = "false"}}));
  CHECK(reading.verdict == Verdict::again);
  CHECK(says(reading, "does not fit"));
}

TEST_CASE("an upgrade adopted before the check needs no check and is followed in its own step") {
  Desk desk = adopting(before_check());
  desk.read(look::instance, list({{.status = "UPGRADING"}}));
  desk.read(look::upgrade_while_busy, shows(running));
  REQUIRE(desk.read(look::upgrade_history, upgrade_history({running_entry})).verdict ==
          Verdict::accepted);
  desk.run.phase = Phase::submitted;
  const Reading passed = desk.read(look::check_status, shows_nothing());
  CHECK(passed.verdict == Verdict::passed);
  REQUIRE(passed.until);
  desk.clock_known = false;
  CHECK(desk.read(look::check_status, shows_nothing()).verdict == Verdict::again);

  desk.clock_known = true;
  desk.run.step = 1;
  desk.run.phase = Phase::waiting;
  const auto swapped = list({{.status = "ACTIVE", .ip = "10.0.0.2"}});
  CHECK(desk.read(look::instance, swapped).verdict == Verdict::accepted);
  CHECK(desk.fact(fact::source_addresses) == "10.0.0.1");
}

TEST_CASE("a new look before a check forgets what was adopted") {
  Desk desk = adopting(before_check());
  desk.run.facts.set(fact::adopted_check, fact_of(1));
  desk.run.facts.set(fact::adopted_upgrade, fact_of(1) + " 14.6");
  desk.read(look::instance, list({{}}));
  CHECK_FALSE(desk.has(fact::adopted_check));
  CHECK_FALSE(desk.has(fact::adopted_upgrade));
}

TEST_CASE("someone else's running check stops, skips or is followed, as the plan says") {
  const auto shown = shows({.state = "running", .start = told(40)});
  Desk desk = before_check();
  desk.run.facts.set(fact::target_version, "14.6");
  desk.run.facts.set(fact::source_updated, told(38));
  CHECK(desk.read(look::check_status, shown).verdict == Verdict::ask);
  desk.goal.on_foreign = OnForeign::skip;
  CHECK(desk.read(look::check_status, shown).verdict == Verdict::skip);
  desk.goal.on_foreign = OnForeign::adopt;
  CHECK(desk.read(look::check_status, shows({.state = "running", .target = "15.1"})).verdict ==
        Verdict::ask);
  const Reading bare =
      desk.read(look::check_status, shows({.state = "running", .target = "14", .start = told(40)}));
  CHECK(bare.verdict == Verdict::wait);
  CHECK(says(bare, "does not say"));
  for (const std::string updated : {"", "2026-01-01", "unreadable"}) {
    CAPTURE(updated);
    Desk unknown = desk;
    unknown.run.facts.set(fact::source_updated, updated);
    CHECK(unknown.read(look::check_status, shown).verdict == Verdict::wait);
  }
  Desk changed = desk;
  changed.run.facts.set(fact::source_updated, told(40));
  CHECK(changed.read(look::check_status, shown).verdict == Verdict::wait);
  REQUIRE(desk.read(look::check_status, shown).verdict == Verdict::accepted);

  desk.run.phase = Phase::submitted;
  CHECK(desk.read(look::check_status, shown).verdict == Verdict::again);
  CHECK(desk.read(look::check_status, shows({.start = told(90)})).verdict == Verdict::again);
  REQUIRE(desk.read(look::check_status, shows({.start = told(40), .expires = told(7200)})).look ==
          look::check_history);
  const Reading passed = desk.read(look::check_history, check_history({}));
  CHECK(passed.verdict == Verdict::passed);
  CHECK(passed.until == CloudInstant{at(7200)});
  CHECK(words_from_fact(desk.fact(fact::checked_between)).front() == fact_of(40));
}
