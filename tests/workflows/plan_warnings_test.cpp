#include "workflows/plan_warnings.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "workflows/plan_reader.h"

using namespace pawl;

namespace {

/// A good plan of six lines; `more` begins in the seventh.
std::string plan_with(std::string_view more) {
  return fmt::format(
      "name: p\ncloud: {{region: eu-de}}\ntarget_version: \"14\"\ncutover: true\n"
      "instances: [{{select: {{name: \"*\"}}}}]\npolling: {{}}\n{}\n",
      more);
}

std::vector<Mistake> warnings_of(std::string_view more) {
  const PlanReading reading = read_plan(plan_with(more), PlanUse::to_start);
  REQUIRE_MESSAGE(reading.plan, render_mistakes(reading.mistakes, "p"));
  return reading.warnings;
}

std::vector<Mistake> warnings_of(std::string_view more, const std::vector<WaveShape>& shapes) {
  const std::string text = plan_with(more);
  const PlanReading reading = read_plan(text, PlanUse::to_start);
  REQUIRE_MESSAGE(reading.plan, render_mistakes(reading.mistakes, "p"));
  return fleet_warnings(text, *reading.plan, shapes, std::chrono::minutes{40});
}

struct Warned {
  const char* more;
  std::uint32_t line, column;
  const char* says;
};

void check_row(const std::vector<Mistake>& warnings, const Warned& row) {
  CAPTURE(row.more);
  if (row.says == nullptr) {
    CHECK_MESSAGE(warnings.empty(), render_mistakes(warnings, "p"));
    return;
  }
  REQUIRE_MESSAGE(warnings.size() == 1, render_mistakes(warnings, "p"));
  CHECK(warnings[0].line == row.line);
  CHECK(warnings[0].column == row.column);
  CHECK_MESSAGE(warnings[0].message.find(row.says) != std::string::npos, warnings[0].message);
}

}  // namespace

TEST_CASE("rules that contradict each other are told at their place, with what will happen") {
  const Warned rows[] = {
      {"waves: [{name: a, select: {name: a}, soak: 6d}, {name: b}]", 0, 0, nullptr},
      {"waves: [{name: a, select: {name: a}, soak: 7d}, {name: b}]", 7, 44,
       "checks made ahead count for 7d, and the wave `b` opens after 7d of soak"},
      {"waves: [{name: a, select: {name: a}, soak: 7d}, {name: b}]\ncheck: {ahead: false}", 0, 0,
       nullptr},
      {"waves: [{name: a, select: {name: a}, soak: 4d}, {name: b, select: {name: b}, soak: 4d}, "
       "{name: c}]",
       7, 84, "the wave `c` opens after 8d of soak"},
      {"waves: [{name: a, soak: 1h}]", 7, 25, "does nothing in the last wave"},
      {"defaults: {soak: 1h}", 0, 0, nullptr},
      {"defaults: {max_failures: 100%}", 7, 26, "never halts the rollout"},
      {"defaults: {max_failures: 99%}", 0, 0, nullptr},
      {"max_failures: 100%", 7, 15, "never halts the rollout"},
      {"max_failures: 2\ndefaults: {max_failures: 3}", 8, 26,
       "`max_failures: 2` halts the rollout before"},
      {"check: {margin: 7d}", 7, 17, "nothing is upgraded"},
      {"check: {margin: 24h}", 7, 17, "may count for 1d only"},
      {"check: {margin: 23h}", 0, 0, nullptr},
      {"defaults: {windows: [{days: [sat], from: \"01:00\", to: \"01:20\", zone: UTC}]}", 7, 21,
       "no window is open for longer than 20m"},
      {"defaults: {windows: [{days: [sat], from: \"23:50\", to: \"00:20\", zone: UTC}]}", 0, 0,
       nullptr},
      {"defaults: {windows: [{days: [sat], from: \"01:00\", to: \"01:15\", zone: Europe/Berlin}, "
       "{days: [sat], from: \"00:15\", to: \"00:25\", zone: UTC}]}",
       0, 0, nullptr},
      {"defaults: {windows: [{days: [sat], from: \"01:00\", to: \"01:15\", zone: Europe/Berlin}, "
       "{days: [sat], from: \"00:15\", to: \"00:24\", zone: UTC}]}",
       7, 21, "no window is open for longer than 24m"},
      {"defaults: {overshoot: never, max_parallel: 3, max_failures: 1}", 7, 44,
       "at most 2 upgrades are in flight at once; `max_parallel: 3` is never reached"},
      {"defaults: {overshoot: never}", 0, 0, nullptr},
      {"defaults: {max_parallel: 2, spread: {tag: s, max: 2}}", 7, 37, "it holds nothing back"},
  };
  for (const Warned& row : rows)
    check_row(warnings_of(row.more), row);
}

TEST_CASE("looks farther apart than a quarter of the time that they serve are told") {
  check_row(warnings_of("timeouts: {check: 20m}"), {"20m", 0, 0, nullptr});
  check_row(warnings_of("timeouts: {check: 19m}"),
            {"19m", 7, 19,
             "`polling.max` is 5m, more than a quarter of `timeouts.check`, which is 19m: an end "
             "may be seen late"});
  std::string text = plan_with("timeouts: {upgrade: 1h}");
  text.replace(text.find("polling: {}"), 11, "polling: {max: 16m}");
  const PlanReading fresh = read_plan(text, PlanUse::to_start);
  REQUIRE(fresh.warnings.size() == 3);
  for (const Mistake& warning : fresh.warnings) {
    CHECK(warning.line == 6);
    CHECK(warning.column == 16);
  }
  text.replace(text.find("max: 16m"), 8, "first: 4h");
  const PlanReading old = read_plan(text, PlanUse::started);
  REQUIRE(old.warnings.size() == 3);
  CHECK(old.warnings[1].message.find("`polling.first` is 4h, more than a quarter of "
                                     "`timeouts.upgrade`") != std::string::npos);
}

