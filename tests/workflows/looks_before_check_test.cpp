#include <doctest/doctest.h>

#include "upgrade_desk.h"
#include "workflows/upgrade_looks.h"

using namespace pawl;
using namespace pawl::test;

TEST_CASE("a fresh run is looked at in this order and then cleared") {
  Desk desk = before_check();
  CHECK(desk.read(look::instance, list({{}})).look == look::upgrade_status);
  CHECK(desk.read(look::upgrade_status, shows_nothing()).look == look::versions);
  CHECK(desk.read(look::versions, offers(R"("14.4","14.6","15.1")")).look == look::check_status);
  CHECK(desk.read(look::check_status, shows_nothing()).verdict == Verdict::clear);
  CHECK(desk.fact(fact::target_version) == "14.6");
  CHECK(desk.fact(fact::source_version) == "13.9");
  CHECK(desk.fact(fact::source_addresses) == "10.0.0.1");
  CHECK_FALSE(desk.has(fact::seen_check));
}

TEST_CASE("a page of the list stands for the first look, for a quarter of an hour and once") {
  const auto begin_with = [](const Desk& desk) {
    return desk.workflow().first_look(desk.run, desk.event());
  };
  constexpr int counts_for = 15 * 60;
  struct Row {
    int age;
    std::string version;
    Look first;
  };
  for (const Row& row :
       {Row{0, "13.9", look::upgrade_status}, Row{counts_for, "13.9", look::upgrade_status},
        Row{counts_for + 1, "13.9", look::instance}, Row{-1, "13.9", look::instance},
        Row{0, "", look::instance}}) {
    CAPTURE(row.age);
    Desk desk = before_check();
    note_listed(desk.run.facts, {at(desk.now - row.age), row.version, told(-80'000)});
    CHECK(begin_with(desk) == row.first);
  }
  CHECK(begin_with(before_check()) == look::instance);
  // Either look is one; what comes later is looked at anew.
  for (const Look first : {look::instance, look::upgrade_status}) {
    Desk desk = before_check();
    note_listed(desk.run.facts, {at(desk.now), "13.8", told(-90'000)});
    desk.read(first, first == look::instance ? list({{}}) : shows_nothing());
    CHECK(begin_with(desk) == look::instance);
    CHECK(desk.fact(fact::source_version) == (first == look::instance ? "13.9" : "13.8"));
  }
  // What has changed since is found before the upgrade.
  Desk desk = before_upgrade();
  note_listed(desk.run.facts, {at(50), "13.8", told(-90'000)});
  CHECK(begin_with(desk) == look::instance);
  CHECK(desk.read(look::instance, list({{}})).verdict == Verdict::stale);
}

TEST_CASE("no page stands for the look that skips what is replaced or in disaster recovery") {
  struct Row {
    FactKey known;
    const char* value;
    cloud::Cutover cutover;
    Look first;
  };
  constexpr auto yes = cloud::Cutover::yes, no = cloud::Cutover::no;
  for (const Row& row : {Row{fact::replaced, "r-1 has upgraded it", no, look::instance},
                         Row{fact::dr_role, "standby", no, look::instance},
                         Row{fact::dr_role, "primary", yes, look::instance},
                         Row{fact::dr_role, "primary", no, look::upgrade_status},
                         Row{fact::dr_role, "none", yes, look::upgrade_status}}) {
    CAPTURE(row.value);
    Desk desk = before_check();
    desk.goal.cutover = row.cutover;
    note_listed(desk.run.facts, {at(desk.now), "13.9", told(-80'000)});
    desk.run.facts.set(row.known, row.value);
    CHECK(desk.workflow().first_look(desk.run, desk.event()) == row.first);
    const bool skips = desk.read(look::instance, list({{}})).verdict == Verdict::skip;
    CHECK(skips == (row.first == look::instance));
  }
}

TEST_CASE("where an upgrade may be, a page is too little: the outcome is told by the addresses") {
  const HttpResponse running = shows({.state = "running", .start = told(40)});
  for (const HttpResponse& shown : {running, shows({}), answer("[]")}) {
    CAPTURE(shown.body);
    Desk desk = before_check();
    desk.goal.on_foreign = OnForeign::adopt;
    note_listed(desk.run.facts, {at(desk.now), "13.9", told(-80'000)});
    CHECK(desk.read(look::upgrade_status, shown).look == look::instance);
    CHECK(desk.read(look::instance, list({{}})).look == look::upgrade_status);
    CHECK(desk.fact(fact::source_addresses) == "10.0.0.1");
    CHECK(desk.read(look::upgrade_status, shown).look == look::upgrade_history);
  }
  Desk plain = before_check();
  note_listed(plain.run.facts, {at(plain.now), "13.9", told(-80'000)});
  CHECK(plain.read(look::upgrade_status, shows_nothing()).look == look::versions);
}

TEST_CASE("a replica, another engine and an instance on its target are skipped (decision 25)") {
  struct Row {
    Listed listed;
    std::string words;
  };
  const std::string replica_of = R"({"id":"i2","type":"replica_of"})";
  const std::vector<Row> rows{
      {{.type = "Replica"}, "it is a read replica"},
      {{.type = "", .related = replica_of}, "it is a read replica"},
      {{.engine = "MySQL"}, "it is a MySQL instance"},
      {{.version = "14.2"}, "already on its target: it runs version 14.2"},
      {{.status = "BACKING UP", .version = "14.2"}, "already on its target"},
      {{.status = "FROZEN"}, "its status is `FROZEN`"},
      {{.status = "STORAGE FULL"}, "its status is `STORAGE FULL`"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.words);
    Desk desk = before_check();
    const Reading reading = desk.read(look::instance, list({row.listed}));
    CHECK(reading.verdict == Verdict::skip);
    CHECK(reading.reason.starts_with(row.words));
  }
  Desk primary = before_check();
  const std::string replica = R"({"id":"i2","type":"replica"})";
  CHECK(primary.read(look::instance, list({{.related = replica}})).verdict == Verdict::next);
}

TEST_CASE("what takes part in disaster recovery is skipped, its primary with cutover only") {
  for (const auto cutover : {cloud::Cutover::yes, cloud::Cutover::no}) {
    CAPTURE(cutover == cloud::Cutover::yes);
    Desk desk = before_check();
    desk.goal.cutover = cutover;
    desk.run.facts.set(fact::dr_role, "standby");
    Reading reading = desk.read(look::instance, list({{}}));
    CHECK(reading.verdict == Verdict::skip);
    CHECK(reading.reason.starts_with("it is the standby of"));
    desk.run.facts.set(fact::dr_role, "primary");
    reading = desk.read(look::instance, list({{}}));
    CHECK(reading.verdict == (cutover == cloud::Cutover::yes ? Verdict::skip : Verdict::next));
  }
}

TEST_CASE("a busy instance is waited for, one with an unknown status too (traps 16, 17, 21)") {
  for (const char* status : {"BACKING UP", "MODIFYING", "UPGRADING", "something new", ""}) {
    CAPTURE(status);
    Desk desk = before_check();
    REQUIRE(desk.read(look::instance, list({{.status = status}})).look == look::upgrade_while_busy);
    const Reading reading = desk.read(look::upgrade_while_busy, shows_nothing());
    CHECK(reading.verdict == Verdict::wait);
    CHECK(says(reading, fmt::format("its status is `{}`", status)));
  }
}

TEST_CASE("an instance that the list does not show fails in the cloud's own words (trap 23)") {
  Desk desk = before_check();
  REQUIRE(desk.read(look::instance, list({})).look == look::versions);
  const Reading gone = desk.read(look::versions, refusal(404, "DBS.280404"));
  CHECK(gone.verdict == Verdict::failed);
  CHECK(says(gone, "DBS.280404"));
  CHECK(desk.read(look::versions, offers(R"("14.6")")).verdict == Verdict::failed);

  const Reading other = desk.read(look::instance, list({{.id = made, .version = "14.6"}}));
  CHECK_MESSAGE(other.look == look::versions, "the list's filter is not trusted");
  const auto broken = answer(R"({"total_count":1,"instances":[{"id":7}]})");
  CHECK(desk.read(look::instance, broken).verdict == Verdict::wait);
}

TEST_CASE("a replaced instance is skipped with the new one's id (decision 7, traps 12, 13)") {
  struct Row {
    Entry entry;
    std::string words;
  };
  const std::vector<Row> rows{
      {{.moved = told(50)}, "already on its target: an upgrade with cutover has made "},
      {{.target = "13.11", .moved = told(50)}, "it has been replaced: "},
      {{.cutover = "null", .moved = told(50)}, "already on its target"},
      // Trap 15: the flag echoes the wish; no time tells that the addresses have moved.
      {{}, "an upgrade with cutover has made "},
  };
  for (const Row& row : rows) {
    CAPTURE(row.words);
    Desk desk = before_check();
    REQUIRE(desk.read(look::instance, list({{}})).look == look::upgrade_status);
    REQUIRE(desk.read(look::upgrade_status, shows({})).look == look::upgrade_history);
    const Reading reading = desk.read(look::upgrade_history, upgrade_history({row.entry}));
    CHECK(reading.verdict == Verdict::skip);
    CHECK(reading.reason.starts_with(row.words));
    CHECK(says(reading, made));
    CHECK(desk.fact(fact::new_instance_id) == made);
  }
}

TEST_CASE("a success in the history that replaced nothing is old news (decision 4)") {
  struct Row {
    std::string what;
    Entry entry;
    Verdict verdict;
  };
  const std::vector<Row> rows{
      {"a rehearsal", {.cutover = "false"}, Verdict::next},
      {"a failure with cutover", {.state = "failed"}, Verdict::next},
      {"the upgrade that made this very instance",
       {.source = "older", .destination = database, .moved = told(1)},
       Verdict::next},
      {"a success that does not tell its cutover", {.cutover = "null"}, Verdict::ask},
      {"an entry with an unknown result", {.state = "odd"}, Verdict::wait},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    Desk desk = before_check();
    const Reading reading = desk.read(look::upgrade_history, upgrade_history({row.entry}));
    CHECK(reading.verdict == row.verdict);
  }
  Desk desk = before_check();
  CHECK(desk.read(look::upgrade_history, upgrade_history({}, 101)).verdict == Verdict::ask);
}

TEST_CASE("a status that cannot be read, or is not there, is borne out by the history") {
  for (const auto& odd : {answer("<html>", 200), answer(R"({"status":"odd"})"), answer("", 404),
                          refusal(404, "X.1")}) {
    CAPTURE(odd.status);
    CAPTURE(odd.body);
    Desk desk = before_check();
    CHECK(desk.read(look::upgrade_status, odd).look == look::upgrade_history);
  }
  Desk desk = before_check();
  CHECK(desk.read(look::upgrade_status, refusal(404, "APIGW.0101")).verdict == Verdict::failed);
  CHECK(desk.read(look::upgrade_status, answer("", 503)).verdict == Verdict::wait);
  CHECK(desk.read(look::upgrade_status, refusal(401, "APIGW.0301")).verdict == Verdict::stop);
}

TEST_CASE("the offered spelling is frozen once and not asked for again (decision 10, trap 9)") {
  Desk desk = before_check();
  desk.run.facts.set(fact::target_version, "14.6.1");
  CHECK(desk.read(look::instance, list({{}})).look == look::check_status);
  CHECK(desk.fact(fact::target_version) == "14.6.1");

  Desk nothing = before_check();
  nothing.run.facts.set(fact::source_version, "13.9");
  const Reading reading = nothing.read(look::versions, offers(R"("13.11")"));
  CHECK(reading.verdict == Verdict::skip);
  CHECK(says(reading, "does not offer 14"));
}

TEST_CASE("an old check is old news, and its start is remembered (traps 1, 2)") {
  for (const char* state : {"success", "failed"}) {
    CAPTURE(state);
    Desk desk = before_check();
    desk.run.facts.set(fact::target_version, "14.6");
    desk.run.facts.set(fact::report_id, "r0");
    desk.run.facts.set(fact::claim, "success");
    const Reading reading = desk.read(look::check_status, shows({.state = state}));
    CHECK(reading.verdict == Verdict::clear);
    CHECK(desk.fact(fact::seen_check) == fact_of(0));
    CHECK_FALSE(desk.has(fact::report_id));
    CHECK_FALSE(desk.has(fact::claim));
  }
}

TEST_CASE("no check in the second in which one already seen began (decision 3)") {
  Desk desk = before_check();
  desk.run.facts.set(fact::target_version, "14.6");
  desk.now = 1;  // at earliest half a second after the start
  CHECK(desk.read(look::check_status, shows({})).verdict == Verdict::wait);
  desk.now = 2;
  CHECK(desk.read(look::check_status, shows({})).verdict == Verdict::clear);
  desk.clock_known = false;
  CHECK(desk.read(look::check_status, shows({})).verdict == Verdict::wait);
}

TEST_CASE("a start without an offset does not hold a check back for hours (traps 19, 20)") {
  Desk desk = before_check();
  desk.run.facts.set(fact::target_version, "14.6");
  const auto local_time = shows({.start = told(8 * 3600, "")});
  CHECK(desk.read(look::check_status, local_time).verdict == Verdict::clear);
}

TEST_CASE("a check of ours that is late is waited for, not called foreign") {
  Desk desk = before_check();
  desk.run.facts.set(fact::target_version, "14.6");
  desk.run.attempts[0] = 1;
  CHECK(desk.read(look::check_status, shows({.state = "running"})).verdict == Verdict::wait);
}

TEST_CASE("a version that somebody else's upgrade brought is not that of the run's own") {
  Desk desk = before_check();
  desk.run.facts.set(fact::target_version, "14.2");
  desk.run.facts.set(fact::adopted_upgrade, to_fact({fact_of(0), "14.2"}));
  // One that was considered alone has brought none.
  Desk considered = desk;
  CHECK(considered.read(look::instance, list({{}})).look == look::check_status);
  CHECK(considered.fact(fact::target_version) == "14.2");
  desk.run.facts.set(fact::upgrade_id, "u1");
  CHECK(desk.read(look::instance, list({{}})).look == look::upgrade_status);
  CHECK_FALSE(desk.has(fact::target_version));
  CHECK(desk.read(look::versions, offers(R"("14.2","14.6")")).verdict == Verdict::next);
  CHECK(desk.fact(fact::target_version) == "14.6");
}

TEST_CASE("an instance that is done with after one was sent is a person's to judge") {
  Desk desk = before_check();
  desk.run.sends[1] = 1;
  const Reading reading = desk.read(look::instance, list({{.version = "14.6"}}));
  CHECK(reading.verdict == Verdict::ask);
  CHECK(says(reading, "an upgrade was sent before"));
}
