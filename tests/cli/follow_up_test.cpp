// What a rollout takes up of one that has ended.
#include "cli/follow_up.h"

#include <doctest/doctest.h>

#include "cli/rollout_start.h"
#include "workflows/upgrade_facts.h"
#include "workflows/upgrade_steps.h"

namespace pawl::test {

namespace {

Plan plan_to(const std::string& target, cloud::Cutover cutover) {
  Plan plan;
  plan.target_version = target;
  plan.cutover = cutover;
  plan.waves.resize(2);
  return plan;
}

Run upgraded_of(const std::string& id) {
  Run run;
  run.instance_id = id;
  run.name = "orders-" + id;
  run.step = upgrade_step::verify;
  run.state = RunState::failed;
  run.phase = Phase::over;
  run.attempts = {1, 1, 1};
  run.reason = "the source still has its addresses";
  run.facts.set(fact::target_version, "14.6");
  run.facts.set(fact::new_instance_id, "new-" + id);
  return run;
}

/// Rollout p-1 did not succeed with a and b, of which it has upgraded b.
FollowUp ended_with(cloud::Cutover cutover) {
  FollowUp follow_up;
  follow_up.followed.record.id = "p-1";
  follow_up.cutover = cutover;
  follow_up.only = {"a", "b"};
  follow_up.upgraded.emplace("b", upgraded_of("b"));
  return follow_up;
}

const std::vector<Candidate> fleet{{"a", "orders-a", "13.9", {}}, {"b", "orders-b", "13.9", {}}};
const std::vector<Member> both{{"a", "orders-a", 0, 0}, {"b", "orders-b", 0, 1}};

std::string refusal(FollowUp follow_up, const Plan& plan, std::vector<Member> members) {
  const Outcome fits = fit(follow_up, plan, fleet, members);
  REQUIRE_FALSE(fits);
  CHECK(fits.error().fault == Fault::usage);
  return fits.error().what;
}

}  // namespace

TEST_CASE("an upgraded instance goes on behind its upgrade under a plan that asks for the same") {
  for (const auto cutover : {cloud::Cutover::yes, cloud::Cutover::no}) {
    for (const char* target : {"14", "14.6"}) {
      FollowUp follow_up = ended_with(cutover);
      std::vector<Member> members = both;
      REQUIRE(fit(follow_up, plan_to(target, cutover), fleet, members));
      CHECK(members == both);
      CHECK(follow_up.upgraded.size() == 1);
      const std::string words = words_of(follow_up, members);
      CHECK_MESSAGE(words.find("p-1 has upgraded 1 of them already, b:") == 0, words);
    }
  }
}

TEST_CASE("a plan that cannot verify what was replaced is refused, a rehearsal begins anew") {
  for (const Plan& plan : {plan_to("14", cloud::Cutover::no), plan_to("15", cloud::Cutover::yes)}) {
    const std::string why = refusal(ended_with(cloud::Cutover::yes), plan, both);
    CHECK_MESSAGE(why.find("p-1 has upgraded b to 14.6 with cutover") == 0, why);
    FollowUp excluded = ended_with(cloud::Cutover::yes);
    std::vector<Member> others{both.front()};
    CHECK(fit(excluded, plan, fleet, others));
  }
  for (const Plan& plan : {plan_to("14", cloud::Cutover::yes), plan_to("15", cloud::Cutover::no)}) {
    FollowUp rehearsed = ended_with(cloud::Cutover::no);
    std::vector<Member> members = both;
    REQUIRE(fit(rehearsed, plan, fleet, members));
    CHECK(rehearsed.upgraded.empty());
    CHECK(words_of(rehearsed, members).empty());
  }
}

TEST_CASE("an upgraded instance whose old one is released is not lost") {
  Plan plan = plan_to("14", cloud::Cutover::yes);
  FollowUp follow_up = ended_with(cloud::Cutover::yes);
  std::vector<Member> members{both.front()};
  REQUIRE(fit(follow_up, plan, std::span(fleet).first(1), members));
  REQUIRE(members.size() == 2);
  CHECK(members.back() == Member{"b", "orders-b", 1, std::nullopt});

  plan.exclude.emplace_back();
  plan.exclude.back().ids = {"b"};
  members.pop_back();
  REQUIRE(fit(follow_up, plan, std::span(fleet).first(1), members));
  CHECK(members.size() == 1);
  // Nor is the copy of a rehearsal looked for whose source is gone.
  FollowUp rehearsed = ended_with(cloud::Cutover::no);
  REQUIRE(fit(rehearsed, plan_to("14", cloud::Cutover::no), std::span(fleet).first(1), members));
  CHECK(members.size() == 1);
}

TEST_CASE("what the plan does not take is told by name, and nothing left is refused") {
  const Plan plan = plan_to("14", cloud::Cutover::yes);
  FollowUp follow_up = ended_with(cloud::Cutover::yes);
  std::vector<Member> members{both.front()};
  REQUIRE(fit(follow_up, plan, fleet, members));
  CHECK(words_of(follow_up, members) ==
        "1 that did not succeed in p-1 is left out, for this plan does not take it: b; "
        "with a plan that does, `--failed-of p-1` takes up what is left there");
  CHECK(refusal(follow_up, plan, {}).find("takes none of the instances") != std::string::npos);
}

TEST_CASE("a run that begins behind its upgrade knows what the old one knew, and sends nothing") {
  const Plan plan = plan_to("14", cloud::Cutover::yes);
  const auto workflow = workflow_for(plan, RolloutKind::upgrade, {});
  StartedBy by;
  by.failed_of = "p-1";
  by.upgraded.emplace("b", upgraded_of("b"));
  by.upgraded.at("b").attempts[upgrade_step::after_hooks] = 2;
  const Start start = start_rollout(plan, *workflow, both, by);
  REQUIRE(start.entries.size() == 3);
  CHECK(start.entries[1].to == "pending");
  CHECK(start.entries[2].to == "verifying");
  const Run old = upgraded_of("b");
  Run bare;
  bare.id = 2;
  bare.instance_id = "b";
  const Decision begun = begin_upgraded(*workflow, bare, by.upgraded.at("b"), "p-1", by.at);
  CHECK(begun.next.facts == old.facts);
  CHECK(begun.next.phase == Phase::submitted);
  CHECK(begun.next.attempts[upgrade_step::upgrade] == 0);
  CHECK(begun.next.attempts[upgrade_step::verify] == 2);
  CHECK(begun.next.attempts[upgrade_step::after_hooks] == 3);
  CHECK(workflow->sound(begun.next));
}

}  // namespace pawl::test
