#include <doctest/doctest.h>

#include "upgrade_desk.h"

using namespace pawl;
using namespace pawl::test;

namespace {

/// One round of looks for an upgrade up to the history's verdict.
Reading after_history(Desk& desk, const HttpResponse& status, const HttpResponse& history) {
  const Reading first = desk.read(look::upgrade_status, status);
  REQUIRE(first.look == look::upgrade_history);
  return desk.read(look::upgrade_history, history);
}

}  // namespace

TEST_CASE("an upgrade without any trace is absent, after four looks (decision 2)") {
  Desk desk = in_doubt(upgrading());
  CHECK(after_history(desk, shows_nothing(), upgrade_history({})).look == look::instance);
  CHECK(desk.read(look::instance, list({{}})).look == look::made_instances);
  const Reading reading = desk.read(look::made_instances, list({{}}));
  CHECK(reading.verdict == Verdict::absent);
}

TEST_CASE("an entry of our target and cutover that was not there is adopted, by its id") {
  Desk desk = in_doubt(upgrading());
  const auto history = upgrade_history({{.id = "u1", .state = "running", .start = told(1001)}});
  CHECK(after_history(desk, shows_nothing(), history).verdict == Verdict::accepted);
  CHECK(desk.fact(fact::upgrade_id) == "u1");
  CHECK(desk.fact(fact::new_instance_id) == made);
}

