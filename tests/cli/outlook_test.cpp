// What a rollout will take, and what failed of it.
#include "cli/outlook.h"

#include <doctest/doctest.h>

#include <utility>

#include "cli/failures.h"
#include "cli/plan_view.h"
#include "cli/planning.h"
#include "cli/rollout_start.h"
#include "engine/codec.h"
#include "workflows/plan_warnings.h"
#include "workflows/upgrade_steps.h"

namespace pawl::test {

using namespace std::chrono_literals;

namespace {

const CloudInstant at_ten{*parse_utc("2026-11-22T10:00:00.000Z")};

Plan plan_of(std::size_t waves) {
  Plan plan;
  plan.name = "p";
  plan.target_version = "14";
  plan.cutover = cloud::Cutover::yes;
  for (std::size_t i = 0; i < waves; ++i) {
    plan.waves.emplace_back();
    plan.waves.back().name = "w" + std::to_string(i);
  }
  return plan;
}

RolloutRules rules_for(const Plan& plan) {
  return rules_of(plan, std::vector<std::int64_t>(plan.waves.size(), 1)).rollout;
}

Member member_of(std::string id, std::optional<std::size_t> candidate) {
  Member member;
  member.id = std::move(id);
  member.candidate = candidate;
  return member;
}

}  // namespace

TEST_CASE("times are those of nine in ten steps, and said to be assumed where none is known") {
  const StepTimes unknown = step_times({});
  CHECK_FALSE(unknown.check_known);
  CHECK_FALSE(unknown.upgrade_known);
  CHECK(unknown.upgrade == 25min);
  std::vector<StepTook> took;
  for (int i = 1; i <= 10; ++i)
    took.push_back({"upgrade_succeeded", Duration{i * 1'000}});
  took.push_back({"verify_passed", 2s});
  const StepTimes times = step_times(took);
  CHECK(times.upgrade == 9s);
  CHECK(times.upgrade_known);
  CHECK(times.verify == 2s);
  CHECK_FALSE(times.check_known);
}

TEST_CASE("a check that is too old at its turn is told, and costs a further check") {
  Plan plan = plan_of(2);
  plan.waves[0].soak = 7 * 24h;
  const StepTimes times = step_times({});
  const Outlook out = outlook(plan, rules_for(plan), std::vector<Remaining>{{0, 0, {}}, {1, 0, {}}},
                              times, at_ten, at_ten);
  CHECK(out.stale == std::vector<bool>{false, true});
  CHECK(out.stale_from[0].at == at_ten.at + times.check + report_counts_for - plan.check.margin);
  plan.waves[0].soak = 6 * 24h;
  const Outlook fresh = outlook(
      plan, rules_for(plan), std::vector<Remaining>{{0, 0, {}}, {1, 0, {}}}, times, at_ten, at_ten);
  CHECK(fresh.stale == std::vector<bool>{false, false});
  CHECK(fresh.calls < out.calls);
  CHECK(fresh.ends->at < out.ends->at);
  // One that has passed already counts for as long as its report says.
  const Outlook told =
      outlook(plan, rules_for(plan),
              std::vector<Remaining>{{0, 0, at_ten + 5min}, {1, 0, at_ten + 30 * 24h}}, times,
              at_ten, at_ten);
  CHECK(told.stale == std::vector<bool>{true, false});
}

TEST_CASE("a run is counted with its polls, twelve calls around them and one for its page") {
  const Plan plan = plan_of(1);
  const std::vector<StepTook> took{{"precheck_passed", 1ms}, {"upgrade_succeeded", 1ms}};
  const std::vector<Remaining> runs(3, Remaining{0, 0, std::nullopt});
  const Outlook out = outlook(plan, rules_for(plan), runs, step_times(took), at_ten, at_ten);
  CHECK(out.calls == 3 * (12 + 1 + 2));
}

TEST_CASE("an address that moves late costs polls, too") {
  const Plan plan = plan_of(1);
  const std::vector<Remaining> runs(1, Remaining{0, 0, std::nullopt});
  const auto calls = [&](Duration verify) {
    const std::vector<StepTook> took{
        {"precheck_passed", 1ms}, {"upgrade_succeeded", 1ms}, {"verify_passed", verify}};
    return outlook(plan, rules_for(plan), runs, step_times(took), at_ten, at_ten).calls;
  };
  // Half of it is the first wait, and what is left the second.
  CHECK(calls(plan.polling.first * 2) == calls(1ms) + 1);
  CHECK(calls(plan.polling.first + plan.polling.max + 1ms) == calls(1ms) + 2);
}

TEST_CASE("a small quota makes a large fleet take its time") {
  Plan plan = plan_of(1);
  plan.waves[0].max_parallel = 1'000;
  plan.check.parallel = 1'000;
  const std::vector<Remaining> runs(1'000, Remaining{0, 0, std::nullopt});
  const auto ends = [&] {
    return outlook(plan, rules_for(plan), runs, step_times({}), at_ten, at_ten).ends->at -
           at_ten.at;
  };
  plan.cloud.calls_per_minute = 100'000;
  CHECK(ends() < 1h);
  plan.cloud.calls_per_minute = 60;
  CHECK(ends() > 6h);
}

TEST_CASE("each member's fate is told by the list and by what the store remembers") {
  const Plan plan = plan_of(1);
  std::vector<Candidate> fleet{{"a", "a", "13.9", {}},
                               {"b", "b", "13.9", {}},
                               {"c", "c", "13.9", {}},
                               {"d", "d", "15.4", {}},
                               {"e", "e", "13.9", {}}};
  fleet[1].left_alone = "it is a read replica";
  fleet[4].busy = "its status is `BACKING UP`, which is waited for";
  std::vector<Member> members;
  for (std::size_t i = 0; i < fleet.size(); ++i)
    members.push_back(member_of(fleet[i].id, i));
  members.push_back(member_of("unknown", std::nullopt));
  Known known;
  known.past.upgraded["c"] = {"p-1", "c", "succeeded", "", "f", "14.6", upgrade_step::verify};
  known.past.rehearsed["a"] = {"r-1", "a", "failed", "disk", "", ""};
  const auto fates = fates_of(plan, members, fleet, known);
  const std::pair<Fate, const char*> expected[] = {
      {Fate::upgrade, "its rehearsal in r-1 failed: disk"},
      {Fate::skip, "it is a read replica"},
      {Fate::skip, "already on its target: p-1 has made f of it"},
      {Fate::skip, "14 is no later major version than 15.4, the instance's own"},
      {Fate::upgrade, "its status is `BACKING UP`, which is waited for"},
      {Fate::fail, "the cloud's list does not have this id"}};
  REQUIRE(fates.size() == std::size(expected));
  for (std::size_t i = 0; i < fates.size(); ++i) {
    CAPTURE(i);
    CHECK(fates[i].fate == expected[i].first);
    CHECK(fates[i].reason == expected[i].second);
  }
  const PlannedRollout planned = planned_rollout(
      plan, fates, {{"13.9", {"a", "", "the cloud does not offer 14"}}}, known, at_ten);
  CHECK(planned.instances[0].fate == Fate::skip);
  CHECK(planned.instances[4].reason.find("perhaps skipped") == 0);
  CHECK(planned.instances[4].starts);
  CHECK_FALSE(planned.instances[0].starts);
}

TEST_CASE("what replaced an instance is told by its target, and by whether it is verified") {
  const Plan plan = plan_of(1);
  PastRun run{"p-1", "c", "failed", "the hook said no", "f", "14.6", upgrade_step::after_hooks};
  CHECK(upgraded_words(run, plan) ==
        "it has been replaced: p-1 has made f of it, which is not verified");
  run.state = "succeeded";
  run.target_version = "13.11";
  run.new_instance_id.clear();
  CHECK(upgraded_words(run, plan) == "it has been replaced: p-1 has made another instance of it");
  run.step = upgrade_step::precheck;
  CHECK(upgraded_words(run, plan) == "the hook said no");
}

TEST_CASE("failures are grouped by what they say, the most frequent first") {
  RolloutView view;
  const auto add = [&](const char* id, RunState state, const char* reason) {
    Run run;
    run.id = static_cast<std::int64_t>(view.runs.size() + 1);
    run.instance_id = id;
    run.state = state;
    run.phase = Phase::over;
    run.reason = reason;
    RunView stored;
    stored.state = encode_run(run);
    stored.word = to_string(state);
    view.runs.push_back(stored);
  };
  add("a", RunState::failed, "no end of the check within 1h");
  add("b", RunState::failed, "invalid user: [\"x\"]");
  add("c", RunState::succeeded, "");
  add("d", RunState::needs_operator, "invalid user: [\"y\"]");
  const auto kinds = failures_of(view);
  REQUIRE(kinds);
  REQUIRE(kinds->size() == 2);
  CHECK((*kinds)[0].instances == std::vector<std::string>{"b", "d"});
  CHECK_FALSE((*kinds)[0].signature.remedy.empty());
  CHECK((*kinds)[1].instances == std::vector<std::string>{"a"});
  view.runs[0].state = "{";
  CHECK_FALSE(failures_of(view));
}

TEST_CASE("a precheck's rollout is told by its workflow, and holds back nothing but checks") {
  Plan plan = plan_of(2);
  plan.waves[0].soak = 1h;
  plan.waves[0].approval = Approval::required;
  plan.max_failures = FailureBudget{FailureBudget::Unit::count, 1};
  CHECK(kind_of(workflow_name(plan, RolloutKind::precheck)) == RolloutKind::precheck);
  CHECK(kind_of(workflow_name(plan, RolloutKind::upgrade)) == RolloutKind::upgrade);
  CHECK(counted_as(plan, RolloutKind::precheck) == "p.precheck");
  CHECK(plan_of_count("p.precheck") == "p");
  CHECK(plan_of_count("p") == "p");
  const std::vector<std::int64_t> totals{1, 1};
  const RolloutRules rules = rules_of(plan, totals, RolloutKind::precheck).rollout;
  CHECK(rules.waves[0].soak == 0s);
  CHECK(rules.waves[0].approval == Approval::none);
  CHECK_FALSE(rules.max_failures);
  CHECK(workflow_for(plan, RolloutKind::precheck, {})->steps().size() == 1);
}

TEST_CASE("what a plan takes is told in durations that read well") {
  const std::pair<long, const char*> rows[] = {
      {0, "0s"},         {39'001, "40s"},       {150'000, "3m"},     {5'700'000, "95m"},
      {7'200'000, "2h"}, {421'920'000, "118h"}, {430'000'000, "5d"},
  };
  for (const auto& [milliseconds, words] : rows)
    CHECK(roughly(Duration{milliseconds}) == words);
}

}  // namespace pawl::test
