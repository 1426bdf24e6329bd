// What is a mistake in a plan that is to start, and none in one that was started.
#include "workflows/plan_start.h"

#include <doctest/doctest.h>
#include <fmt/core.h>

#include <string>
#include <vector>

#include "workflows/plan_reader.h"

using pawl::PlanUse;
using pawl::read_plan;

namespace {

/// Five good lines and `more`.
std::string plan_and(const std::string& more) {
  return "name: a\ncloud: {region: eu-de}\ntarget_version: 14\ncutover: true\n" + more;
}

struct LateMistake {
  std::string more, place, piece;
};

}  // namespace

TEST_CASE("what reads otherwise than it looks keeps a plan from being started, and not going on") {
  const std::string ids = "instances: [{ids: [i1]}]\n";
  const std::vector<LateMistake> rows{
      {"instances: [{ids: [i1], names: [a]}]\n", "5:13", "write an entry for each"},
      {"instances: [{ids: [i1]}, {names: [a], select: {name: a}}]\n", "5:26", "which add up"},
      {ids + "polling: {first: 10m}\n", "6:18", "`polling.first` is 10m, longer than"},
      {ids + "# a comment\rmax_failures: 0\n", "6:12", "a carriage return without a line feed"},
      {ids + "max_failures: 0 # \xC3\xA4\r", "6:20", "a carriage return without a line feed"},
      {ids + "# x\r\r\n", "6:4", "a carriage return without a line feed"},
      {ids + "on_foreign: ! stop\n", "6:13", "a tag (!) may not stand here"},
      {ids + "on_foreign: ! \"stop\"\n", "6:13", "a tag (!) may not stand here"},
      {ids + "! max_failures: 1\n", "6:1", "a tag (!) may not stand here"},
      {ids + "exclude: [{names: [\xC3\xA4, ! \xC3\xA4!]}]\n", "6:23", "a tag (!) may not"},
      {ids + "defaults: {windows: [{days: [sat], from: 01:00, to: 05:00, zone: localtime}]}",
       "6:66", "the same on every machine"},
      {ids + "waves:\n  - name: a\n    windows:\n"
             "      - {days: [sat], from: 01:00, to: 05:00, zone: localtime}\n",
       "9:53", "not `localtime`"},
  };
  for (const LateMistake& row : rows) {
    CAPTURE(row.more);
    const auto fresh = read_plan(plan_and(row.more), pawl::PlanUse::to_start);
    CAPTURE(render_mistakes(fresh.mistakes, "plan"));
    CHECK_FALSE(fresh.plan);
    REQUIRE(fresh.mistakes.size() == 1);
    CHECK(fmt::format("{}:{}", fresh.mistakes[0].line, fresh.mistakes[0].column) == row.place);
    CHECK(fresh.mistakes[0].message.find(row.piece) != std::string::npos);
    CHECK(read_plan(plan_and(row.more), PlanUse::started).plan);
  }
}

TEST_CASE("what is meant so may stand in a plan that is to start") {
  const std::string ids = "instances: [{ids: [i1]}]\n";
  for (const std::string& more :
       {"# a comment\r\n" + ids + "\r\n", ids + "polling: {first: 5m, max: 5m}\n",
        ids + "polling: {min: 1s, max: 20s}\n", ids + "exclude: [{ids: [i2], names: [b]}]\n",
        ids + "exclude: [{names: [\"!x\", 'x!', a!b]}]\n",
        std::string("instances: [{ids: [i1]}, {names: [a]}]\n")}) {
    CAPTURE(more);
    CHECK(read_plan(plan_and(more), pawl::PlanUse::to_start).plan);
  }
}

TEST_CASE("mistakes of both kinds are told together, in the file's order") {
  const auto reading = read_plan(
      plan_and("instances: [{ids: [i1], names: [a]}]\nmax_failures: x\n"), pawl::PlanUse::to_start);
  REQUIRE(reading.mistakes.size() == 2);
  CHECK(reading.mistakes[0].line == 5);
  CHECK(reading.mistakes[1].line == 6);
}

TEST_CASE("a first poll that is not given is no longer than the longest one that is") {
  const std::string ids = "instances: [{ids: [i1]}]\n";
  for (const PlanUse use : {PlanUse::to_start, PlanUse::started}) {
    const auto plan = read_plan(plan_and(ids + "polling: {min: 1s, max: 20s}\n"), use).plan;
    REQUIRE(plan);
    CHECK(plan->polling.first == plan->polling.max);
  }
}
