#include "workflows/upgrade_evidence.h"

#include <doctest/doctest.h>

#include "upgrade_desk.h"

using namespace pawl;
using namespace pawl::test;

namespace {

cloud::CloudTime time(int seconds, bool offset_given = true) {
  return {{at(seconds)}, offset_given};
}

cloud::History<cloud::UpgradeReport> history(const std::vector<Entry>& entries) {
  return *cloud::read_upgrade_history(upgrade_history(entries));
}

std::string id_of(const cloud::UpgradeReport* entry) {
  return entry ? entry->id : "";
}

}  // namespace

TEST_CASE("began after the intent: yes, no or cannot tell, by the grain and the clock's error") {
  struct Row {
    int start;
    Ours ours;
  };
  // The clock showed 99.5 to 100.5; a start told as 99 may lie anywhere before 100.
  for (const Row& row : std::vector<Row>{
           {98, Ours::no}, {99, Ours::cannot_tell}, {100, Ours::cannot_tell}, {101, Ours::yes}}) {
    CAPTURE(row.start);
    CHECK(began_after(time(row.start), clock_at(100)) == row.ours);
    CHECK(began_after(time(row.start, false), clock_at(100)) == Ours::cannot_tell);
    CHECK(began_after(time(row.start), std::nullopt) == Ours::cannot_tell);
  }
  const CloudNow exact{{at(100)}, {at(100)}};
  CHECK(began_after(time(100), exact) == Ours::yes);
  CHECK(began_after(time(99), exact) == Ours::no);
}

TEST_CASE("a start is a later second only when the whole second has passed") {
  Event event{at(100), clock_at(100), Woke{}};
  CHECK(later_second(time(98), event));
  CHECK_FALSE(later_second(time(99), event));
  CHECK_FALSE(later_second(time(500), event));
  CHECK(later_second(time(500, false), event));
  event.cloud.reset();
  CHECK_FALSE(later_second(time(0), event));
  CHECK_FALSE(later_second(time(0, false), event));
}

TEST_CASE("an upgrade once recognised is known by its id, and let go when it contradicts") {
  Run run = upgrading().run;
  run.facts.set(fact::upgrade_id, "u1");
  const auto by_id = history({{.id = "u2", .start = told(1002)}, {.start = told(5)}});
  CHECK(id_of(trace_of(by_id, run, cloud::Cutover::yes).ours) == "u1");
  const auto rehearsal = history({{.start = told(1001), .cutover = "false"}});
  const UpgradeTrace trace = trace_of(rehearsal, run, cloud::Cutover::yes);
  CHECK(id_of(trace.ours).empty());
  CHECK(id_of(trace.rival).empty());
  CHECK(id_of(trace.begun_since) == "u1");
  const auto gone = history({{.id = "u2", .start = told(1002)}});
  CHECK(id_of(trace_of(gone, run, cloud::Cutover::yes).ours).empty());
  const auto both =
      history({{.start = told(1001), .cutover = "false"}, {.id = "u2", .start = told(1002)}});
  CHECK(id_of(trace_of(both, run, cloud::Cutover::yes).ours) == "u2");
  run.intended.reset();  // an adopted one: no other can be it
  CHECK(id_of(trace_of(both, run, cloud::Cutover::yes).ours).empty());
}

TEST_CASE("only what was not there before the intent is unseen, and a rival could be ours") {
  Run run = upgrading().run;
  run.facts.set(fact::seen_history, "u0");
  const auto entries =
      history({{.id = "u0", .start = told(1001)}, {.id = "u9", .start = told(900)}});
  const UpgradeTrace trace = trace_of(entries, run, cloud::Cutover::yes);
  CHECK(id_of(trace.ours).empty());
  CHECK(id_of(trace.unseen) == "u9");
  CHECK(id_of(trace.rival).empty());
  CHECK(id_of(trace.begun_since).empty());
}

TEST_CASE("an entry that tells neither target nor cutover yet may be ours") {
  const Run run = upgrading().run;
  const auto sparse = *cloud::read_upgrade_history(
      answer(R"({"total_count":1,"upgrade_reports":[{"id":"u1","start_time":")" + told(1001) +
             R"(","result":"running"}]})"));
  CHECK(id_of(trace_of(sparse, run, cloud::Cutover::yes).ours) == "u1");
}

TEST_CASE("our report is the newest of those for our target when no id was promised") {
  Run run = in_doubt(checking()).run;
  run.facts.set(fact::seen_check, fact_of(99));
  const auto reports = *cloud::read_inspection_history(
      check_history({{.id = "r1", .start = told(99)},
                     {.id = "r2", .start = told(101)},
                     {.id = "r3", .start = told(103)},
                     {.id = "r4", .target = "15.1", .start = told(104)}}));
  const auto* report = our_report(reports, run);
  REQUIRE(report);
  CHECK(report->id == "r3");
  run.facts.set(fact::adopted_check, fact_of(101));
  REQUIRE(our_report(reports, run));
  CHECK(our_report(reports, run)->id == "r2");
  run.facts.set(fact::report_id, "r1");
  CHECK(our_report(reports, run)->id == "r1");
}

TEST_CASE("what status claims survives in the facts: success, expiry, failure with its text") {
  Run run;
  const auto claim = [&run](const Status& status) {
    const auto shown = cloud::read_status(shows(status));
    note_claim(run.facts, std::get<cloud::TaskStatus>(*shown));
    return claim_of(run);
  };
  CHECK_FALSE(claim_of(run));
  CHECK(claim({})->success);
  CHECK_FALSE(claim({})->expires);
  CHECK(claim({.expires = told(7200)})->expires == CloudInstant{at(7200)});
  CHECK_FALSE(claim({.expires = told(7200, "")})->expires);
  CHECK_FALSE(claim({.state = "failed", .detail = "success"})->success);
  CHECK(claim({.state = "failed", .detail = "success"})->detail == "success");
  CHECK_FALSE(claim({.state = "failed", .detail = ""})->success);
}

TEST_CASE("a history is complete when every entry is on the page and can be read") {
  CHECK(complete(history({})));
  CHECK(complete(history({{}})));
  CHECK_FALSE(complete(history({{.state = "odd"}})));
  CHECK_FALSE(complete(*cloud::read_upgrade_history(upgrade_history({{}}, 2))));
}
