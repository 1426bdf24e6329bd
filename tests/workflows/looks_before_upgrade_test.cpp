#include <doctest/doctest.h>

#include "upgrade_desk.h"

using namespace pawl;
using namespace pawl::test;

TEST_CASE("an unchanged instance without any upgrade is cleared for one") {
  Desk desk = before_upgrade();
  CHECK(desk.read(look::instance, list({{}})).look == look::upgrade_status);
  CHECK(desk.fact(fact::source_addresses) == "10.0.0.1");
  CHECK(desk.read(look::upgrade_status, shows_nothing()).look == look::upgrade_history);
  CHECK(desk.read(look::upgrade_history, upgrade_history({})).verdict == Verdict::clear);
}

TEST_CASE("an instance that was replaced is known by the history, where the status shows nothing") {
  Desk desk = before_upgrade();
  REQUIRE(desk.read(look::upgrade_status, shows_nothing()).look == look::upgrade_history);
  const Reading reading =
      desk.read(look::upgrade_history, upgrade_history({{.start = told(0), .moved = told(9)}}));
  CHECK(reading.verdict == Verdict::skip);
  CHECK(says(reading, "already on its target"));
}

TEST_CASE("an upgrade that failed after the addresses had moved is a person's to judge") {
  Desk desk = before_upgrade();
  for (const char* cutover : {"true", "null"}) {
    CAPTURE(cutover);
    const auto moved = upgrade_history(
        {{.state = "failed", .start = told(0), .cutover = cutover, .moved = told(9)}});
    CHECK(desk.read(look::upgrade_history, moved).verdict == Verdict::ask);
  }
  const auto stayed = upgrade_history({{.state = "failed", .start = told(0)}});
  CHECK(desk.read(look::upgrade_history, stayed).verdict == Verdict::clear);
}

TEST_CASE("an upgrade to our target in the status lets nothing through that no history explains") {
  Desk desk = before_upgrade();
  const auto other = upgrade_history({{.id = "u9", .state = "failed", .start = told(-9)}});
  REQUIRE(desk.read(look::upgrade_status, shows({})).look == look::upgrade_history);
  for (const auto& history : {upgrade_history({}), other}) {
    const Reading reading = desk.read(look::upgrade_history, history);
    CHECK(reading.verdict == Verdict::wait);
    CHECK(says(reading, "that the history does not show"));
  }
  const auto explained = upgrade_history({{.cutover = "false"}});
  CHECK(desk.read(look::upgrade_history, explained).verdict == Verdict::clear);
  CHECK_FALSE(desk.has(fact::unexplained));
  // Whoever goes by seconds may have cut them otherwise.
  REQUIRE(desk.read(look::upgrade_status, shows({})).look == look::upgrade_history);
  const auto otherwise = upgrade_history({{.start = told(1), .cutover = "false"}});
  CHECK(desk.read(look::upgrade_history, otherwise).verdict == Verdict::clear);
  // One that succeeded for another target may have replaced the instance.
  REQUIRE(desk.read(look::upgrade_status, shows({.target = "15.1"})).look == look::upgrade_history);
  CHECK(desk.read(look::upgrade_history, upgrade_history({})).verdict == Verdict::wait);
  const auto elsewhere = upgrade_history({{.target = "15.1", .cutover = "false"}});
  CHECK(desk.read(look::upgrade_history, elsewhere).verdict == Verdict::clear);
  // One to its own version made this instance, and may stand in that one's history alone.
  for (const char* own : {"13.9", "13.4", "13"}) {
    CAPTURE(own);
    REQUIRE(desk.read(look::upgrade_status, shows({.target = own})).look == look::upgrade_history);
    CHECK(desk.read(look::upgrade_history, upgrade_history({})).verdict == Verdict::clear);
  }
}

