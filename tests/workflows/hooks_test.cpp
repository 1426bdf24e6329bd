// Hooks: what they are told, and where they stand among the steps.
#include <doctest/doctest.h>

#include <algorithm>

#include "upgrade_desk.h"
#include "workflows/hook_command.h"

using namespace pawl;
using namespace pawl::test;
using namespace std::chrono_literals;

namespace {

Desk with_hooks(std::uint8_t step) {
  Desk desk = step >= upgrade_step::after_hooks ? verifying() : before_upgrade();
  desk.goal.around.before = {{"./drain.sh", 5min}, {"true", 1min}};
  desk.goal.around.after = {{"./smoke.sh --all", 10min}};
  desk.goal.around.directory = "/plans/";
  desk.goal.around.rollout = "fleet-1";
  desk.goal.around.waves = {"canary"};
  desk.run.step = step;
  desk.run.facts.set(fact::new_instance_id, made);
  return desk;
}

std::string told_by(const Command& command, const std::string& name) {
  const auto found = std::find_if(command.variables.begin(), command.variables.end(),
                                  [&name](const auto& variable) { return variable.first == name; });
  REQUIRE(found != command.variables.end());
  return found->second;
}

}  // namespace

TEST_CASE("a hook is told its run's facts, as variables and as JSON") {
  const Desk desk = with_hooks(upgrade_step::after_hooks);
  const Command command = desk.workflow().command(desk.run);
  CHECK(command.line == "./smoke.sh --all");
  CHECK(command.directory == "/plans/");
  CHECK(command.timeout == 10min);
  CHECK(command.variables.front().first == "PAWL_HOOK");
  CHECK(told_by(command, "PAWL_INSTANCE_ID") == database);
  CHECK(told_by(command, "PAWL_INSTANCE_NAME") == "orders");
  CHECK(told_by(command, "PAWL_ROLLOUT") == "fleet-1");
  CHECK(told_by(command, "PAWL_WAVE") == "canary");
  CHECK(told_by(command, "PAWL_WHEN") == "after_upgrade");
  CHECK(told_by(command, "PAWL_TARGET_VERSION") == "14.6");
  CHECK(told_by(command, "PAWL_NEW_INSTANCE_ID") == made);
  CHECK(told_by(command, "PAWL_CUTOVER") == "true");
  CHECK(command.input.find(R"("instance_name":"orders")") != std::string::npos);
  CHECK(command.input.ends_with("}\n"));
}

TEST_CASE("each attempt of each hook of each run has a mark of its own") {
  const auto mark = [](const Desk& desk) {
    return desk.workflow().command(desk.run).variables.front().second;
  };
  const Desk first = with_hooks(upgrade_step::before_hooks);
  Desk again = first, other = first;
  again.run.attempts[upgrade_step::before_hooks] = 1;
  other.run.instance_id = made;
  const Desk second = with_hooks(upgrade_step::before_hooks + 1);
  CHECK(second.workflow().command(second.run).line == "true");
  CHECK(mark(again) != mark(first));
  CHECK(mark(other) != mark(first));
  CHECK(mark(second) != mark(first));
  again.run.attempt_open = true;  // of the attempt that is open, before and after its intent
  CHECK(mark(again) == mark(first));
}

TEST_CASE("before a hook everything else must admit the upgrade") {
  Desk desk = with_hooks(upgrade_step::before_hooks);
  CHECK(desk.read(look::instance, list({{}})).look == look::upgrade_status);
  CHECK(desk.read(look::upgrade_status, shows_nothing()).look == look::upgrade_history);
  CHECK(desk.read(look::upgrade_history, upgrade_history({})).verdict == Verdict::clear);
  CHECK(desk.read(look::instance, list({{.updated = pawl::test::told(300)}})).verdict ==
        Verdict::stale);
  const Step step = desk.workflow().steps()[upgrade_step::before_hooks];
  CHECK(step.needs_valid);
  CHECK(step.place == Gate::upgrade);
  desk.run.facts.set(fact::adopted_upgrade, "x");
  desk.run.facts.set(fact::upgrade_id, "u1");
  CHECK(desk.read(look::instance, list({{}})).verdict == Verdict::passed);
}

TEST_CASE("the hooks stand around the upgrade, in their order") {
  Desk desk = with_hooks(upgrade_step::before_hooks);
  desk.goal.around.backup = true;
  const MajorUpgrade workflow = desk.workflow();
  std::vector<std::string_view> names;
  for (std::optional<std::uint8_t> at = upgrade_step::precheck; at; at = workflow.steps()[*at].next)
    names.push_back(workflow.steps()[*at].name);
  CHECK(names == std::vector<std::string_view>{"precheck", "backup", "before_hook_1",
                                               "before_hook_2", "upgrade", "verify",
                                               "after_hook_1"});
  desk.run.phase = Phase::intended;
  CHECK(shown_phase(desk.run) == "before_hook_1_running");
}
