#include "workflows/obligations.h"

#include <algorithm>

#include "tests/workflows/upgrade_desk.h"

using namespace pawl;
using namespace pawl::test;

namespace {

using Kinds = std::vector<std::string_view>;

/// What the decision leaves that makes of `before` what `change` says.
template <typename Change>
std::vector<Obligation> left(const Desk& desk, Change change) {
  Run after = desk.run;
  change(after);
  return desk.workflow().leaves(desk.run, after);
}

Kinds kinds_of(const std::vector<Obligation>& all) {
  Kinds kinds;
  for (const Obligation& obligation : all)
    kinds.push_back(obligation.kind);
  return kinds;
}

/// Its upgrade is made, and the history has named the new instance.
void upgraded(Run& run) {
  run.step = upgrade_step::verify;
  run.facts.set(fact::new_instance_id, made);
}

void ended_as(Run& run, RunState state) {
  run.state = state;
  run.phase = Phase::over;
}

Desk stuck(Phase ended_in) {
  Desk desk = upgrading();
  ended_as(desk.run, RunState::needs_operator);
  desk.run.ended_in = ended_in;
  return desk;
}

}  // namespace

TEST_CASE("an upgrade with cutover leaves the old instance and what is made by hand") {
  const auto all = left(upgrading(), upgraded);
  CHECK(kinds_of(all) == Kinds{"old_instance", "disaster_recovery", "extensions"});
  CHECK(all[0].text.find(database) == 0);
  CHECK(all[0].text.find(made) != std::string::npos);
  CHECK(all[1].text.find("check whether") == 0);
}

TEST_CASE("an instance that the cloud shows in no disaster recovery leaves none to make anew") {
  Desk desk = upgrading();
  desk.run.facts.set(fact::dr_role, "none");
  CHECK(kinds_of(left(desk, upgraded)) == Kinds{"old_instance", "extensions"});
}

TEST_CASE("what is known of the instance is told by name") {
  Desk desk = upgrading();
  desk.goal.statistics = cloud::Statistics::after_cutover;
  desk.run.facts.set(fact::prepaid, "prePaid");
  desk.run.facts.set(fact::replicas, "r1 r2");
  const auto all = left(desk, upgraded);
  CHECK(kinds_of(all) == Kinds{"old_instance", "prepaid", "read_replicas", "disaster_recovery",
                               "statistics", "extensions"});
  CHECK(all[2].text.find("release r1 r2") != std::string::npos);
}

TEST_CASE("a rehearsal leaves its copy, and the source as it was") {
  Desk desk = upgrading();
  desk.goal.cutover = cloud::Cutover::no;
  desk.goal.statistics = cloud::Statistics::after_cutover;
  desk.run.facts.set(fact::replicas, "r1");
  const auto all = left(desk, upgraded);
  CHECK(kinds_of(all) == Kinds{"rehearsal_copy"});
  CHECK(all[0].text.find(made) == 0);
}

TEST_CASE("an upgrade whose new instance is not named yet leaves the same") {
  const auto all = left(upgrading(), [](Run& run) { run.step = upgrade_step::verify; });
  CHECK(kinds_of(all) == Kinds{"old_instance", "disaster_recovery", "extensions"});
  CHECK(all[0].text.find("the new instance") != std::string::npos);
}

TEST_CASE("an upgrade that fails once it was accepted leaves what nobody documents") {
  const auto fails = [](Run& run) { ended_as(run, RunState::failed); };
  CHECK(kinds_of(left(upgrading(), fails)) == Kinds{"failed_upgrade"});
  CHECK(kinds_of(left(in_doubt(upgrading()), fails)) == Kinds{"failed_upgrade"});
  Desk refused = upgrading();
  refused.run.phase = Phase::intended;
  CHECK(left(refused, fails).empty());
  CHECK(left(before_upgrade(), fails).empty());
  CHECK(left(checking(), fails).empty());
}

TEST_CASE("a run that is left alone while it may be upgrading leaves a doubt") {
  const auto skipped = [](Run& run) { ended_as(run, RunState::skipped); };
  const auto cancelled = [](Run& run) { ended_as(run, RunState::cancelled); };
  for (const Phase phase : {Phase::intended, Phase::submitted, Phase::unsure}) {
    CAPTURE(to_string(phase));
    CHECK(kinds_of(left(stuck(phase), skipped)) == Kinds{"in_doubt"});
    CHECK(kinds_of(left(stuck(phase), cancelled)) == Kinds{"in_doubt"});
  }
  CHECK(left(stuck(Phase::waiting), cancelled).empty());
  CHECK(left(before_upgrade(), cancelled).empty());
  CHECK(left(stuck(Phase::waiting), skipped).empty());
  Desk failed = stuck(Phase::submitted);
  failed.run.state = RunState::failed;
  CHECK(left(failed, skipped).empty());
  CHECK(left(before_upgrade(), skipped).empty());
}