TEST_CASE("an entry begun when nothing of ours could land any more is somebody else's") {
  constexpr int gone = 1030;
  const int landed = gone + static_cast<int>(StepRules{}.settle / std::chrono::seconds{1});
  struct Row {
    std::string start;
    Verdict verdict;
  };
  for (const Row& row : {Row{told(landed), Verdict::accepted}, Row{told(landed + 1), Verdict::ask},
                         Row{told(landed + 9'000), Verdict::ask},
                         Row{told(landed + 9'000, ""), Verdict::accepted}}) {
    CAPTURE(row.start);
    Desk desk = in_doubt(upgrading());
    desk.run.sender_gone = CloudInstant{at(gone)};
    const auto history = upgrade_history({{.id = "u1", .state = "running", .start = row.start}});
    const Reading reading = after_history(desk, shows_nothing(), history);
    CHECK(reading.verdict == row.verdict);
    if (row.verdict == Verdict::ask) {
      CHECK(says(reading, "somebody else has begun it"));
      CHECK(desk.fact(fact::upgrade_id).empty());
    }
  }
}

TEST_CASE("an entry in the second of the intent is settled by the history's ids (decision 3)") {
  for (const char* offset : {"+0000", ""}) {
    CAPTURE(offset);
    Desk desk = in_doubt(upgrading());
    desk.run.facts.set(fact::seen_history, "u0");
    const auto status = shows({.state = "running", .start = told(1000, offset)});
    const auto old = upgrade_history({{.id = "u0", .start = told(1000, offset)}});
    CHECK(after_history(desk, status, old).verdict == Verdict::again);
    const auto both = upgrade_history(
        {{.id = "u1", .start = told(1000, offset)}, {.id = "u0", .start = told(1000, offset)}});
    CHECK(after_history(desk, status, both).verdict == Verdict::accepted);
    CHECK(desk.fact(fact::upgrade_id) == "u1");
  }
}

TEST_CASE("an entry that was not there and does not fit is a person's to judge") {
  struct Row {
    std::string what;
    std::vector<Entry> entries;
  };
  const std::vector<Row> rows{
      {"another target", {{.start = told(1001), .target = "15.1"}}},
      {"a rehearsal", {{.start = told(1001), .cutover = "false"}}},
      {"two that fit", {{.id = "u1", .start = told(1001)}, {.id = "u2", .start = told(1002)}}},
      // Begun before by the cloud's clock, and yet not there: whose clock is wrong?
      {"begun before the intent", {{.start = told(900)}}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    Desk desk = in_doubt(upgrading());
    const Reading reading = after_history(desk, shows_nothing(), upgrade_history(row.entries));
    CHECK(reading.verdict == Verdict::ask);
    CHECK(says(reading, "was not there before"));
  }
}

TEST_CASE("a status alone never proves an upgrade sent or not sent") {
  for (const auto& status :
       {shows({.state = "running", .start = told(1001)}), shows({.start = told(1001)}),
        shows({.state = "failed", .start = told(1000)}), shows({.start = told(3, "")})}) {
    CAPTURE(status.body);
    Desk desk = in_doubt(upgrading());
    CHECK(after_history(desk, status, upgrade_history({})).verdict == Verdict::again);
  }
}

TEST_CASE("what the status showed before, or for another target, is old news in doubt") {
  Desk desk = in_doubt(upgrading());
  desk.run.facts.set(fact::seen_upgrade, fact_of(0));
  desk.run.facts.set(fact::seen_history, "u1");
  const auto history = upgrade_history({{.id = "u1", .state = "failed"}});
  for (const auto& status :
       {shows({}), shows({.state = "failed"}), shows({.target = "15.1", .start = told(1001)}),
        shows({.start = told(900)}), answer("", 404)}) {
    CAPTURE(status.body);
    CHECK(after_history(desk, status, history).look == look::instance);
  }
}

TEST_CASE("an upgrade that the status did not show before is in sight, whatever its clock says") {
  Desk desk = in_doubt(upgrading());
  desk.run.facts.set(fact::seen_upgrade, fact_of(0));
  for (const auto& status : {shows({.target = "15.1", .start = told(1001)}),
                             shows({.state = "failed", .start = told(997)})}) {
    CAPTURE(status.body);
    const Reading reading = desk.read(look::upgrade_status, status);
    CHECK(reading.look == look::upgrade_history);
    CHECK(reading.sighted);
    CHECK(says(reading, "that it did not show before"));
  }
  CHECK_FALSE(desk.read(look::upgrade_status, shows({})).sighted);
  CHECK_FALSE(desk.read(look::upgrade_status, shows_nothing()).sighted);
}

TEST_CASE("evidence that is missing keeps the doubt") {
  Desk desk = in_doubt(upgrading());
  CHECK(desk.read(look::upgrade_status, answer("<html>", 502)).verdict == Verdict::again);
  CHECK(desk.read(look::upgrade_status, answer("<html>")).verdict == Verdict::again);
  CHECK(desk.read(look::upgrade_status, refusal(404, "APIGW.0101")).verdict == Verdict::again);
  CHECK(desk.read(look::upgrade_history, upgrade_history({{.state = "odd"}})).verdict ==
        Verdict::again);
  CHECK(desk.read(look::upgrade_history, upgrade_history({}, 1)).verdict == Verdict::again);
  CHECK(desk.read(look::instance, list({})).verdict == Verdict::again);
  CHECK(desk.read(look::instance, list({{.status = "UPGRADING"}})).verdict == Verdict::again);
  CHECK(desk.read(look::made_instances, list({}, 2)).verdict == Verdict::again);
  const auto broken = answer(R"({"total_count":1,"instances":[{"id":7}]})");
  CHECK(desk.read(look::made_instances, broken).verdict == Verdict::again);
}

TEST_CASE("every page of the list is read before a made instance is missing") {
  Desk desk = in_doubt(upgrading());
  const Reading more = desk.read(look::made_instances, list({{}}, 2));
  CHECK(more.verdict == Verdict::next);
  CHECK(more.look == look::made_instances);
  CHECK(desk.run.facts.get(fact::listed) == "1");
  CHECK(desk.read(look::made_instances, list({{.id = "another"}}, 2)).verdict == Verdict::absent);
  CHECK_FALSE(desk.run.facts.has(fact::listed));
}

TEST_CASE("an instance that has changed since the intent is in sight, and the history will tell") {
  Desk desk = in_doubt(upgrading());
  for (const Listed& changed : {Listed{.version = "14.6"}, Listed{.ip = "10.0.0.2"}}) {
    const Reading reading = desk.read(look::instance, list({changed}));
    CHECK(reading.verdict == Verdict::again);
    CHECK(reading.sighted);
    CHECK_FALSE(reading.unclear);
  }
}

TEST_CASE("an instance of its name made since the intent is a trace, whatever its version") {
  struct Row {
    Listed listed;
    Verdict verdict;
  };
  const std::vector<Row> rows{
      {{.id = made, .version = "14.6", .created = told(1001)}, Verdict::again},
      {{.id = made, .version = "14.6", .created = ""}, Verdict::again},
      {{.id = made, .version = "14.6", .created = "soon"}, Verdict::again},
      {{.id = made, .version = "", .created = told(1001)}, Verdict::again},
      {{.id = made, .version = "14.6", .created = told(900)}, Verdict::absent},
      {{.id = made, .version = "13.9", .created = told(1001)}, Verdict::again},
      {{.id = made, .version = "13.9", .created = ""}, Verdict::again},
      {{.id = made, .version = "13.9", .created = told(900)}, Verdict::absent},
  };
  for (const Row& row : rows) {
    CAPTURE(row.listed.version);
    CAPTURE(row.listed.created);
    Desk desk = in_doubt(upgrading());
    CHECK(desk.read(look::made_instances, list({{}, row.listed})).verdict == row.verdict);
  }
}

TEST_CASE("what an upgrade sent before made is a trace still when another was sent") {
  const HttpResponse first_made =
      list({{}, {.id = made, .version = "14.6", .created = told(1001)}});
  Desk desk = in_doubt(upgrading());
  CHECK(desk.read(look::made_instances, list({{}})).verdict == Verdict::absent);
  desk.run.sends[upgrade_step::upgrade] = 2;
  desk.run.intended = CloudNow{CloudInstant{at(2000)}, CloudInstant{at(2001)}};
  CHECK(desk.read(look::made_instances, first_made).verdict == Verdict::again);
  // That this one was not found either does not make the first one forgotten.
  CHECK(desk.read(look::made_instances, list({{}})).verdict == Verdict::absent);
  CHECK(desk.read(look::made_instances, first_made).verdict == Verdict::again);
  // In another attempt, of which it is the first, that was made before.
  desk.run.sends[upgrade_step::upgrade] = 1;
  CHECK(desk.read(look::made_instances, first_made).verdict == Verdict::absent);
  desk.run.sends[upgrade_step::upgrade] = 2;
  CHECK(desk.read(look::made_instances, first_made).verdict == Verdict::absent);
}

TEST_CASE("of an instance that was renamed both names are looked for, in the whole list") {
  Desk desk = in_doubt(upgrading());
  CHECK(desk.read(look::instance, list({{.name = "sales"}})).look == look::made_instances);
  for (const auto& [key, value] : desk.workflow().ask(desk.run, look::made_instances).query)
    CHECK(key != "name");
  for (const char* name : {"sales-14.6", "orders-14.6"}) {
    CAPTURE(name);
    const Listed new_one{.id = made, .name = name, .version = "14.6", .created = told(1001)};
    CHECK(desk.read(look::made_instances, list({{.name = "sales"}, new_one})).sighted);
  }
  CHECK(desk.read(look::instance, list({{}})).look == look::made_instances);
  const Listed of_others{
      .id = made, .name = "sales-14.6", .version = "14.6", .created = told(1001)};
  CHECK(desk.read(look::made_instances, list({{}, of_others})).verdict == Verdict::absent);
}

TEST_CASE("a search that does not find the instance itself proves nothing") {
  Desk desk = in_doubt(upgrading());
  CHECK(desk.read(look::made_instances, list({})).verdict == Verdict::again);
  CHECK(desk.read(look::made_instances, list({{.id = "another"}})).verdict == Verdict::again);
  CHECK(desk.read(look::made_instances, list({{.id = "another"}, {}})).verdict == Verdict::absent);
  // Nor was it found in a round before.
  CHECK(desk.read(look::made_instances, list({{}}, 2)).verdict == Verdict::next);
  desk.read(look::instance, list({{}}));
  CHECK(desk.read(look::made_instances, list({{.id = "another"}})).verdict == Verdict::again);
}

TEST_CASE("a run whose instance has no name to search for asks for the whole list") {
  for (const char* name : {"", "a*b"}) {
    Desk desk = in_doubt(upgrading());
    desk.run.name = name;
    const HttpRequest request = desk.workflow().ask(desk.run, look::made_instances);
    CHECK(request.path == "/v3/p1/instances");
    for (const auto& [key, value] : request.query)
      CHECK(key != "name");
  }
}

TEST_CASE("a check in doubt is adopted by the history, or by a status that is certainly ours") {
  Desk desk = in_doubt(checking());
  REQUIRE(desk.read(look::check_status, shows({.state = "running", .start = told(101)})).look ==
          look::check_history);
  CHECK(desk.read(look::check_history, check_history({{.id = "r9", .start = told(101)}})).verdict ==
        Verdict::accepted);
  CHECK(desk.fact(fact::report_id) == "r9");

  Desk unnamed = in_doubt(checking());
  unnamed.read(look::check_status, shows({.state = "running", .start = told(101)}));
  CHECK(unnamed.read(look::check_history, check_history({})).verdict == Verdict::accepted);
  CHECK_FALSE(unnamed.has(fact::report_id));
}

TEST_CASE("a check in doubt of which only old news is shown is absent") {
  Desk desk = in_doubt(checking());
  desk.run.facts.set(fact::seen_check, fact_of(99));
  for (const auto& status :
       {shows_nothing(), shows({.start = told(99)}), shows({.start = told(50)}),
        shows({.target = "15.1", .start = told(101)}), answer("", 404)}) {
    CAPTURE(status.body);
    REQUIRE(desk.read(look::check_status, status).look == look::check_history);
    const auto old = check_history({{.id = "r0", .start = told(99)},
                                    {.id = "r8", .start = told(50)},
                                    {.id = "r9", .target = "15.1", .start = told(101)}});
    CHECK(desk.read(look::check_history, old).verdict == Verdict::absent);
  }
}

TEST_CASE("a check that may be ours blocks a second one until the history settles it") {
  Desk desk = in_doubt(checking());
  REQUIRE(desk.read(look::check_status, shows({.start = told(100)})).look == look::check_history);
  CHECK(desk.read(look::check_history, check_history({})).verdict == Verdict::again);
  const auto unreadable = check_history({{.state = "odd"}});
  CHECK(desk.read(look::check_history, unreadable).verdict == Verdict::again);
}