TEST_CASE("an instance whose version the list does not show is not upgraded, nor was checked so") {
  Desk desk = before_upgrade();
  desk.run.facts.forget(fact::source_version);
  CHECK(desk.read(look::instance, list({{.version = ""}})).verdict == Verdict::wait);
}

TEST_CASE("what changed since the check makes it stale (decision 9, trap 8)") {
  struct Row {
    std::string what;
    Listed listed;
    Verdict verdict;
  };
  const std::vector<Row> rows{
      {"another minor version", {.version = "13.10"}, Verdict::stale},
      {"the target, by somebody else", {.version = "14.6"}, Verdict::stale},
      {"changed after the check", {.updated = told(300)}, Verdict::stale},
      {"changed before the check and after the look", {.updated = told(90)}, Verdict::stale},
      {"the check's own trace", {.updated = told(150)}, Verdict::next},
      {"a time without offset", {.updated = told(150, "")}, Verdict::stale},
      {"no time", {.updated = ""}, Verdict::stale},
      {"busy", {.status = "BACKING UP"}, Verdict::next},
      {"frozen", {.status = "FROZEN"}, Verdict::failed},
      {"without an address", {.ip = ""}, Verdict::wait},
      {"not in the list", {.id = made}, Verdict::wait},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    Desk desk = before_upgrade();
    CHECK(desk.read(look::instance, list({row.listed})).verdict == row.verdict);
  }
  Desk never_timed = before_upgrade();
  never_timed.run.facts.forget(fact::checked_between);
  CHECK(never_timed.read(look::instance, list({{.updated = told(150)}})).verdict == Verdict::stale);
}

TEST_CASE("a busy instance is waited for where no upgrade keeps it so") {
  Desk desk = before_upgrade();
  REQUIRE(desk.read(look::instance, list({{.status = "BACKING UP"}})).look ==
          look::upgrade_while_busy);
  const Reading reading = desk.read(look::upgrade_while_busy, shows({}));
  CHECK(reading.verdict == Verdict::wait);
  CHECK(says(reading, "BACKING UP"));
}

TEST_CASE("what is there before the intent is remembered as not ours (decision 3)") {
  Desk desk = before_upgrade();
  for (const FactKey stale : {fact::upgrade_id, fact::new_instance_id, fact::job_id})
    desk.run.facts.set(stale, "of-an-earlier-attempt");
  REQUIRE(desk.read(look::upgrade_status, shows({.state = "failed"})).look ==
          look::upgrade_history);
  CHECK(desk.fact(fact::seen_upgrade) == fact_of(0));
  const auto history =
      upgrade_history({{.id = "u2", .cutover = "false"}, {.id = "u1", .state = "failed"}});
  CHECK(desk.read(look::upgrade_history, history).verdict == Verdict::clear);
  CHECK(desk.fact(fact::seen_history) == "u2 u1");
  for (const FactKey stale : {fact::upgrade_id, fact::new_instance_id, fact::job_id})
    CHECK_FALSE(desk.has(stale));
}

TEST_CASE("a replaced instance is never upgraded again, whatever its status says") {
  for (const auto& status : {shows({}), shows({.state = "failed", .target = "15.1"}),
                             answer("<html>"), answer("", 404)}) {
    CAPTURE(status.body);
    Desk desk = before_upgrade();
    REQUIRE(desk.read(look::upgrade_status, status).look == look::upgrade_history);
    const Reading reading =
        desk.read(look::upgrade_history, upgrade_history({{.moved = told(50)}}));
    CHECK(reading.verdict == Verdict::skip);
    CHECK(says(reading, made));
  }
}

TEST_CASE("no upgrade in the second in which one already seen began (decision 3)") {
  Desk desk = before_upgrade();
  const auto just_begun = shows({.state = "failed", .start = told(1000)});
  CHECK(desk.read(look::upgrade_status, just_begun).verdict == Verdict::wait);
  const auto history = upgrade_history({{.state = "failed", .start = told(1000)}});
  CHECK(desk.read(look::upgrade_history, history).verdict == Verdict::wait);
  desk.now = 1002;
  CHECK(desk.read(look::upgrade_status, just_begun).verdict == Verdict::next);
  CHECK(desk.read(look::upgrade_history, history).verdict == Verdict::clear);
}