TEST_CASE("a run that ends after one was sent and left no trace leaves a doubt as well") {
  const auto ends = [](RunState state) { return [state](Run& run) { ended_as(run, state); }; };
  for (Desk desk : {before_upgrade(), before_check(), checking()}) {
    desk.run.sends[upgrade_step::upgrade] = 1;
    for (const RunState state : {RunState::skipped, RunState::cancelled, RunState::failed})
      CHECK(kinds_of(left(desk, ends(state))) == Kinds{"in_doubt"});
  }
  Desk asked = stuck(Phase::waiting);
  asked.run.sends[upgrade_step::upgrade] = 1;
  CHECK(kinds_of(left(asked, ends(RunState::skipped))) == Kinds{"in_doubt"});
  Desk failed = upgrading();
  failed.run.sends[upgrade_step::upgrade] = 1;
  CHECK(kinds_of(left(failed, ends(RunState::failed))) == Kinds{"failed_upgrade"});
}

TEST_CASE("another upgrade beside the one that was followed is told, where one was sent (law 7)") {
  const auto passes = [](Desk& desk) {
    const auto history = upgrade_history(
        {{.id = "j1", .start = told(1000)}, {.id = "u2", .start = told(900), .cutover = "false"}});
    REQUIRE(desk.read(look::upgrade_history, history).verdict == Verdict::passed);
    return left(desk, upgraded);
  };
  Desk second = upgrading();
  second.run.sends[upgrade_step::upgrade] = 2;
  const auto all = passes(second);
  CHECK(kinds_of(all) == Kinds{"old_instance", "disaster_recovery", "extensions", "in_doubt"});
  CHECK(all.back().text.find("shows u2") != std::string::npos);

  Desk only = upgrading();
  only.run.sends[upgrade_step::upgrade] = 1;
  CHECK(kinds_of(passes(only)) == Kinds{"old_instance", "disaster_recovery", "extensions"});
  Desk seen = upgrading();
  seen.run.sends[upgrade_step::upgrade] = 2;
  seen.run.facts.set(fact::seen_history, "u2");
  CHECK(kinds_of(passes(seen)) == Kinds{"old_instance", "disaster_recovery", "extensions"});
}

TEST_CASE("a refusal accounts for nothing that was sent before it") {
  Desk refused = upgrading();
  refused.run.phase = Phase::intended;
  refused.run.sends[upgrade_step::upgrade] = 2;
  CHECK(kinds_of(left(refused, [](Run& run) {
          ended_as(run, RunState::skipped);
          run.sends[upgrade_step::upgrade] = 1;
        })) == Kinds{"in_doubt"});
}

TEST_CASE(
    "an upgrade that is made and not seen to be well is told once, however often it is tried") {
  for (const std::uint8_t step : {upgrade_step::verify, upgrade_step::after_hooks}) {
    for (const RunState state : {RunState::failed, RunState::needs_operator}) {
      CAPTURE(to_string(state));
      const auto ends = [state](Run& run) {
        ended_as(run, state);
        run.reason = "the source still has its addresses";
      };
      Desk desk = verifying();
      desk.run.step = step;
      desk.run.attempts[upgrade_step::verify] = 1;
      desk.run.facts.set(fact::new_instance_id, made);
      const auto all = left(desk, ends);
      CHECK(kinds_of(all) == Kinds{"unverified"});
      CHECK(all[0].text.find("has made " + std::string(made)) != std::string::npos);
      CHECK(all[0].text.find("(the source still has its addresses)") != std::string::npos);
      ++desk.run.attempts[upgrade_step::verify];
      CHECK(left(desk, ends).empty());
      desk.run.attempts[upgrade_step::verify] = 1;
      desk.run.attempts[upgrade_step::after_hooks] = 2;
      CHECK(left(desk, ends).empty());
    }
  }
}

TEST_CASE("nothing else leaves anything, so that nothing is left twice") {
  const auto passes = [](Run& run) { ended_as(run, RunState::succeeded); };
  const auto skipped = [](Run& run) { ended_as(run, RunState::skipped); };
  CHECK(left(verifying(), passes).empty());
  Desk desk = verifying();
  ended_as(desk.run, RunState::failed);
  CHECK(left(desk, skipped).empty());
  desk.run.state = RunState::needs_operator;
  CHECK(left(desk, skipped).empty());
  CHECK(left(upgrading(), [](Run& run) { run.look = look::upgrade_history; }).empty());
  CHECK(left(upgrading(), [](Run& run) { ended_as(run, RunState::needs_operator); }).empty());
}

TEST_CASE("the looks before an upgrade note the replicas and the bills") {
  Desk desk = before_check();
  Listed one;
  one.related = R"({"id":"r1","type":"replica"},{"id":"r2","type":"replica"})";
  (void)desk.read(look::instance, list({one}));
  CHECK(desk.fact(fact::replicas) == "r1 r2");
  CHECK_FALSE(desk.has(fact::prepaid));
  one.related = R"({"id":"r2","type":"replica"})";
  one.charge = R"({"charge_mode":"prePaid","order_id":"o1"})";
  (void)desk.read(look::instance, list({one}));
  CHECK(desk.fact(fact::replicas) == "r2");
  CHECK(desk.fact(fact::prepaid) == "prePaid");
  one.charge = R"({"charge_mode":"postPaid"})";
  (void)desk.read(look::instance, list({one}));
  CHECK_FALSE(desk.has(fact::prepaid));
}