TEST_CASE("a quota that leaves no room for an upgrade's looks and its trigger is told") {
  for (const auto& [calls, told] : {std::pair{5, 1U}, std::pair{6, 0U}}) {
    std::string text = plan_with("");
    text.replace(text.find("eu-de"), 5, fmt::format("eu-de, calls_per_minute: {}", calls));
    const PlanReading reading = read_plan(text, PlanUse::to_start);
    REQUIRE(reading.plan);
    REQUIRE(reading.warnings.size() == told);
    if (told > 0)
      CHECK(reading.warnings[0].message.find("fewer than 6 calls") != std::string::npos);
  }
}

TEST_CASE("a rule of `defaults` is told once for all waves") {
  CHECK(warnings_of("defaults: {max_failures: 100%}\nwaves: [{name: a, select: {name: a}}, "
                    "{name: b}]")
            .size() == 1);
}

TEST_CASE("the fleet's numbers show budgets and limits that are never reached") {
  WaveShape shape;
  shape.total = 12;
  shape.spread_values = 3;
  WaveShape unknown = shape;
  unknown.unknown = 2;
  WaveShape untimed = shape;
  untimed.untimed = true;
  WaveShape closed = shape;
  closed.never_starts = true;
  const std::pair<Warned, WaveShape> rows[] = {
      {{"defaults: {max_failures: 11}", 0, 0, nullptr}, shape},
      {{"defaults: {max_failures: 12}", 7, 26,
        "wave `all` has 12 instances and may have 12 failed: that never halts the rollout, even"},
       shape},
      {{"defaults: {max_failures: 5%}", 7, 26, "5% of the 12 instances of wave `all` is less"},
       shape},
      {{"defaults: {max_failures: 1}", 7, 26, "2 ids of wave `all` are not known"}, unknown},
      {{"defaults: {max_failures: 2}", 0, 0, nullptr}, unknown},
      {{"defaults: {windows: [{days: [sat], from: \"01:00\", to: \"05:00\", zone: UTC}]}", 7, 21,
        "the first of wave `all` are triggered as long as a window is open"},
       untimed},
      {{"defaults: {spread: {tag: service, max: 2}}", 7, 20,
        "no more than 6 are in flight, and `max_parallel: 10`"},
       shape},
      {{"defaults: {max_parallel: 6, spread: {tag: service, max: 2}}", 0, 0, nullptr}, shape},
      {{"defaults: {spread: {tag: service, max: 2}}", 7, 20, "has the tag `service`"}, {12}},
      {{"defaults: {windows: [{days: [sat], from: \"01:00\", to: \"01:30\", zone: UTC}]}", 7, 21,
        "took up to 40m"},
       closed},
  };
  for (const auto& [row, wave] : rows)
    check_row(warnings_of(row.more, {wave}), row);
}

TEST_CASE("the plan's own budget is judged against the whole fleet, a wave's against the wave") {
  WaveShape shape;
  shape.total = 6;
  WaveShape unknown = shape;
  unknown.unknown = 1;
  const std::pair<Warned, std::vector<WaveShape>> rows[] = {
      {{"max_failures: 11\nwaves: [{name: a, select: {name: a}}, {name: b}]", 0, 0, nullptr},
       {shape, shape}},
      {{"max_failures: 12\nwaves: [{name: a, select: {name: a}}, {name: b}]", 7, 15,
        "the plan has 12 instances and may have 12 failed: that never halts"},
       {shape, shape}},
      {{"max_failures: 8%\nwaves: [{name: a, select: {name: a}}, {name: b}]", 7, 15,
        "8% of the 12 instances of the plan is less than one"},
       {shape, shape}},
      {{"max_failures: 9%\nwaves: [{name: a, select: {name: a}}, {name: b}]", 0, 0, nullptr},
       {shape, shape}},
      {{"max_failures: 1\ndefaults: {max_failures: 1}\nwaves: [{name: a, select: {name: a}}, "
        "{name: b}]",
        7, 15, "2 ids of the plan are not known to the cloud and will fail, and it may have 1"},
       {unknown, unknown}},
      // The plan's own halts the rollout where the wave's never would.
      {{"max_failures: 5\ndefaults: {max_failures: 99%}", 0, 0, nullptr}, {shape}},
      // A plan without a budget of its own halts nothing.
      {{"defaults: {max_failures: 50}", 7, 26,
        "wave `all` has 6 instances and may have 50 failed: that never halts"},
       {shape}},
      {{"max_failures: 50%\ndefaults: {max_failures: 6}", 8, 26,
        "lets 3 of its 6 instances fail and halts the rollout before the 6 of wave `all`"},
       {shape}},
  };
  for (const auto& [row, all] : rows)
    check_row(warnings_of(row.more, all), row);
  const auto late = warnings_of("check: {ahead: false}", {unknown});
  REQUIRE(late.size() == 1);
  CHECK(late[0].message.ends_with("the rollout halts"));
}