TEST_CASE("a history that cannot be read to its end lets no upgrade through") {
  Desk desk = before_upgrade();
  CHECK(desk.read(look::upgrade_history, answer("{}")).verdict == Verdict::wait);
  CHECK(desk.read(look::upgrade_history, upgrade_history({{.state = "odd"}})).verdict ==
        Verdict::wait);
  CHECK(desk.read(look::upgrade_history, upgrade_history({{.state = "failed"}}, 2)).verdict ==
        Verdict::ask);
  CHECK(desk.read(look::upgrade_history, answer("", 502)).verdict == Verdict::wait);
}

namespace {

/// One was sent, and left no trace when it was looked for; only u0 was there before.
Desk after_one_was_lost() {
  Desk desk = before_upgrade();
  desk.run.attempts[1] = 1;
  desk.run.attempt_open = true;
  desk.run.sends[1] = 1;
  desk.run.facts.set(fact::seen_history, "u0");
  desk.run.facts.set(fact::seen_upgrade, fact_of(0));
  return desk;
}

const Entry there_before{.id = "u0", .state = "failed"};

}  // namespace

TEST_CASE("one that was sent before and comes to show late is a person's to tell (law 1)") {
  for (const std::vector<Entry>& late : std::vector<std::vector<Entry>>{
           {{.start = told(900), .moved = told(950)}},
           {{.start = told(900), .target = "15.1", .cutover = "false"}},
           {{.state = "failed", .start = told(900)}},
       }) {
    CAPTURE(late.front().state);
    Desk desk = after_one_was_lost();
    std::vector<Entry> all = late;
    all.push_back(there_before);
    const Reading reading = desk.read(look::upgrade_history, upgrade_history(all));
    CHECK(reading.verdict == Verdict::ask);
    CHECK(says(reading, "may be that one, come late"));
    CHECK(says(reading, "`pawl skip`"));
  }
  for (const auto& status : {shows({.state = "failed", .start = told(900)}),
                             shows({.target = "15.1", .start = told(900)})}) {
    CAPTURE(status.body);
    Desk desk = after_one_was_lost();
    const Reading reading = desk.read(look::upgrade_status, status);
    CHECK(reading.verdict == Verdict::ask);
    CHECK(says(reading, "may be that one, come late"));
    CHECK(says(reading, "`pawl skip`"));
  }
}

TEST_CASE("what was there before one was sent is old news, and stays so for what is sent next") {
  Desk desk = after_one_was_lost();
  CHECK(desk.read(look::upgrade_status, shows({.state = "failed"})).look == look::upgrade_history);
  CHECK(desk.read(look::upgrade_history, upgrade_history({there_before})).verdict ==
        Verdict::clear);
  // A copy that has lost it makes no news of it.
  desk.run.facts.forget(fact::unexplained);
  CHECK(desk.read(look::upgrade_history, upgrade_history({})).verdict == Verdict::clear);
  CHECK(desk.fact(fact::seen_history) == "u0");
  CHECK(desk.fact(fact::seen_upgrade) == fact_of(0));
  CHECK(desk.read(look::upgrade_history, upgrade_history({there_before})).verdict ==
        Verdict::clear);
}

TEST_CASE("that the cloud's time is not known is said so, and not that something has just begun") {
  Desk desk = before_upgrade();
  desk.clock_known = false;
  for (const Reading& reading :
       {desk.read(look::upgrade_status, shows({.state = "failed"})),
        desk.read(look::upgrade_history, upgrade_history({{.state = "failed"}}))}) {
    CHECK(reading.verdict == Verdict::wait);
    CHECK(says(reading, "do not tell its time"));
  }
}
