// The backup before an upgrade: found by its own name, polled by its id, never taken for another's.
#include <doctest/doctest.h>

#include "upgrade_desk.h"
#include "workflows/cloud_backups.h"
#include "workflows/looks_at_backup.h"

using namespace pawl;
using namespace pawl::test;

namespace {

Desk before_backup() {
  Desk desk = before_upgrade();
  desk.goal.around.backup = true;
  desk.goal.around.rollout = "fleet-1";
  desk.goal.around.origin = "fleet-1 2026-11-22T10:00:00.000Z";
  desk.run.id = 7;
  desk.run.step = upgrade_step::backup;
  return desk;
}

Desk backing_up() {
  Desk desk = before_backup();
  desk.run.phase = Phase::submitted;
  desk.run.attempts[upgrade_step::backup] = 1;
  desk.run.attempt_open = true;
  desk.run.intended = clock_at(1000);
  desk.run.facts.set(fact::backup_id, "b1");
  return desk;
}

std::string backup_of(std::string_view id, std::string_view name, std::string_view status) {
  return fmt::format(R"({{"id":"{}","name":"{}","type":"manual","size":2803,"status":"{}",)"
                     R"("begin_time":"2026 - 11 - 22 T12: 16: 40 + 0000",)"
                     R"("instance_id":"{} "}})",
                     id, name, status, database);
}
HttpResponse backups(const std::string& rows, int total) {
  return answer(fmt::format(R"({{"backups":[{}],"total_count":{}}})", rows, total));
}

}  // namespace

TEST_CASE("a backup is asked for by a name that no other attempt, run, rollout or store has") {
  Desk desk = before_backup();
  desk.run.attempts[upgrade_step::backup] = 1;
  desk.run.attempt_open = true;
  const HttpRequest request = desk.workflow().submit(desk.run);
  CHECK(request.method == Method::post);
  CHECK(request.path == "/v3/p1/backups");
  const std::string name = backup_name(desk.goal, desk.run);
  CHECK(request.body == fmt::format(R"({{"instance_id":"{}","name":"{}","description":"made by )"
                                    R"(pawl before the upgrade to 14.6 in rollout fleet-1"}})",
                                    database, name));
  desk.run.attempt_open = false;
  CHECK(backup_name(desk.goal, desk.run) != name);
  desk.run.attempt_open = true;
  ++desk.run.id;
  CHECK(backup_name(desk.goal, desk.run) != name);
  --desk.run.id;
  desk.goal.around.origin += "1";
  CHECK(backup_name(desk.goal, desk.run) != name);
}

TEST_CASE("before a backup the instance must stand as the check found it") {
  Desk desk = before_backup();
  CHECK(desk.read(look::instance, list({{}})).look == look::backups);
  CHECK(desk.read(look::backups, backups("", 0)).verdict == Verdict::clear);
  CHECK(desk.read(look::instance, list({{.updated = told(300)}})).verdict == Verdict::stale);
  CHECK(desk.read(look::instance, list({{.status = "BACKING UP"}})).look ==
        look::upgrade_while_busy);
  CHECK(desk.read(look::upgrade_while_busy, shows_nothing()).verdict == Verdict::wait);
}

TEST_CASE("a backup of ours that is there already is followed, and nothing is sent") {
  Desk desk = before_backup();
  const std::string ours = backup_name(desk.goal, desk.run);
  const Reading found = desk.read(
      look::backups,
      backups(backup_of("b0", "nightly", "COMPLETED") + "," + backup_of("b7", ours, "BUILDING"),
              2));
  CHECK(found.verdict == Verdict::accepted);
  CHECK(desk.fact(fact::backup_id) == "b7");
}

TEST_CASE("an upgrade in progress that the run follows needs no backup any more") {
  Desk desk = before_backup();
  desk.run.facts.set(fact::adopted_upgrade, "x");
  desk.run.facts.set(fact::upgrade_id, "u1");
  CHECK(desk.read(look::instance, list({{}})).verdict == Verdict::passed);
}

