#include <doctest/doctest.h>

#include "upgrade_desk.h"

using namespace pawl;
using namespace pawl::test;

namespace {

const Listed old_source{.ip = "10.0.0.2"};
const Listed new_one{.id = made, .version = "14.6", .ip = "10.0.0.1"};

Desk with_new_id() {
  Desk desk = verifying();
  desk.run.facts.set(fact::new_instance_id, made);
  return desk;
}

Desk after_rehearsal() {
  Desk desk = with_new_id();
  desk.goal.cutover = cloud::Cutover::no;
  return desk;
}

}  // namespace

TEST_CASE("the new instance's id is waited for, and then it is asked for (trap 11)") {
  Desk desk = verifying();
  const MajorUpgrade workflow = desk.workflow();
  CHECK(workflow.ask(desk.run, look::new_instance).path.ends_with("/upgrade-histories"));
  for (const auto& late :
       {upgrade_history({}), upgrade_history({{.start = told(1001), .destination = ""}}),
        upgrade_history({{.start = told(1001), .cutover = "false"}})}) {
    CAPTURE(late.body);
    CHECK(desk.read(look::new_instance, late).verdict == Verdict::again);
    desk.run.facts.forget(fact::upgrade_id);
  }
  CHECK(desk.read(look::new_instance, upgrade_history({{.start = told(1001)}})).look ==
        look::new_instance);
  CHECK(desk.fact(fact::new_instance_id) == made);
  const HttpRequest request = workflow.ask(desk.run, look::new_instance);
  CHECK(request.query == Query{{"id", made}});
}

TEST_CASE("the wish is no proof: addresses must have changed places (decision 24, traps 14, 15)") {
  Desk desk = with_new_id();
  REQUIRE(desk.read(look::new_instance, list({new_one})).look == look::source);
  const Reading passed = desk.read(look::source, list({old_source}));
  CHECK(passed.verdict == Verdict::passed);
  CHECK(desk.read(look::source, list({})).verdict == Verdict::passed);
  CHECK(desk.read(look::source, list({{.ip = "10.0.0.1"}})).verdict == Verdict::again);
  CHECK_MESSAGE(
      desk.read(look::source, list({{.ip = R"(10.0.0.1","10.0.0.9)"}})).verdict == Verdict::again,
      "an old address is left at the source");
}

TEST_CASE("a new instance that is not what was asked for is looked at again (trap 12)") {
  struct Row {
    std::string what;
    Listed listed;
  };
  const std::vector<Row> rows{
      {"another instance", {.id = "other", .version = "14.6"}},
      {"still being built", {.id = made, .status = "BUILD", .version = "14.6"}},
      {"the old version", {.id = made, .version = "13.9"}},
      {"another minor", {.id = made, .version = "14.2"}},
      {"no version", {.id = made, .version = ""}},
      {"a new address", {.id = made, .version = "14.6", .ip = "10.0.0.2"}},
      {"no address", {.id = made, .version = "14.6", .ip = ""}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    Desk desk = with_new_id();
    CHECK(desk.read(look::new_instance, list({row.listed})).verdict == Verdict::again);
  }
}

TEST_CASE("after a rehearsal the source is as it was, and the copy has its own address") {
  Desk desk = after_rehearsal();
  const Listed copy{.id = made, .version = "14.6", .ip = "10.0.0.2"};
  REQUIRE(desk.read(look::new_instance, list({copy})).look == look::source);
  CHECK(desk.read(look::source, list({{}})).verdict == Verdict::passed);
  CHECK(desk.read(look::source, list({})).verdict == Verdict::again);
  CHECK(desk.read(look::source, list({old_source})).verdict == Verdict::again);
  CHECK(desk.read(look::source, list({{.version = "14.6"}})).verdict == Verdict::again);
}

TEST_CASE("an answer that cannot be read, or refuses, decides nothing about the outcome") {
  for (const auto& odd : {answer("<html>"), answer("", 502), refusal(404, "DBS.200002"),
                          answer(R"({"total_count":1,"instances":[{"id":7}]})")}) {
    CAPTURE(odd.body);
    Desk desk = with_new_id();
    CHECK(desk.read(look::new_instance, odd).verdict == Verdict::again);
    CHECK(desk.read(look::source, odd).verdict == Verdict::again);
  }
}
