#include "workflows/major_upgrade.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "upgrade_desk.h"

using namespace pawl;
using namespace pawl::test;

namespace {

constexpr int check_settled = 100 + 121;  // beyond the settle time after the check's acceptance

}  // namespace

TEST_CASE("the check's gate: what is old news, what is running and what is looked up") {
  struct Row {
    std::string what;
    HttpResponse status;
    Verdict early, late;  ///< before and after the settle time
  };
  const std::vector<Row> rows{
      {"ours, running", shows({.state = "running", .start = told(101)}), Verdict::again,
       Verdict::again},
      {"ours, ended", shows({.start = told(101)}), Verdict::next, Verdict::next},
      {"an old success", shows({.start = told(0)}), Verdict::again, Verdict::next},
      {"an old failure", shows({.state = "failed", .start = told(0)}), Verdict::again,
       Verdict::next},
      {"another target", shows({.target = "15.1", .start = told(101)}), Verdict::again,
       Verdict::next},
      {"certainly begun before ours", shows({.start = told(98)}), Verdict::again, Verdict::next},
      {"the one that was seen before", shows({.start = told(99)}), Verdict::again, Verdict::next},
      {"the second of the intent", shows({.start = told(100)}), Verdict::next, Verdict::next},
      {"no offset", shows({.start = told(0, "")}), Verdict::next, Verdict::next},
      {"nothing", shows_nothing(), Verdict::again, Verdict::next},
      {"a 404 for nothing", answer("", 404), Verdict::again, Verdict::next},
      {"not to be read", answer("<html>"), Verdict::again, Verdict::again},
      {"a refusal", refusal(400, "DBS.200086"), Verdict::again, Verdict::again},
      {"the instance is gone", refusal(404, "DBS.200002"), Verdict::again, Verdict::again},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    Desk desk = checking();
    desk.run.facts.set(fact::seen_check, fact_of(99));
    CHECK(desk.read(look::check_status, row.status).verdict == row.early);
    desk.now = check_settled;
    CHECK(desk.read(look::check_status, row.status).verdict == row.late);
  }
}

TEST_CASE("an old success decides nothing, however late the history is (traps 1, 2)") {
  for (const auto& status : {shows({.start = told(0), .expires = told(7200)}),
                             shows({.target = "15.1", .start = told(101), .expires = told(7200)}),
                             shows({.start = told(100), .expires = told(7200)})}) {
    CAPTURE(status.body);
    Desk desk = checking();
    desk.now = check_settled;
    REQUIRE(desk.read(look::check_status, status).look == look::check_history);
    CHECK(desk.read(look::check_history, check_history({})).verdict == Verdict::again);
    CHECK(desk.read(look::check_history, check_history({{.id = "r0"}})).verdict == Verdict::again);
  }
}

