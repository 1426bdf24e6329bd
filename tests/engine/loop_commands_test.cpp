// Commands in the loop: let go after the commit that names them, never twice, never left behind.
#include <doctest/doctest.h>

#include <algorithm>

#include "engine/standing.h"
#include "tests/engine/loop_rig.h"

using namespace pawl;
using namespace pawl::test;
using namespace std::chrono_literals;

namespace {

struct CommandRig {
  explicit CommandRig(std::size_t runs) : rig(runs) { rig.workflow.run_commands(); }
  LoopRig rig;
};

Lever pull(LeverKind kind, const std::string& target = "") {
  Lever lever;
  lever.kind = kind;
  lever.rollout = rollout_id;
  lever.target = target;
  lever.by = "ann@host";
  return lever;
}

}  // namespace

TEST_CASE("commands run before and after the work, each once, and their exit codes open gates") {
  CommandRig with(3);
  LoopRig& rig = with.rig;
  rig.start();
  CHECK(rig.run() == Ending::finished);
  CHECK(rig.commands.released.size() == 6);
  CHECK(rig.commands.idle());
  CHECK(rig.events_of(2) ==
        std::vector<std::string>{"instance_enrolled", "check_requested", "check_accepted",
                                 "check_passed", "hook_started", "hook_passed", "work_requested",
                                 "work_accepted", "work_passed", "hook_started", "hook_passed"});
  CHECK(rig.stored_run(2).state == RunState::succeeded);
  CHECK(rig.stored_run(2).group == 0);
  for (const Entry& entry : rig.journal.entries()) {
    const bool passed = entry.event.ends_with("_passed");
    CHECK((entry.data.find("\"took_ms\":") != std::string::npos) == passed);
  }
}

TEST_CASE(
    "admission goes by what is done before the work in its place, as far as the store knows") {
  TwoStep workflow;
  workflow.run_commands();
  StoredRollout stored;
  stored.took = {1h};
  stored.before = {{before_step, 10min}, {after_step, 3h}, {99, 5h}};
  Pacing pacing({});
  learn(pacing, workflow, stored);
  const Present present = present_of(workflow, pacing, std::nullopt);
  CHECK(present.upgrade_takes == 1h);
  CHECK(present.before_takes == 10min);
}

TEST_CASE("a command that fails before the work keeps it from being sent") {
  CommandRig with(1);
  LoopRig& rig = with.rig;
  rig.commands.end = {1, 0, false, "busy"};
  rig.start();
  CHECK(rig.run() == Ending::halted);
  CHECK(rig.stored_run(1).state == RunState::failed);
  CHECK(rig.stored_run(1).reason == "before: exit code 1: busy");
  CHECK(rig.submits() == 1);  // the check
}

TEST_CASE("the entry that starts a command names its group before it is let go") {
  CommandRig with(1);
  LoopRig& rig = with.rig;
  rig.commands.ends = false;
  rig.start();
  CHECK_FALSE(rig.run([&] { return !rig.commands.released.empty(); }));
  CHECK(rig.stored_run(1).group == 100);
  CHECK(rig.stored_run(1).phase == Phase::intended);
  CHECK(rig.stored_run(1).state == RunState::ready);
}

TEST_CASE("a command may start for three seconds from its turn on, no longer") {
  CommandRig with(2);
  LoopRig& rig = with.rig;
  rig.start();
  CHECK(rig.run() == Ending::finished);
  std::vector<Instant> limits;
  for (const Entry& entry : rig.journal.entries()) {
    if (entry.event == "hook_started") limits.push_back(entry.at + send_within);
  }
  CHECK(limits.size() == 4);
  CHECK(rig.commands.limits == limits);
}

TEST_CASE("a command in doubt after a crash is ended, and a person decides") {
  CommandRig with(1);
  LoopRig& rig = with.rig;
  rig.commands.ends = false;
  rig.start();
  CHECK_FALSE(rig.run([&] { return !rig.commands.released.empty(); }));
  rig.start();
  CHECK(rig.run() == Ending::halted);
  REQUIRE(rig.commands.left.size() == 1);
  CHECK(rig.commands.left[0].group == 100);
  CHECK(rig.commands.left[0].command.line == "before");
  CHECK(rig.stored_run(1).state == RunState::needs_operator);
  rig.commands.ends = true;
  rig.journal.post(pull(LeverKind::retry, "in1"));
  rig.start();
  CHECK(rig.run() == Ending::finished);
  CHECK(rig.commands.left.size() == 1);
  CHECK(rig.stored_run(1).attempts[before_step] == 2);
  CHECK(rig.cloud.most_accepted() == 1);
}

