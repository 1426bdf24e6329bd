#include "workflows/plan_reader.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

using namespace std::chrono_literals;
using pawl::FailureBudget;
using pawl::Mistake;
using pawl::Plan;
using pawl::read_plan;

namespace {

/// A good plan of five lines, in which a test changes one or adds some.
const std::array<std::string, 5> good_lines{"name: a", "cloud: {region: eu-de}",
                                            "target_version: 14", "cutover: true",
                                            "instances: [{ids: [i1]}]"};
constexpr std::size_t at_end = 6;

/// `text` in place of line `line`, or after all lines.
std::string plan_with(std::size_t line, std::string_view text) {
  std::string plan;
  for (std::size_t i = 1; i <= good_lines.size(); ++i) {
    plan += fmt::format("{}\n", i == line ? text : good_lines[i - 1]);
  }
  return line == at_end ? plan + std::string(text) : plan;
}

struct OneMistake {
  std::size_t line;  ///< that is replaced, or at_end
  std::string text;
  std::string place;
  std::string piece;
};

/// Every row has exactly one mistake, at its place, with its piece in the message.
void check_rows(const std::vector<OneMistake>& rows) {
  for (const OneMistake& row : rows) {
    const auto reading = read_plan(plan_with(row.line, row.text), pawl::PlanUse::to_start);
    CAPTURE(row.text);
    CAPTURE(render_mistakes(reading.mistakes, "plan"));
    CHECK_FALSE(reading.plan);
    REQUIRE(reading.mistakes.size() == 1);
    const Mistake& mistake = reading.mistakes[0];
    CHECK(fmt::format("{}:{}", mistake.line, mistake.column) == row.place);
    CHECK(mistake.message.find(row.piece) != std::string::npos);
  }
}

std::string example(std::string_view file) {
  std::ifstream stream(std::filesystem::path(PAWL_SOURCE) / "tests/plans" / file, std::ios::binary);
  REQUIRE_MESSAGE(stream.good(), "the example plans lie beside the tests");
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

Plan good(std::string_view bytes) {
  const auto reading = read_plan(bytes, pawl::PlanUse::to_start);
  INFO(render_mistakes(reading.mistakes, "plan"));
  REQUIRE(reading.plan);
  CHECK(reading.mistakes.empty());
  return *reading.plan;
}

}  // namespace

TEST_CASE("the least plan gets every default") {
  const Plan plan = good(example("minimal.yaml"));
  CHECK(plan.name == "orders-pg14");
  CHECK(plan.cloud == pawl::Cloud{"eu-de", "https://rds.eu-de.otc.t-systems.com", "", 60,
                                  pawl::PlainHttp::loopback_only});
  CHECK(plan.workflow == "rds-postgresql-major-upgrade");
  CHECK(plan.target_version == "14");
  CHECK(plan.cutover == pawl::cloud::Cutover::no);
  CHECK(plan.statistics == pawl::cloud::Statistics::before_cutover);
  REQUIRE(plan.instances.size() == 1);
  CHECK(plan.instances[0].select->name == "orders-*");
  CHECK(plan.exclude.empty());
  CHECK_FALSE(plan.max_failures);
  CHECK(plan.waves == std::vector<pawl::Wave>{{"all", std::nullopt, 10, {}}});
  CHECK(plan.check == pawl::Check{50, pawl::FirstCheck::ahead, 10min, 3});
  CHECK(plan.polling == pawl::Polling{30s, 10s, 5min});
  CHECK(plan.timeouts == pawl::Timeouts{1h, 12h, 1h, 2min, 30s});
}

TEST_CASE("a plan that says everything is read as it says") {
  const Plan plan = good(example("waves.yaml"));
  CHECK(plan.cloud.endpoint == "https://rds.eu-west-101.myhuaweicloud.eu");
  CHECK(plan.cloud.project_id == "0483b6b16e954cb88930a360d2c4e663");
  CHECK(plan.cloud.calls_per_minute == 120);
  CHECK(plan.target_version == "14.6");
  CHECK(plan.cutover == pawl::cloud::Cutover::yes);
  CHECK(plan.statistics == pawl::cloud::Statistics::after_cutover);
  REQUIRE(plan.instances.size() == 2);
  CHECK(plan.instances[0].ids == std::vector<std::string>{"3aa441c4c98a4b36b100a7e3e87d17cein03"});
  CHECK(plan.instances[1].select->tags ==
        std::vector<std::pair<std::string, std::string>>{{"env", "prod"}});
  CHECK(plan.instances[1].select->version->text == "13");
  CHECK(plan.exclude[0].names == std::vector<std::string>{"orders-archive", "orders-test-*"});
  CHECK(plan.max_failures == FailureBudget{FailureBudget::Unit::count, 20});
  REQUIRE(plan.waves.size() == 3);
  CHECK(plan.waves[0].max_parallel == 1);
  CHECK(plan.waves[0].max_failures == FailureBudget{FailureBudget::Unit::count, 0});
  CHECK(plan.waves[1].max_parallel == 20);
  CHECK(plan.waves[1].max_failures == FailureBudget{FailureBudget::Unit::percent, 5});
  CHECK(plan.waves[2].max_parallel == 50);
  CHECK_FALSE(plan.waves[2].select);
  CHECK(plan.check == pawl::Check{100, pawl::FirstCheck::before_turn, 15min, 5});
  CHECK(plan.polling == pawl::Polling{5s, 5s, 60s});
  CHECK(plan.timeouts == pawl::Timeouts{2h, 24h, 90min, 3min, 45s});
}

TEST_CASE("a plan may be JSON, with tabs") {
  const Plan plan = good(example("canary.json"));
  CHECK(plan.cloud.endpoint == "http://127.0.0.1:8080");
  CHECK(plan.cloud.region.empty());
  CHECK(plan.instances[0].names == std::vector<std::string>{"orders-1", "orders-2"});
  CHECK(plan.waves.size() == 2);
  CHECK(plan.timeouts.settle == 500ms);
}

TEST_CASE("texts may stand with or without quotes, after a byte order mark, with any line end") {
  CHECK(good(plan_with(3, "target_version: \"14.10\"")).target_version == "14.10");
  CHECK(good(plan_with(3, "target_version: 14.10")).target_version == "14.10");
  CHECK(good("\xEF\xBB\xBF" + plan_with(0, "")).name == "a");
  std::string dos = plan_with(0, "");
  for (std::size_t at = 0; (at = dos.find('\n', at)) != std::string::npos; at += 2) {
    dos.replace(at, 1, "\r\n");
  }
  CHECK(good(dos).name == "a");
  CHECK(good(plan_with(5, "instances: [{select: {tags: {a: \"\", b: 1}}}]"))
            .instances[0]
            .select->tags[1]
            .second == "1");
}

TEST_CASE("an explicit endpoint wins, and plain http needs loopback or a word") {
  CHECK(
      good(plan_with(2, "cloud: {region: eu-de, endpoint: 'https://x.example'}")).cloud.endpoint ==
      "https://x.example");
  CHECK(good(plan_with(2, "cloud: {endpoint: 'http://[::1]:80'}")).cloud.endpoint ==
        "http://[::1]:80");
  const auto insecure = read_plan(plan_with(2, "cloud: {endpoint: http://x, insecure: true}"),
                                  pawl::PlanUse::to_start);
  REQUIRE(insecure.plan);
  CHECK(insecure.plan->cloud.plain_http == pawl::PlainHttp::anywhere);
  REQUIRE(insecure.warnings.size() == 1);
  CHECK(insecure.warnings[0].message.find("plain http") != std::string::npos);
  CHECK(read_plan(plan_with(2, "cloud: {region: eu-de, insecure: true}"), pawl::PlanUse::to_start)
            .warnings.size() == 1);
}

TEST_CASE("what is allowed but looks unmeant is a warning with its place") {
  const auto reading =
      read_plan(plan_with(4, "cutover: false\nstatistics: after_cutover"), pawl::PlanUse::to_start);
  REQUIRE(reading.plan);
  CHECK(reading.warnings ==
        std::vector<Mistake>{{5, 13, "`statistics` counts only with `cutover: true`"}});
}

TEST_CASE("mistakes of the whole file are told with their place") {
  struct File {
    std::string text, place, piece;
  };
  const std::vector<File> files{
      {"", "1:1", "the file is empty"},
      {"---\n", "2:1", "the plan must be a mapping, `key: value`, not nothing"},
      {"- a\n", "1:1", "the plan must be a mapping, `key: value`, not a list"},
      {"just words\n", "1:1", "the plan must be a mapping, `key: value`, not `just words`"},
      {"name: \xFF\n", "1:7", "0xFF is not UTF-8"},
      {"name: \xC3\xA4\xFF\n", "1:8", "0xFF is not UTF-8"},
      {std::string("name: a\0b", 9), "1:8", "control character (0x00)"},
      {plan_with(at_end, "---\nname: b\n"), "6:1", "a second document"},
      {plan_with(1, "name: [a"), "2:6", "cannot be read as YAML"},
      {std::string(2'000'000, 'x'), "1:1", "more than 1048576 bytes"},
  };
  for (const File& file : files) {
    const auto reading = read_plan(file.text, pawl::PlanUse::to_start);
    REQUIRE(reading.mistakes.size() == 1);
    CAPTURE(reading.mistakes[0].message);
    CHECK(fmt::format("{}:{}", reading.mistakes[0].line, reading.mistakes[0].column) == file.place);
    CHECK(reading.mistakes[0].message.find(file.piece) != std::string::npos);
  }
}

TEST_CASE("keys that are missing, unknown or twice are told with their place") {
  check_rows({
      {1, "# no name", "2:1", "`name` is missing: a plan has a name"},
      {2, "# no cloud", "1:1", "`cloud` is missing"},
      {3, "# no target", "1:1", "`target_version` is missing"},
      {4, "# no cutover", "1:1", "`cutover` is missing: say `true`"},
      {5, "# no instances", "1:1", "`instances` is missing"},
      {at_end, "exlude: []", "6:1", "`exlude` is not known here; did you mean `exclude`?"},
      {at_end, "frobnicate: 1", "6:1", "`frobnicate` is not known here; known are name, cloud"},
      {at_end, "\"\\e[2J\": 1", "6:1", "`[2J` is not known"},
      {at_end, "<<: {}", "6:1", "`<<` is not known"},
      {at_end, "name: b", "6:1", "the key `name` stands here again; it stands in line 1"},
      {at_end, "check: {margins: 5m}", "6:9", "did you mean `margin`?"},
      {at_end, "waves: [{name: w, max_paralel: 5}]", "6:19", "did you mean `max_parallel`?"},
      {at_end, "password: hunter2", "6:1", "secrets never stand in a plan"},
      {2, "cloud: {region: eu-de, ak: x}", "2:24", "`ak`: secrets never stand in a plan"},
      {2, "cloud: {region: eu-de, Secret-Key: x}", "2:24", "secrets never stand in a plan"},
      {2, "cloud: {region: eu-de, auth_token: x}", "2:24", "secrets never stand in a plan"},
      {at_end, "check: &c {}", "6:8", "an anchor (&) may not stand here"},
      {at_end, "check: !!map {}", "6:8", "a tag (!) may not stand here"},
  });
}

TEST_CASE("the head of a plan is judged") {
  check_rows({
      {1, "name:", "1:1", "`name` must be a text, not nothing"},
      {1, "name: A", "1:7", "`name` must be at most 63 lower-case letters"},
      {1, "name: -a", "1:7", "lower-case letters"},
      {1, "name: a_b", "1:7", "lower-case letters"},
      {1, "name: \"a \"", "1:7", "without blanks around it"},
      {1, "name: \"a\\0\"", "1:7", "without control characters"},
      {1, "name: " + std::string(64, 'a'), "1:7", "at most 63"},
      {1, "name: [a]", "1:7", "`name` must be a text, not a list"},
      {1, "name: {a: b}", "1:7", "`name` must be a text, not a mapping"},
      {2, "cloud: eu-de", "2:8", "`cloud` must be a mapping, `key: value`, not `eu-de`"},
      {2, "cloud: {}", "2:8", "`cloud` needs a `region`, or an `endpoint`"},
      {2, "cloud: {region: EU-DE}", "2:17", "`region` must be a region such as"},
      {2, "cloud: {region: eu-de/x}", "2:17", "`region` must be a region"},
      {2, "cloud: {endpoint: x.example}", "2:19", "`endpoint` must begin with https://"},
      {2, "cloud: {endpoint: 'https://x/v3'}", "2:19", "`endpoint` must end after the host"},
      {2, "cloud: {endpoint: 'https://u:p@x'}", "2:19", "`endpoint` must name no user"},
      {2, "cloud: {endpoint: 'http://x.example'}", "2:19",
       "plain http to another machine (x.example)"},
      {2, "cloud: {endpoint: 'http://127.0.0.1.x'}", "2:19", "plain http to another machine"},
      {2, "cloud: {endpoint: 'http://x', insecure: false}", "2:19", "say `insecure: true`"},
      {2, "cloud: {region: eu-de, insecure: yes}", "2:34", "`insecure` must be `true` or `false`"},
      {2, "cloud: {region: eu-de, project_id: a/b}", "2:36", "`project_id` must be an id"},
      {2, "cloud: {region: eu-de, calls_per_minute: 0}", "2:42", "from 1 to 1000000000"},
      {3, "target_version: fourteen", "3:17", "`target_version` must be a version such as 14"},
      {3, "target_version: 14.", "3:17", "must be a version"},
      {3, "target_version: v14", "3:17", "must be a version"},
      {3, "target_version: [14]", "3:17", "must be a text, not a list"},
      {4, "cutover: yes", "4:10", "`cutover` must be `true` or `false`, without quotes, not `yes`"},
      {4, "cutover: \"true\"", "4:10", "without quotes, not `\"true\"`"},
      {4, "cutover: True", "4:10", "`cutover` must be"},
      {4, "cutover:", "4:1", "not nothing"},
      {at_end, "statistics: never", "6:13", "must be `before_cutover` or `after_cutover`"},
      {at_end, "workflow: rds-mysql", "6:11", "must be `rds-postgresql-major-upgrade`"},
      {at_end, "max_failures: -1", "6:15", "a whole number without quotes, or a percentage"},
      {at_end, "max_failures: 101%", "6:15", "a whole percentage from 0% to 100%"},
      {at_end, "max_failures: 5.5%", "6:15", "a whole percentage"},
      {at_end, "max_failures: \"%\"", "6:15", "a whole percentage"},
      {at_end, "max_failures: \"5\"", "6:15", "without quotes"},
      {at_end, "max_failures: 010", "6:15", "a whole number"},
      {at_end, "max_failures: 99999999999", "6:15", "a whole number from 0 to 1000000"},
  });
}

TEST_CASE("instances and excludes are judged") {
  check_rows({
      {5, "instances: []", "5:12", "`instances` is an empty list; a plan needs instances"},
      {5, "instances: {ids: [a]}", "5:12", "`instances` must be a list, not a mapping"},
      {5, "instances: [a]", "5:13", "must be a mapping, `key: value`, not `a`"},
      {5, "instances: [{}]", "5:13", "this entry of `instances` is empty"},
      {5, "instances: [{ids: []}]", "5:19", "`ids` is an empty list"},
      {5, "instances: [{ids: a}]", "5:19", "`ids` must be a list, not `a`"},
      {5, "instances: [{ids: [a, b, a]}]", "5:26", "`a` stands twice in `ids`"},
      {5, "instances: [{ids: [a/b]}]", "5:20", "`ids` must be an id"},
      {5, "instances: [{ids: [..]}]", "5:20", "`ids` must be an id"},
      {5, "instances: [{names: [n, n]}]", "5:25", "`n` stands twice in `names`"},
      {5, "instances: [{names: [\"\"]}]", "5:22", "`names` must be a text"},
      {5, "instances: [{name: n}]", "5:14", "did you mean `names`?"},
      {5, "instances: [{select: {}}]", "5:22", "`select` selects by nothing"},
      {5, "instances: [{select: {name: }}]", "5:23", "`name` must be a text, not nothing"},
      {5, "instances: [{select: {tags: {}}}]", "5:29", "`tags` names no tag"},
      {5, "instances: [{select: {tags: [a]}}]", "5:29", "`tags` must be a mapping"},
      {5, "instances: [{select: {tags: {a: [b]}}}]", "5:33", "`a` must be a text, not a list"},
      {5, "instances: [{select: {version: x}}]", "5:32", "`version` must be a version"},
      {5, "instances: [{select: {engine: pg}}]", "5:23", "`engine` is not known here"},
      {at_end, "exclude: [{names: [a, a]}]", "6:23", "`a` stands twice in `names`"},
      {at_end, "exclude: orders", "6:10", "`exclude` must be a list"},
      {at_end, "exclude:\n  - names: []\n", "7:12", "`names` is an empty list"},
  });
}

TEST_CASE("waves are judged") {
  check_rows({
      {at_end, "waves: {}", "6:8", "`waves` must be a list"},
      {at_end, "waves:", "6:1", "`waves` must be a list, not nothing"},
      {at_end, "waves: [{}]", "6:9", "`name` is missing: every wave has its own name"},
      {at_end, "waves: [{name: W 1}]", "6:16", "lower-case letters"},
      {at_end, "waves:\n- {name: a, select: {name: x}}\n- {name: a}\n", "8:10",
       "another wave is called `a` already"},
      {at_end, "waves:\n- {name: a}\n- {name: b}\n", "7:3",
       "the wave `a` has no `select`, so it takes all that is left; put it last"},
      {at_end, "waves: [{name: a, max_parallel: 0}]", "6:33", "from 1 to 100000"},
      {at_end, "waves: [{name: a, max_parallel: 1.5}]", "6:33", "a whole number"},
      {at_end, "waves: [{name: a, max_parallel: \"2\"}]", "6:33", "without quotes, not `\"2\"`"},
      {at_end, "waves: [{name: a, max_failures: lots}]", "6:33", "or a percentage such as 5%"},
      {at_end, "waves: [{name: a, select: x}]", "6:27", "`select` must be a mapping"},
      {at_end, "defaults: {max_parallel: 0}", "6:26", "from 1 to 100000"},
      {at_end, "defaults: {select: {name: x}}", "6:12", "`select` is not known here"},
      {at_end, "defaults: []", "6:11", "`defaults` must be a mapping"},
  });
}

TEST_CASE("check, polling and timeouts are judged") {
  check_rows({
      {at_end, "check: {parallel: 0}", "6:19", "`parallel` must be a whole number from 1"},
      {at_end, "check: {ahead: 1}", "6:16", "`ahead` must be `true` or `false`"},
      {at_end, "check: {margin: 10}", "6:17", "`margin` must be a duration such as 500ms"},
      {at_end, "check: {margin: 1h30m}", "6:17", "must be a duration"},
      {at_end, "check: {margin: 99999999999d}", "6:17", "at most 3650d"},
      {at_end, "check: {margin: [10m]}", "6:17", "not a list"},
      {at_end, "check: {attempts: 0}", "6:19", "from 1 to 100"},
      {at_end, "polling: {first: 0s}", "6:18", "`first` must be at least 1ms, not `0s`"},
      {at_end, "polling: {min: 10m}", "6:16", "`polling.min` is 10m, longer than `polling.max`"},
      {at_end, "polling: {max: 5s}", "6:10", "`polling.min` is 10s, longer than"},
      {at_end, "polling: {max: 0ms, min: 1ms}", "6:16", "`max` must be at least 1ms"},
      {at_end, "timeouts: {check: 0s}", "6:19", "`check` must be at least 1ms"},
      {at_end, "timeouts: {settle: 30s}", "6:20", "`timeouts.settle` is 30s; it must be longer"},
      {at_end, "timeouts: {request: 2m}", "6:21", "longer than `timeouts.request`, which is 2m"},
      {at_end, "timeouts: {upgrade: 1y}", "6:21", "`upgrade` must be a duration"},
      {at_end, "timeouts: {setle: 5m}", "6:12", "did you mean `settle`?"},
  });
}

TEST_CASE("what to do about someone else's work stands in the plan, and is to stop by default") {
  CHECK(good(plan_with(0, "")).on_foreign == pawl::OnForeign::stop);
  const std::vector<std::pair<std::string, pawl::OnForeign>> words{
      {"stop", pawl::OnForeign::stop},
      {"skip", pawl::OnForeign::skip},
      {"adopt", pawl::OnForeign::adopt}};
  for (const auto& row : words) {
    const auto& [word, choice] = row;
    CAPTURE(row.first);
    CHECK(good(plan_with(at_end, "on_foreign: " + word)).on_foreign == choice);
  }
}

TEST_CASE("the rules of waves are judged part by part") {
  struct Both {
    std::string text, place, piece;
  };
  const std::string window =
      "defaults: {windows: [{days: [sat], from: 01:00, to: 05:00, zone: UTC}]}";
  const auto with = [&window](std::string_view good_part, std::string_view bad_part) {
    std::string text = window;
    return text.replace(text.find(good_part), good_part.size(), bad_part);
  };
  const std::vector<Both> rows{
      {with("UTC", "Europe/Berln"), "6:66", "`zone` must be a time zone, perhaps Europe/Berlin"},
      {with("UTC", "../../etc/passwd"), "6:66", "`zone` must be a time zone"},
      {with("[sat]", "[saturday]"), "6:30", "`days` must be `mon`, `tue`"},
      {with("[sat]", "[sat, sat]"), "6:35", "the day `sat` stands twice"},
      {with("[sat]", "[]"), "6:29", "`days` is an empty list"},
      {with("01:00", "25:00"), "6:42", "`from` must be a time of day"},
      {with("05:00", "5:00"), "6:53", "`to` must be a time of day"},
      {with("05:00", "01:00"), "6:53", "`to` is the same time as `from`"},
      {with(", zone: UTC", ""), "6:22", "`zone` is missing"},
      {with("zone: UTC", "zoen: UTC, zone: UTC"), "6:60", "did you mean `zone`?"},
      {"defaults: {overshoot: maybe}", "6:23", "`overshoot` must be `allowed` or `never`"},
      {"defaults: {approval: true}", "6:22", "`approval` must be `none` or `required`"},
      {"defaults: {soak: 5}", "6:18", "`soak` must be a duration"},
      {"defaults: {spread: {tag: x, max: 0}}", "6:34", "`max` must be a whole number from 1"},
      {"defaults: {spread: []}", "6:20", "`spread` must be a mapping"},
      {"on_foreign: ignore", "6:13", "`on_foreign` must be `stop`, `skip` or `adopt`"},
  };
  for (const Both& row : rows) {
    const auto reading = read_plan(plan_with(at_end, row.text), pawl::PlanUse::to_start);
    CAPTURE(row.text);
    CAPTURE(render_mistakes(reading.mistakes, "plan"));
    CHECK(std::any_of(reading.mistakes.begin(), reading.mistakes.end(), [&row](const Mistake& m) {
      return fmt::format("{}:{}", m.line, m.column) == row.place &&
             m.message.find(row.piece) != std::string::npos;
    }));
  }
}

TEST_CASE("what asks for nothing may stand there") {
  const Plan plain = good(plan_with(0, ""));
  CHECK(good(plan_with(at_end,
                       "defaults: {overshoot: allowed, soak: 0s, approval: none, windows: [], "
                       "spread: {}}\nwaves: []\non_foreign: stop\nbackup: {before_upgrade: false}\n"
                       "hooks: {}\nnotify: []\nexclude: []\n")) == plain);
  CHECK(good(plan_with(at_end, "hooks: {before_upgrade: [], after_upgrade: []}\nbackup: {}\n")) ==
        plain);
}

TEST_CASE("all mistakes are told at once, in the file's order") {
  const auto reading = read_plan(
      "name: Bad\ncloud: {region: eu-de, token: x}\ntarget_version: x\ninstances: []\n"
      "waves:\n  - {name: a, soak: 5m}\n  - {name: a, max_parallel: none}\ntypo: 1\n",
      pawl::PlanUse::to_start);
  CHECK(
      render_mistakes(reading.mistakes, "p.yaml") ==
      "p.yaml:1:1: `cutover` is missing: say `true` to move the traffic to the new version, or "
      "`false` for a rehearsal copy\n"
      "p.yaml:1:7: `name` must be at most 63 lower-case letters, digits and hyphens, the first no "
      "hyphen, not `Bad`\n"
      "p.yaml:2:24: `token`: secrets never stand in a plan; put it into the environment or the "
      "credentials file, and change it if others may have read this file\n"
      "p.yaml:3:17: `target_version` must be a version such as 14 or 14.6, not `x`\n"
      "p.yaml:4:12: `instances` is an empty list; a plan needs instances to touch\n"
      "p.yaml:6:5: the wave `a` has no `select`, so it takes all that is left; put it last, or "
      "give "
      "it one\n"
      "p.yaml:7:12: another wave is called `a` already; every wave has its own name\n"
      "p.yaml:7:29: `max_parallel` must be a whole number from 1 to 100000, without quotes, not "
      "`none`\n"
      "p.yaml:8:1: `typo` is not known here; known are name, cloud, workflow, target_version, "
      "cutover, statistics, instances, exclude, max_failures, defaults, waves, check, polling, "
      "timeouts, on_foreign, backup, hooks, notify");
}

TEST_CASE("no message shows a secret") {
  const auto reading = read_plan(
      plan_with(2, "cloud: {endpoint: 'https://u:hunter2@x', password: hunter2, sk: hunter2}"),
      pawl::PlanUse::to_start);
  CHECK(reading.mistakes.size() == 3);
  CHECK(render_mistakes(reading.mistakes, "p").find("hunter2") == std::string::npos);
}

TEST_CASE("columns count characters, not bytes") {
  const auto reading = read_plan(plan_with(5, "instances: [{names: [\xC3\xA4\xE2\x82\xAC, n, n]}]"),
                                 pawl::PlanUse::to_start);
  REQUIRE(reading.mistakes.size() == 1);
  CHECK(reading.mistakes[0].column == 29);
}

TEST_CASE("hostile plans are mistakes with a place, and the nearest words are sought for few") {
  struct Hostile {
    std::string what, text, place, piece;
  };
  std::string aliases = "a: &a [x]\n", keys;
  for (int i = 0; i < 1'000; ++i) {
    aliases += fmt::format("b{}: [*a, *a]\n", i);
    keys += fmt::format("max_failur{}: 1\n", i);
  }
  const std::vector<Hostile> rows{
      {"ten megabytes", std::string(10'000'000, 'a'), "1:1", "more than 1048576 bytes"},
      {"a hundred thousand levels", "a: " + std::string(100'000, '['), "1:20", "32 levels"},
      {"aliases", aliases, "1:1", "`name` is missing"},
      {"NUL", std::string("name: a\nb: \0", 13), "2:4", "control character (0x00)"},
      {"no UTF-8", "name: \xFF", "1:7", "0xFF is not UTF-8"},
      {"UTF-16", std::string("\xFF\xFEn\0", 4), "1:1", "0xFF is not UTF-8"},
      {"a byte order mark alone", "\xEF\xBB\xBF", "1:1", "the file is empty"},
  };
  for (const Hostile& row : rows) {
    CAPTURE(row.what);
    const auto reading = read_plan(row.text, pawl::PlanUse::to_start);
    CHECK_FALSE(reading.plan);
    REQUIRE(!reading.mistakes.empty());
    const Mistake& first = reading.mistakes.front();
    CHECK(fmt::format("{}:{}", first.line, first.column) == row.place);
    CHECK(first.message.find(row.piece) != std::string::npos);
  }
  const auto many = read_plan(keys, pawl::PlanUse::to_start).mistakes;
  const auto guesses = std::count_if(many.begin(), many.end(), [](const Mistake& mistake) {
    return mistake.message.find("did you mean") != std::string::npos;
  });
  CHECK(guesses > 50);
  CHECK(guesses <= static_cast<std::ptrdiff_t>(pawl::mistakes_shown_max));
}