TEST_CASE("the expiry comes from the status, then from our report, else there is none (9)") {
  struct Row {
    std::string what, in_status, in_history;
    Verdict verdict;
    std::optional<int> until;
  };
  const std::vector<Row> rows{
      {"both", told(7200), told(9000), Verdict::passed, 7200},
      {"the status alone", told(7200), "", Verdict::passed, 7200},
      {"the history alone", "", told(9000), Verdict::passed, 9000},
      {"unreadable in the status", "soon", told(9000), Verdict::passed, 9000},
      {"without offset in the status", told(7200, ""), told(9000), Verdict::passed, 9000},
      {"neither", "", "", Verdict::renew, {}},
      {"without offset in both", told(7200, ""), told(9000, ""), Verdict::renew, {}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    Desk desk = checking();
    REQUIRE(
        desk.read(look::check_status, shows({.start = told(101), .expires = row.in_status})).look ==
        look::check_history);
    const Reading reading = desk.read(
        look::check_history, check_history({{.start = told(101), .expires = row.in_history}}));
    CHECK(reading.verdict == row.verdict);
    CHECK(reading.until.has_value() == row.until.has_value());
    if (row.until) CHECK(reading.until->at == at(*row.until));
  }
}

TEST_CASE("the expiry of another report than ours does not count (decision 9, trap 3)") {
  Desk desk = checking();
  desk.read(look::check_status, shows({.start = told(101)}));
  const auto others = check_history({{.id = "r2", .start = told(102), .expires = told(9000)}});
  CHECK(desk.read(look::check_history, others).verdict == Verdict::renew);
}

TEST_CASE("a report by another id than the promised one is found by target and time (trap 3)") {
  // It began in the second of the intent, as most do, so the status does not tell whose it is.
  const auto read = [](int now, const std::vector<Report>& reports) {
    Desk desk = checking();
    desk.run.facts.set(fact::seen_check, fact_of(99));
    desk.now = now;
    REQUIRE(
        desk.read(look::check_status, shows({.start = told(100), .expires = told(7200)})).look ==
        look::check_history);
    return desk.read(look::check_history, check_history(reports));
  };
  const Report other{.id = "x1", .start = told(100)};
  CHECK(read(check_settled - 1, {other}).verdict ==
        Verdict::again);  // the promised one may still show
  const Reading passed = read(check_settled, {other});
  CHECK(passed.verdict == Verdict::passed);
  REQUIRE(passed.until);
  CHECK(passed.until->at == at(7200));
  CHECK(read(check_settled, {{.id = "x1", .state = "failed", .start = told(100)}}).verdict ==
        Verdict::failed);

  const std::vector<Report> old_news{{.id = "x2", .start = told(98)},
                                     {.id = "x3", .start = told(99)},
                                     {.id = "x4", .target = "15.1", .start = told(100)}};
  CHECK(read(check_settled, old_news).verdict == Verdict::again);
  const Reading several = read(check_settled, {other, {.id = "x5", .start = told(101)}});
  CHECK(several.verdict == Verdict::again);
  CHECK(says(several, "no report r1"));
  const Reading named =
      read(check_settled, {other, {.id = "r1", .start = told(100), .expires = told(9000)}});
  CHECK(named.verdict == Verdict::passed);
  CHECK(named.until->at == at(9000));
}

TEST_CASE("a success is final, though the history still says running (decision 8)") {
  Desk desk = checking();
  desk.read(look::check_status, shows({.start = told(101), .expires = told(7200)}));
  const auto lagging = check_history({{.state = "running", .start = told(101), .expires = ""}});
  CHECK(desk.read(look::check_history, lagging).verdict == Verdict::passed);

  Desk no_expiry = checking();
  no_expiry.read(look::check_status, shows({.start = told(101)}));
  CHECK(no_expiry.read(look::check_history, lagging).verdict == Verdict::again);
}

TEST_CASE("an upgrade's end is told by the history alone, for a status does not tell the cutover") {
  for (const std::string state : {"success", "failed"}) {
    CAPTURE(state);
    Desk desk = upgrading();
    REQUIRE(desk.read(look::upgrade_status, shows({.state = state, .start = told(1001)})).look ==
            look::upgrade_history);
    const auto history = upgrade_history({{.id = "u2", .start = told(1001), .cutover = "false"},
                                          {.state = "running", .start = told(1001)}});
    CHECK(desk.read(look::upgrade_history, history).verdict == Verdict::again);
  }
}

TEST_CASE("an upgrade in the history that began certainly before the intent is named, and why") {
  Desk desk = upgrading();
  desk.now = 1000 + 4 * 3600;
  REQUIRE(desk.read(look::upgrade_status, shows({.start = told(998)})).look ==
          look::upgrade_history);
  const Reading reading =
      desk.read(look::upgrade_history, upgrade_history({{.id = "u5", .start = told(998)}}));
  CHECK(reading.verdict == Verdict::again);
  CHECK(says(reading, "upgrade u5, begun 2026-11-22T12:16:38"));
  CHECK(says(reading, "before ours was sent"));
  CHECK_FALSE(says(desk.read(look::upgrade_history, upgrade_history({})), "before ours"));
}

TEST_CASE("a status that goes from success back to running was not ours (decision 8)") {
  Desk desk = checking();
  REQUIRE(desk.read(look::check_status, shows({.start = told(101)})).look == look::check_history);
  REQUIRE(desk.has(fact::claim));
  CHECK(desk.read(look::check_status, shows({.state = "running", .start = told(101)})).verdict ==
        Verdict::again);
  CHECK_FALSE(desk.has(fact::claim));
}

TEST_CASE("a check does not pass while nobody knows the time until which it changed things") {
  Desk desk = checking();
  const auto history = check_history({{.start = told(100)}});
  desk.clock_known = false;
  const Reading reading = desk.read(look::check_history, history);
  CHECK(reading.verdict == Verdict::again);
  CHECK(says(reading, "do not tell its time"));
  CHECK_FALSE(desk.has(fact::checked_between));
  desk.clock_known = true;
  CHECK(desk.read(look::check_history, history).verdict == Verdict::passed);
  CHECK(desk.has(fact::checked_between));
}

TEST_CASE("the status alone ends a check where the history is late, with its text") {
  Desk good = checking();
  good.read(look::check_status, shows({.start = told(101), .expires = told(7200)}));
  CHECK(good.read(look::check_history, check_history({})).verdict == Verdict::passed);
  CHECK(good.fact(fact::checked_between) ==
        to_fact({to_fact(clock_at(100).earliest), to_fact(clock_at(110).latest)}));

  Desk bad = checking();
  bad.read(look::check_status,
           shows({.state = "failed", .start = told(101), .detail = "invalid user"}));
  const Reading reading = bad.read(look::check_history, check_history({}));
  CHECK(reading.verdict == Verdict::failed);
  CHECK(says(reading, "invalid user"));
}

TEST_CASE("the history's report decides by its id, whatever the status shows") {
  Desk desk = checking();
  desk.now = check_settled;
  REQUIRE(desk.read(look::check_status, shows({.start = told(0)})).look == look::check_history);
  CHECK(desk.read(look::check_history, check_history({{.state = "running"}})).verdict ==
        Verdict::again);
  CHECK(desk.read(look::check_history, check_history({{.state = "failed"}})).verdict ==
        Verdict::failed);
  CHECK(desk.read(look::check_history, check_history({{}})).verdict == Verdict::passed);
}

TEST_CASE("the upgrade's gate waits for its own entry, and tells it from others") {
  struct Row {
    std::string what;
    std::vector<Entry> entries;
    Verdict verdict;
  };
  const std::vector<Row> rows{
      {"no entry yet", {}, Verdict::again},
      {"ours", {{.id = "j1", .start = told(1001)}}, Verdict::passed},
      {"ours, running", {{.id = "j1", .state = "running", .start = told(1001)}}, Verdict::again},
      {"ours, failed", {{.id = "j1", .state = "failed", .start = told(1001)}}, Verdict::failed},
      {"one that may be ours, before ours must show", {{.start = told(1001)}}, Verdict::again},
      {"the same, failed", {{.state = "failed", .start = told(1001)}}, Verdict::again},
      {"a rehearsal begun since", {{.start = told(1001), .cutover = "false"}}, Verdict::again},
      {"another target begun since", {{.start = told(1001), .target = "15.1"}}, Verdict::again},
      {"two that fit", {{.start = told(1001)}, {.id = "u2", .start = told(1002)}}, Verdict::again},
      {"two that fit, one with the job's id",
       {{.state = "failed", .start = told(1001)}, {.id = "j1", .start = told(1002)}},
       Verdict::passed},
      {"one from before the intent", {{.id = "u0", .start = told(1001)}}, Verdict::again},
      {"one begun before the intent", {{.start = told(900)}}, Verdict::again},
      {"the upgrade that made this instance",
       {{.start = told(1001), .source = "older", .destination = database}},
       Verdict::again},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    Desk desk = upgrading();
    desk.run.facts.set(fact::seen_history, "u0");
    REQUIRE(desk.read(look::upgrade_status, shows({.start = told(1001)})).look ==
            look::upgrade_history);
    CHECK(desk.read(look::upgrade_history, upgrade_history(row.entries)).verdict == row.verdict);
  }
}

TEST_CASE("an entry without the job's id counts once the history shows all that there is") {
  const int late = 1001 + static_cast<int>(StepRules{}.settle / std::chrono::seconds{1});
  const auto at_the_gate = [](Desk& desk, const HttpResponse& history) {
    REQUIRE(desk.read(look::upgrade_status, shows({.start = told(1001)})).look ==
            look::upgrade_history);
    return desk.read(look::upgrade_history, history).verdict;
  };
  for (const auto& row :
       {std::pair{"success", Verdict::passed}, std::pair{"failed", Verdict::failed}}) {
    const auto& [state, verdict] = row;
    CAPTURE(row.first);
    const Entry entry{.state = state, .start = told(1001)};
    Desk desk = upgrading();
    desk.now = late - 1;
    CHECK(at_the_gate(desk, upgrade_history({entry})) == Verdict::again);
    CHECK_FALSE(desk.has(fact::upgrade_id));
    desk.now = late + 1;
    CHECK(at_the_gate(desk, upgrade_history({entry}, 2)) == Verdict::again);
    CHECK(at_the_gate(desk, upgrade_history({entry})) == verdict);
    CHECK(desk.fact(fact::upgrade_id) == "u1");
    // What has the job's id proves itself, however late it comes.
    const Entry job{.id = "j1", .state = "running", .start = told(1002), .destination = ""};
    CHECK(at_the_gate(desk, upgrade_history({entry, job})) == Verdict::again);
    CHECK(desk.fact(fact::upgrade_id) == "j1");
    CHECK_FALSE(desk.has(fact::new_instance_id));
  }
}

TEST_CASE("an entry that began while ours was on its way is ours without the job's id") {
  struct Row {
    std::string answered, start;
    Verdict verdict;
  };
  for (const Row& row :
       {Row{fact_of(1002), told(1001), Verdict::passed},
        Row{fact_of(1001), told(1001), Verdict::passed},
        Row{fact_of(1001), told(1002), Verdict::again},
        Row{fact_of(1002), told(1001, ""), Verdict::again}, Row{"", told(1001), Verdict::again}}) {
    CAPTURE(row.answered);
    CAPTURE(row.start);
    Desk desk = upgrading();
    desk.run.facts.set(fact::answered, row.answered);
    CHECK(desk.read(look::upgrade_history, upgrade_history({{.start = row.start}})).verdict ==
          row.verdict);
    CHECK(desk.read(look::upgrade_history, upgrade_history({{.start = row.start}}, 2)).verdict !=
          Verdict::failed);
  }
  Desk desk = before_upgrade();
  HttpResponse accepted = answer(R"({"job_id":"j7"})", 202);
  accepted.date = CloudInstant{at(1001)};
  CHECK(desk.read_submit(accepted).verdict == Verdict::accepted);
  CHECK(desk.fact(fact::answered) == fact_of(1001));
}

TEST_CASE("of an upgrade known by its time alone and another one begun since, a person decides") {
  Desk desk = upgrading();
  desk.now = 1500;
  desk.run.facts.set(fact::upgrade_id, "u1");
  const Entry known{.start = told(1001)};
  const Entry other{.id = "u2", .start = told(1002)};
  CHECK(desk.read(look::upgrade_history, upgrade_history({known, other})).verdict == Verdict::ask);
  CHECK(desk.read(look::upgrade_history, upgrade_history({known})).verdict == Verdict::passed);
  // What is not what was asked for cannot be ours.
  for (const Entry& unlike : {Entry{.id = "u2", .start = told(1002), .cutover = "false"},
                              Entry{.id = "u2", .start = told(1002), .target = "15.1"}}) {
    const auto history = upgrade_history({known, unlike});
    CHECK(desk.read(look::upgrade_history, history).verdict == Verdict::passed);
  }
}

TEST_CASE("of two sent in one second the failure of the one that is shown first is not ours yet") {
  Desk desk = upgrading();
  desk.run.facts.set(fact::answered, fact_of(1001));
  const Entry lost{.id = "u9", .state = "failed", .start = told(1000)};
  const Reading early = desk.read(look::upgrade_history, upgrade_history({lost}));
  CHECK(early.verdict == Verdict::again);
  CHECK(says(early, "none has the id of our job"));
  const Entry ours{.id = "j1", .start = told(1000)};
  CHECK(desk.read(look::upgrade_history, upgrade_history({ours, lost})).verdict == Verdict::passed);
  desk.run.facts.set(fact::upgrade_id, "u9");
  desk.now = 1500;
  CHECK(desk.read(look::upgrade_history, upgrade_history({lost})).verdict == Verdict::failed);
}

TEST_CASE("one that was taken for ours and turns out to be another makes room for ours") {
  Desk desk = upgrading();
  desk.now = 1500;
  const Entry early{.id = "u9", .state = "running", .start = told(1000), .cutover = "null"};
  CHECK(desk.read(look::upgrade_history, upgrade_history({early})).verdict == Verdict::again);
  CHECK(desk.fact(fact::upgrade_id) == "u9");
  Entry told_more = early;
  told_more.cutover = "false";
  const Entry ours{.start = told(1001)};
  CHECK(desk.read(look::upgrade_history, upgrade_history({told_more, ours})).verdict ==
        Verdict::passed);
  CHECK(desk.fact(fact::upgrade_id) == "u1");
}

TEST_CASE("an entry of the start that the status showed before the intent is old news (law 3)") {
  Desk desk = upgrading();
  desk.now = 1500;
  desk.run.facts.set(fact::seen_upgrade, format_utc(at(1001)));
  const auto history = upgrade_history({{.start = told(1001, "")}});
  CHECK(desk.read(look::upgrade_history, history).verdict == Verdict::again);
}

TEST_CASE("a report of a check for another version opens no gate (law 2)") {
  Desk desk = checking();
  desk.now = check_settled;
  const Reading reading =
      desk.read(look::check_history, check_history({{.target = "15.2", .start = told(101)}}));
  CHECK(reading.verdict == Verdict::renew);
  CHECK(says(reading, "15.2"));
}

TEST_CASE("a new instance's id that cannot stand in a path is no answer, and asks for nothing") {
  Desk desk = upgrading();
  desk.read(look::upgrade_status, shows({.start = told(1001)}));
  desk.read(look::upgrade_history, upgrade_history({{.start = told(1001), .destination = "a/b"}}));
  CHECK_FALSE(desk.has(fact::new_instance_id));
  CHECK(desk.workflow().sound(desk.run));
}

TEST_CASE("an id in place of an answer accepts a submit; a 2xx without it leaves doubt (5)") {
  Desk check = before_check();
  check.run.facts.set(fact::target_version, "14.6");
  CHECK(check.read_submit(answer(R"({"report_id":"r7"})")).verdict == Verdict::accepted);
  CHECK(check.fact(fact::report_id) == "r7");
  CHECK(check.read_submit(answer(R"({"report_id":""})")).verdict == Verdict::doubt);

  Desk upgrade = before_upgrade();
  CHECK(upgrade.read_submit(answer(R"({"job_id":"j7"})", 202)).verdict == Verdict::accepted);
  CHECK(upgrade.fact(fact::job_id) == "j7");
  for (const auto& odd : {answer("{}"), answer("<html>"), answer(""), answer(R"({"job_id":7})")}) {
    CAPTURE(odd.body);
    CHECK(upgrade.read_submit(odd).verdict == Verdict::doubt);
  }
}

TEST_CASE("what a refused submit means, by its code (decision 5, traps 21 to 24)") {
  struct Row {
    int status;
    std::string code;
    Verdict check, upgrade;
  };
  const std::vector<Row> rows{
      {400, "DBS.200001", Verdict::failed, Verdict::failed},
      {404, "DBS.200002", Verdict::failed, Verdict::failed},
      {404, "APIGW.0101", Verdict::failed, Verdict::failed},
      {413, "DBS.200046", Verdict::failed, Verdict::failed},
      {409, "DBS.200011", Verdict::wait, Verdict::doubt},  // the busy one may be ours
      {400, "DBS.200086", Verdict::wait, Verdict::doubt},
      {409, "DBS.200402", Verdict::doubt, Verdict::doubt},
      {429, "APIGW.0308", Verdict::wait, Verdict::wait},
      {429, "", Verdict::doubt, Verdict::doubt},
      {401, "APIGW.0301", Verdict::stop, Verdict::stop},
      {401, "", Verdict::doubt, Verdict::doubt},
      {400, "X.1", Verdict::doubt, Verdict::doubt},
      {302, "", Verdict::doubt, Verdict::doubt},
      {500, "DBS.111205", Verdict::doubt, Verdict::doubt},
      {502, "", Verdict::doubt, Verdict::doubt},
      {503, "APIGW.0202", Verdict::doubt, Verdict::doubt},
  };
  for (const Row& row : rows) {
    CAPTURE(row.status);
    CAPTURE(row.code);
    const auto refused =
        row.code.empty() ? answer("<html>", row.status) : refusal(row.status, row.code);
    const Reading check = before_check().read_submit(refused);
    const Reading upgrade = before_upgrade().read_submit(refused);
    CHECK(check.verdict == row.check);
    CHECK(upgrade.verdict == row.upgrade);
    CHECK(check.concerns_all == (row.code == "DBS.200046"));
    CHECK(upgrade.concerns_all == (row.code == "DBS.200046"));
    // Whoever sent it, the next call would count towards the lock of the key.
    CHECK(check.ends_calls == (row.status == 401 && row.check == Verdict::doubt));
    CHECK(upgrade.ends_calls == (row.status == 401 && row.upgrade == Verdict::doubt));
  }
}

TEST_CASE("the submits say what the plan says, to the frozen target") {
  Desk desk = before_check();
  desk.run.facts.set(fact::target_version, "14.6.1");
  CHECK(desk.workflow().submit(desk.run).body == R"({"target_version":"14.6.1"})");
  desk.run.step = 1;
  CHECK(desk.workflow().submit(desk.run).body ==
        R"({"target_version":"14.6.1","is_change_private_ip":true,)"
        R"("statistics_collection_mode":"before_change_private_ip"})");
  desk.goal.cutover = cloud::Cutover::no;
  CHECK(desk.workflow().submit(desk.run).body ==
        R"({"target_version":"14.6.1","is_change_private_ip":false})");
}

TEST_CASE("looks in doubt come first, then those of a cutover, when calls are scarce (21)") {
  const auto priority = [](const Desk& desk) {
    return desk.workflow().priority(desk.run, look::upgrade_status);
  };
  CHECK(priority(in_doubt(upgrading())) == Priority::doubt);
  CHECK(priority(upgrading()) == Priority::cutover);
  CHECK(priority(checking()) == Priority::poll);
  Desk rehearsal = upgrading();
  rehearsal.goal.cutover = cloud::Cutover::no;
  CHECK(priority(rehearsal) == Priority::poll);
}

TEST_CASE("a run from an edited store is sound only with what its place needs") {
  const MajorUpgrade workflow = before_check().workflow();
  Run run = before_check().run;
  for (const Look look : {look::instance, look::upgrade_status, look::upgrade_while_busy,
                          look::upgrade_history, look::versions}) {
    run.look = look;
    CHECK(workflow.sound(run));
  }
  run.look = look::check_status;
  CHECK_FALSE(workflow.sound(run));
  run.facts.set(fact::target_version, "fourteen");
  CHECK_FALSE(workflow.sound(run));
  run.facts.set(fact::target_version, "14.6");
  CHECK(workflow.sound(run));
  run.facts.set(fact::new_instance_id, "a/b");
  CHECK_FALSE(workflow.sound(run));
  run.facts.forget(fact::new_instance_id);
  run.instance_id = "..";
  CHECK_FALSE(workflow.sound(run));
}

TEST_CASE("every fact that a run can have is one that a store can give back") {
  const auto keys = before_check().workflow().fact_keys();
  for (const FactKey key : {fact::adopted_check, fact::adopted_upgrade, fact::source_status,
                            fact::claim, fact::new_instance_id}) {
    CAPTURE(key.name);
    CHECK(std::count(keys.begin(), keys.end(), key) == 1);
  }
}