TEST_CASE("a retry after a failed command behind the work runs that again and never sends") {
  CommandRig with(1);
  LoopRig& rig = with.rig;
  rig.rules.rollout.waves[0].max_failures = 0;
  rig.start();
  CHECK_FALSE(rig.run([&] { return rig.stored_run(1).step == work_step; }));
  rig.commands.end = {4, 0, false, ""};
  CHECK(rig.run() == Ending::halted);
  CHECK(rig.stored_run(1).state == RunState::failed);
  CHECK(rig.stored_run(1).step == after_step);
  rig.commands.end = {};
  rig.journal.post(pull(LeverKind::retry, "in1"));
  rig.start();
  CHECK(rig.run() == Ending::finished);
  CHECK(rig.submits() == 0);  // of this driver
  CHECK(rig.stored_run(1).attempts[after_step] == 2);
  CHECK(rig.stored_run(1).state == RunState::succeeded);
}

TEST_CASE("no more commands behind the work run at once than upgrades may be in flight") {
  constexpr std::uint32_t runs = 7, places = 2;
  CommandRig with(runs);
  LoopRig& rig = with.rig;
  rig.rules.rollout.waves[0].max_failures = runs - 1;
  rig.start();
  CHECK_FALSE(rig.run([&] {
    return rig.loop->rollout().in_flight() == runs && rig.stored_run(runs).step == work_step;
  }));
  rig.commands.end = {4, 0, false, ""};
  CHECK(rig.run() == Ending::halted);
  CHECK(rig.loop->rollout().total(RunState::failed) == runs);

  for (std::uint32_t i = 1; i <= runs; ++i)
    rig.journal.post(pull(LeverKind::retry, fmt::format("in{}", i)));
  rig.rules.rollout.waves[0].max_parallel = places;
  rig.commands.end = {};
  rig.start();
  std::uint32_t most = 0;
  CHECK(rig.run([&] {
    most = std::max(most, rig.loop->submits_in_flight());
    return false;
  }) == Ending::finished);
  CHECK(most == places);
  CHECK(rig.loop->rollout().total(RunState::succeeded) == runs);
}

TEST_CASE("where no process can be made the command is tried again") {
  CommandRig with(1);
  LoopRig& rig = with.rig;
  rig.commands.can_fork = false;
  rig.start();
  const auto tried = [&] {
    const auto events = rig.events_of(1);
    return std::count(events.begin(), events.end(), "before_not_sent") == 2;
  };
  CHECK_FALSE(rig.run(tried));
  rig.commands.can_fork = true;
  CHECK(rig.run() == Ending::finished);
  CHECK(rig.stored_run(1).attempts[before_step] == 1);
}

TEST_CASE("a pause keeps commands before the work back and lets those after it run") {
  CommandRig with(1);
  LoopRig& rig = with.rig;
  rig.start();
  CHECK_FALSE(rig.run([&] { return rig.stored_run(1).step == before_step; }));
  rig.journal.post(pull(LeverKind::pause));
  REQUIRE(rig.turn());
  for (int i = 0; i < 50; ++i)
    REQUIRE(rig.turn());
  CHECK(rig.commands.released.empty());
  rig.journal.post(pull(LeverKind::unpause));
  CHECK_FALSE(rig.run([&] {
    return rig.stored_run(1).step == work_step && rig.stored_run(1).phase == Phase::submitted;
  }));
  rig.journal.post(pull(LeverKind::pause));
  CHECK(rig.run() == Ending::finished);
  CHECK(rig.stored_run(1).state == RunState::succeeded);
}

TEST_CASE("a cancelled rollout still runs the command behind work that was sent") {
  CommandRig with(1);
  LoopRig& rig = with.rig;
  rig.start();
  CHECK_FALSE(rig.run([&] {
    return rig.stored_run(1).step == work_step && rig.stored_run(1).phase == Phase::submitted;
  }));
  rig.journal.post(pull(LeverKind::cancel));
  CHECK(rig.run() == Ending::cancelled);
  CHECK(rig.stored_run(1).state == RunState::succeeded);
  CHECK(rig.commands.released.back().line == "after");
}

TEST_CASE("a driver that is asked to stop waits for a command that runs") {
  CommandRig with(1);
  LoopRig& rig = with.rig;
  rig.commands.ends = false;
  rig.start();
  CHECK_FALSE(rig.run([&] { return !rig.commands.released.empty(); }));
  rig.loop->stop();
  for (int i = 0; i < 10; ++i) {
    const auto ending = rig.turn();
    REQUIRE(ending);
    CHECK_FALSE(*ending);
  }
}
