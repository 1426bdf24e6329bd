#include "workflows/plan_difference.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

using pawl::describe_difference;

TEST_CASE("what changed between two plans is told by its path") {
  struct Row {
    std::string before, after, told;
  };
  const std::vector<Row> rows{
      {"a: 1", "a: 1", "only comments, quotes or layout differ"},
      {"a: 1 # one", "{\"a\": \"1\"}", "only comments, quotes or layout differ"},
      {"a: 1\nb: 2", "b: 2\na: 1", "only comments, quotes or layout differ"},
      {"\xEF\xBB\xBF"
       "a: 1",
       "a: 1", "only comments, quotes or layout differ"},
      {"target_version: 14", "target_version: 15", "target_version: `14`, now `15`"},
      {"a: 1", "a: 1\nmax_failures: 3", "max_failures: added, `3`"},
      {"a: 1\nb: {c: 2}", "a: 1", "b.c: removed, was `2`"},
      {"a: 1\nb: {}", "a: 1", "b: removed, was a mapping"},
      {"a: 1", "a: 1\ndefaults: {max_parallel: 3, b: {c: [1]}}",
       "defaults.max_parallel: added, `3`\ndefaults.b.c: added, a list of 1"},
      {"a: 1\ndefaults:", "a: 1\ndefaults: {max_parallel: 3}\n",
       "defaults.max_parallel: added, `3`"},
      {"defaults: {max_parallel: 3}", "defaults: ~", "defaults.max_parallel: removed, was `3`"},
      {"defaults: {max_failures: 40}", "defaults: {max_parallel: 3}\n",
       "defaults.max_parallel: added, `3`\ndefaults.max_failures: removed, was `40`"},
      {"check: {margin: 10m}", "check: {margin: 15m}", "check.margin: `10m`, now `15m`"},
      {"a: 1", "a: [1]", "a: `1`, now a list of 1"},
      {"a:", "a: 1", "a: nothing, now `1`"},
      {"ids: [a, b, c]", "ids: [b, c, d, e]", "ids: 2 added (d, e)\nids: 1 removed (a)"},
      {"ids: [a]", "ids: [a, 1, 2, 3, 4, 5, 6]", "ids: 6 added (1, 2, 3, 4, 5, …)"},
      {"ids: [a, b]", "ids: [b, a]", "ids: the order changed"},
      {"waves: [{name: x, max: 1}, {name: y}]", "waves: [{name: x, max: 2}, {name: y}]",
       "waves[x].max: `1`, now `2`"},
      {"waves: [{name: x}, {name: y}]", "waves: [{name: y}, {name: x}]",
       "waves: the order changed"},
      {"a: 1\nwaves: [{name: x}, {name: y}]", "a: 2\nwaves: [{name: y}, {name: x}]",
       "a: `1`, now `2`\nwaves: the order changed"},
      {"waves: [{name: x}, {name: y}, {name: w}]", "waves: [{name: y}, {name: z}, {name: x, a: 1}]",
       "waves[z]: added, a mapping\nwaves[x].a: added, `1`\nwaves[w]: removed, was a mapping\n"
       "waves: the order changed"},
      {"waves: [{name: x}, {name: y}]", "waves: [{name: z}, {name: x}, {name: y}]",
       "waves[z]: added, a mapping"},
      {"waves: [{name: x}, {name: y}]", "waves: [{name: y}]", "waves[x]: removed, was a mapping"},
      {"instances: [{ids: [a]}]", "instances: [{ids: [a]}, {ids: [b]}]",
       "instances[2]: added, a mapping"},
      {"a: 1", "- 1", "the plan: a mapping, now a list of 1"},
      {"a: [", "a: 1", "the old plan cannot be read as YAML, so no difference can be shown"},
      {"a: 1", "a: 1\na: 2\n---\n",
       "the new plan cannot be read as YAML, so no difference can be shown"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.before);
    CAPTURE(row.after);
    CHECK(describe_difference(row.before, row.after) == row.told);
  }
}

TEST_CASE("a plan that changed all over is told in twenty lines") {
  std::string before = "{", after = "{";
  for (int i = 10; i < 60; ++i) {
    before += "k" + std::to_string(i) + ": 1, ";
    after += "k" + std::to_string(i) + ": 2, ";
  }
  const std::string told = describe_difference(before + "}", after + "}");
  CHECK(std::count(told.begin(), told.end(), '\n') == 20);
  CHECK(told.ends_with("k29: `1`, now `2`\nand 30 more"));
}
