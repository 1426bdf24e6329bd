#include "workflows/upgrade_looks.h"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "upgrade_desk.h"

using namespace pawl;
using namespace pawl::test;

TEST_CASE("a refused look ends a run only while nothing of ours can be under way") {
  struct Row {
    int status;
    std::string code;
    Verdict waiting, later;
  };
  const std::vector<Row> rows{
      {400, "DBS.200001", Verdict::failed, Verdict::again},
      {403, "DBS.200044", Verdict::failed, Verdict::again},
      {404, "DBS.200002", Verdict::failed, Verdict::again},
      {404, "APIGW.0101", Verdict::failed, Verdict::again},
      {413, "DBS.200046", Verdict::failed, Verdict::again},
      {409, "DBS.200011", Verdict::wait, Verdict::again},
      {429, "APIGW.0308", Verdict::wait, Verdict::again},
      {500, "DBS.108000", Verdict::wait, Verdict::again},
      {503, "", Verdict::wait, Verdict::again},
      {401, "APIGW.0301", Verdict::stop, Verdict::stop},
  };
  for (const Row& row : rows) {
    CAPTURE(row.status);
    CAPTURE(row.code);
    const auto refused = refusal(row.status, row.code);
    const Reading first = before_check().read(look::instance, refused);
    CHECK(first.verdict == row.waiting);
    CHECK(first.concerns_all == (row.code == "DBS.200046"));
    CHECK(before_upgrade().read(look::upgrade_status, refused).verdict == row.waiting);
    CHECK(upgrading().read(look::upgrade_status, refused).verdict == row.later);
    CHECK(in_doubt(upgrading()).read(look::upgrade_status, refused).verdict == row.later);
    CHECK(verifying().read(look::new_instance, refused).verdict == row.later);
  }
}

TEST_CASE("what cannot be read does not tell how an upgrade stands, a running one does") {
  for (const auto& row : std::vector<std::pair<int, std::string>>{
           {502, "<html>"}, {200, "<html>"}, {200, "{\"status\":\"run"}, {429, "{}"}}) {
    const auto& [status, body] = row;
    CAPTURE(row.first);
    CAPTURE(row.second);
    const auto garbled = answer(body, status);
    CHECK(checking().read(look::check_status, garbled).unclear);
    CHECK(upgrading().read(look::upgrade_status, garbled).unclear);
    CHECK(upgrading().read(look::upgrade_history, garbled).unclear);
    CHECK(verifying().read(look::new_instance, garbled).unclear);
    CHECK_FALSE(before_upgrade().read(look::upgrade_status, garbled).unclear);
  }
  CHECK(upgrading().read(look::upgrade_history, upgrade_history({})).unclear);
  const Reading running =
      upgrading().read(look::upgrade_status, shows({.state = "running", .start = told(1001)}));
  CHECK(running.verdict == Verdict::again);
  CHECK_FALSE(running.unclear);
}

TEST_CASE("only a status may say with a bare 404 that nothing ever ran") {
  const auto bare = answer("<html>", 404);
  CHECK(before_upgrade().read(look::upgrade_status, bare).look == look::upgrade_history);
  CHECK(before_upgrade().read(look::upgrade_history, bare).verdict == Verdict::failed);
  CHECK(before_upgrade().read(look::instance, bare).verdict == Verdict::failed);
  Desk check = checking();
  check.run.phase = Phase::waiting;
  CHECK(check.read(look::check_status, bare).verdict == Verdict::clear);
}