TEST_CASE("in doubt every page of the list is read for our name, and nothing less proves absence") {
  Desk desk = backing_up();
  desk.run.phase = Phase::unsure;
  desk.run.facts.forget(fact::backup_id);
  const std::string ours = backup_name(desk.goal, desk.run);
  const Reading first = desk.read(look::backups, backups(backup_of("b0", "x", "COMPLETED"), 2));
  REQUIRE(first.verdict == Verdict::next);
  CHECK(desk.workflow().ask(desk.run, first.look).query[2] ==
        std::pair<std::string, std::string>{"offset", "1"});
  SUBCASE("it is on the last page") {
    const Reading last = desk.read(look::backups, backups(backup_of("b2", ours, "COMPLETED"), 2));
    CHECK(last.verdict == Verdict::accepted);
    CHECK(desk.fact(fact::backup_id) == "b2");
  }
  SUBCASE("it is on none") {
    CHECK(desk.read(look::backups, backups(backup_of("b2", "y", "COMPLETED"), 2)).verdict ==
          Verdict::absent);
  }
  SUBCASE("an entry cannot be read") {
    CHECK(desk.read(look::backups, backups(R"({"id":"b3"})", 2)).verdict == Verdict::again);
  }
  SUBCASE("the list ends before its count") {
    CHECK(desk.read(look::backups, backups("", 2)).verdict == Verdict::again);
  }
}

TEST_CASE("the gate opens when the list shows our backup complete, by its id") {
  struct Row {
    std::string id, status;
    Verdict verdict;
  };
  const std::vector<Row> rows{
      {"b1", "BUILDING", Verdict::again}, {"b1", "COMPLETED", Verdict::passed},
      {"b1", "FAILED", Verdict::failed},  {"b1", "DELETING", Verdict::failed},
      {"b1", "PAUSED", Verdict::again},   {"b2", "COMPLETED", Verdict::again}};
  for (const Row& row : rows) {
    CAPTURE(row.id);
    CAPTURE(row.status);
    Desk desk = backing_up();
    CHECK(desk.read(look::backup, backups(backup_of(row.id, "n", row.status), 1)).verdict ==
          row.verdict);
  }
  Desk desk = backing_up();
  CHECK(desk.read(look::backup, answer("<html>")).verdict == Verdict::again);
  CHECK(desk.workflow().ask(desk.run, look::backup).query.back().second == "b1");
}

TEST_CASE("the trace that a backup leaves in the instance does not make its check stale") {
  Desk desk = backing_up();
  desk.now = 1200;
  REQUIRE(desk.read(look::backup, backups(backup_of("b1", "n", "COMPLETED"), 1)).verdict ==
          Verdict::passed);
  desk.run.step = upgrade_step::upgrade;
  desk.run.phase = Phase::waiting;
  CHECK(desk.read(look::instance, list({{.updated = told(1100)}})).look == look::upgrade_status);
  CHECK(desk.read(look::instance, list({{.updated = told(1300)}})).verdict == Verdict::stale);
}

TEST_CASE("what came of a request for a backup is doubtful until its id or its name is seen") {
  Desk desk = backing_up();
  desk.run.phase = Phase::intended;
  CHECK(desk.read_submit(answer(R"({"backup":{"id":"b9","status":"BUILDING"}})")).verdict ==
        Verdict::accepted);
  CHECK(desk.fact(fact::backup_id) == "b9");
  CHECK(desk.read_submit(answer(R"({"backup":{}})")).verdict == Verdict::doubt);
  CHECK(desk.read_submit(answer("{}")).verdict == Verdict::doubt);
  CHECK(desk.read_submit(refusal(409, "DBS.201201")).verdict == Verdict::doubt);
  CHECK(desk.read_submit(refusal(409, "DBS.201205")).verdict == Verdict::wait);
  CHECK(desk.read_submit(refusal(403, "DBS.201003")).verdict == Verdict::failed);
}

TEST_CASE("a backup comes between the check and the upgrade, and only where it is asked for") {
  const Desk with = before_backup(), without = before_upgrade();
  CHECK(without.workflow().steps()[upgrade_step::precheck].next == upgrade_step::upgrade);
  CHECK(without.workflow().steps()[upgrade_step::backup].name.empty());
  CHECK(with.workflow().steps()[upgrade_step::precheck].next == upgrade_step::backup);
  CHECK(with.workflow().steps()[upgrade_step::backup].next == upgrade_step::upgrade);
  CHECK(shown_phase(with.run) == "backup_waiting");
  CHECK(shown_phase(without.run) == "waiting");
}
