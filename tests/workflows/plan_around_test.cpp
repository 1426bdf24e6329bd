// The keys of a plan about what goes on around an upgrade.
#include "workflows/plan_around.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "workflows/plan_reader.h"

using namespace pawl;
using namespace std::chrono_literals;

namespace {

/// A plan whose sixth line is the first of `text`.
PlanReading reading_of(const std::string& text) {
  return read_plan(
      "name: a\ncloud: {region: eu-de}\ntarget_version: 14\ncutover: true\n"
      "instances: [{ids: [a]}]\n" +
          text + "\n",
      PlanUse::to_start);
}

/// A list of so many.
std::string many(const std::string& text, int times) {
  std::string all = text;
  for (int i = 1; i < times; ++i)
    all += ", " + text;
  return all;
}

}  // namespace

TEST_CASE("what goes on around an upgrade is read as it says") {
  const auto reading = reading_of(
      "backup: {before_upgrade: true}\n"
      "hooks:\n"
      "  before_upgrade: [{run: './drain.sh --all', timeout: 5m}, {run: 'true'}]\n"
      "  after_upgrade: [{run: ./smoke.sh, timeout: 90s}]\n"
      "notify:\n"
      "  - {url: 'https://hooks.example.com/x?a=b', events: [rollout_halted, approval_requested]}\n"
      "  - {url: 'http://127.0.0.1:9/', events: [rollout_finished]}");
  REQUIRE(reading.plan);
  const Plan& plan = *reading.plan;
  CHECK(plan.backup_before_upgrade);
  CHECK(plan.before_hooks == std::vector<Hook>{{"./drain.sh --all", 5min}, {"true", 10min}});
  CHECK(plan.after_hooks == std::vector<Hook>{{"./smoke.sh", 90s}});
  CHECK(plan.notify == std::vector<Webhook>{{"https://hooks.example.com/x?a=b",
                                             {"rollout_halted", "approval_requested"}},
                                            {"http://127.0.0.1:9/", {"rollout_finished"}}});
}

TEST_CASE("the nearest events are sought for as many mistakes as are shown") {
  const auto reading =
      reading_of("notify: [{url: 'https://x', events: [" + many("rollout_halte", 500) + "]}]");
  REQUIRE(reading.mistakes.size() == 500);
  const auto guesses =
      std::count_if(reading.mistakes.begin(), reading.mistakes.end(), [](const Mistake& mistake) {
        return mistake.message.find("perhaps rollout_halted") != std::string::npos;
      });
  CHECK(guesses == static_cast<std::ptrdiff_t>(mistakes_shown_max));
}

TEST_CASE("each part of it is judged, at its place") {
  struct Row {
    std::string text, place, piece;
  };
  const std::string hook = "{run: a}";
  const std::string webhook = "{url: 'https://x', events: [rollout_halted]}";
  for (const Row& row : std::vector<Row>{
           {"backup: {before_upgrade: 1}", "6:26", "`before_upgrade` must be `true` or `false`"},
           {"backup: {after_upgrade: false}", "6:10", "`after_upgrade` is not known here"},
           {"hooks: {before_upgrade: [{timeout: 5m}]}", "6:26", "`run` is missing"},
           {"hooks: {before_upgrade: [{run: a, timeout: 5}]}", "6:44", "must be a duration"},
           {"hooks: {before: []}", "6:9", "`before` is not known here"},
           {"hooks: {after_upgrade: [" + many(hook, 7) + "]}", "6:24", "7 hooks, more than 6"},
           {"notify: [" + many(webhook, 17) + "]", "6:9", "17 webhooks, more than 16"},
           {"notify: [x]", "6:10", "`notify` must be a mapping"},
           {"notify: [{url: x}]", "6:10", "`events` is missing"},
           {"notify: [{url: 'https://x', events: []}]", "6:37", "`events` is an empty list"},
           {"notify: [{url: 'https://x', events: [rollout_halt]}]", "6:38",
            "perhaps rollout_halted"},
           {"notify: [{url: 'https://x', events: [wave_opened, wave_opened]}]", "6:51", "twice"},
           {"notify: [{url: 'http://x.org/', events: [wave_opened]}]", "6:16",
            "this machine alone"},
           {"notify: [{url: 'https://u:p@x.org/', events: [wave_opened]}]", "6:16", "no user"},
       }) {
    const auto reading = reading_of(row.text);
    CAPTURE(row.text);
    CAPTURE(render_mistakes(reading.mistakes, "plan"));
    CHECK_FALSE(reading.plan);
    CHECK(std::any_of(reading.mistakes.begin(), reading.mistakes.end(), [&row](const Mistake& m) {
      return fmt::format("{}:{}", m.line, m.column) == row.place &&
             m.message.find(row.piece) != std::string::npos;
    }));
  }
}
