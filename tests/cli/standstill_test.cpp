// Why a rollout stands still, in words, and what a person can do about it.
#include "cli/standstill.h"

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <vector>

#include "cli/last_driver.h"
#include "cli/log.h"
#include "cli/progress.h"
#include "cli/stored_plan.h"
#include "tests/cli/captured.h"
#include "workflows/upgrade_steps.h"

namespace pawl::test {

namespace {

const CloudInstant now{*parse_utc("2026-03-01T12:00:00.000Z")};
const Duration hour = std::chrono::hours{1};

RolloutRules rules_of_two(std::uint32_t max_failures = 9) {
  RolloutRules rules;
  for (const char* name : {"canary", "rest"}) {
    WaveRules wave;
    wave.name = name;
    wave.max_failures = max_failures;
    rules.waves.push_back(wave);
  }
  return rules;
}

Run run_in(std::int64_t id, std::int32_t wave, RunState state) {
  Run run;
  run.id = id;
  run.wave = wave;
  run.instance_id = "in" + std::to_string(id);
  run.name = "orders-" + std::to_string(id);
  run.state = state;
  run.checked_once = true;
  const bool over = ended(state) || state == RunState::needs_operator;
  run.phase = over ? Phase::over : Phase::waiting;
  if (state != RunState::pending) run.step = upgrade_step::upgrade;
  return run;
}

struct Waves {
  WaveState canary = WaveState::open, rest = WaveState::pending;
};

Admission admission_with(const RolloutRules& rules, const std::vector<Run>& runs, Waves waves = {},
                         RolloutState state = RolloutState::running) {
  const std::array states{waves.canary, waves.rest};
  Admission admission{{runs, Rollout(rules, runs, states, state)}, {}, {CloudNow{now, now}, {}}};
  admission.gates.resize(runs.size());
  for (std::size_t i = 0; i < runs.size(); ++i) {
    if (runs[i].phase != Phase::waiting) continue;
    admission.gates[i] = Gate::upgrade;
    admission.standing.rollout.park(i, runs[i], Gate::upgrade);
  }
  return admission;
}

}  // namespace

TEST_CASE("an open wave outside its window waits, unless something of it is under way") {
  RolloutRules rules = rules_of_two();
  rules.waves[0].windows = [](CloudInstant) {
    return std::optional(Opening{now + hour, now + 3 * hour});
  };
  const Run ready = run_in(1, 0, RunState::ready);
  const Standstill still = standstill_of(admission_with(rules, {ready}), "night-1");
  CHECK(still.waiting);
  CHECK(words_of(still) ==
        "wave canary waits for its maintenance window, from 2026-03-01T13:00:00.000Z");
  CHECK(way_on(still, "night-1") == "`pawl resume night-1` goes on");
  Run flying = run_in(2, 0, RunState::upgrading);
  flying.phase = Phase::submitted;
  CHECK(standstill_of(admission_with(rules, {ready, flying}), "night-1") == Standstill{});
}

TEST_CASE("windows that no upgrade ever fits into are said to be, and need another plan") {
  const Waiting waiting{Waiting::What::window, 0, {}, Duration{136'784}};
  const Standstill still = standstill_of(waiting, rules_of_two(), "night-1");
  CHECK(still.waiting);
  CHECK(words_of(still) ==
        "no maintenance window of wave canary is ever open for the 137s that upgrades took so "
        "far: `pawl cancel night-1`, then run a plan with longer windows");
  CHECK(way_on(still, "night-1") == still.what_to_do);
}

TEST_CASE("a soak that is over is said to be, and that a driver goes on") {
  Admission soaking = admission_with(
      rules_of_two(), {run_in(1, 0, RunState::succeeded), run_in(2, 1, RunState::ready)},
      {WaveState::soaking, WaveState::pending});
  soaking.standing.rollout.soaks_until(0, now + hour);
  CHECK(words_of(standstill_of(soaking, "n-1")) ==
        "wave canary soaks until 2026-03-01T13:00:00.000Z");
  soaking.standing.rollout.soaks_until(0, now);
  const Standstill over = standstill_of(soaking, "n-1");
  CHECK(words_of(over) ==
        "the soak of wave canary is over since 2026-03-01T12:00:00.000Z, and a driver goes on");
  CHECK(over.waiting);
  CHECK(way_on(over, "n-1") == "`pawl resume n-1` goes on");
}

TEST_CASE("what can move with the next turn does not stand still") {
  const RolloutRules rules = rules_of_two();
  CHECK(standstill_of(admission_with(rules, {run_in(1, 0, RunState::ready)}), "n-1").why.empty());
  // The wave is due to close.
  CHECK(standstill_of(
            admission_with(rules, {run_in(1, 0, RunState::failed), run_in(2, 1, RunState::ready)}),
            "n-1")
            .why.empty());
  for (const RolloutState over :
       {RolloutState::finished, RolloutState::cancelled, RolloutState::cancelling}) {
    CHECK(standstill_of(admission_with(rules, {}, {}, over), "n-1") == Standstill{});
  }
}

TEST_CASE("where all that could move needs an operator, it waits for a person, who is told whom") {
  const RolloutRules rules = rules_of_two();
  const Run later = run_in(9, 1, RunState::ready);
  const Run stuck = run_in(1, 0, RunState::needs_operator);
  const Standstill left = standstill_of(admission_with(rules, {stuck, later}), "n-1");
  CHECK(left.waiting);
  CHECK(words_of(left) ==
        "a person must decide about a run: `pawl retry n-1 orders-1` or `pawl skip n-1 orders-1`");
  // It holds the one place.
  const Standstill held =
      standstill_of(admission_with(rules, {stuck, run_in(2, 0, RunState::ready), later}), "n-1");
  CHECK(held == left);
  CHECK(way_on(held, "n-1") ==
        "`pawl retry n-1 orders-1` or `pawl skip n-1 orders-1`, then `pawl resume n-1`");
}

TEST_CASE("a halted rollout names those that halt it, by a word that no shell misreads") {
  const RolloutRules rules = rules_of_two(1);
  std::vector<Run> runs{run_in(1, 0, RunState::failed), run_in(2, 1, RunState::failed),
                        run_in(3, 1, RunState::needs_operator)};
  const Waves second{WaveState::closed, WaveState::open};
  const auto told = [&](RolloutState state = RolloutState::halted) {
    const Standstill still = standstill_of(admission_with(rules, runs, second, state), "n-1");
    CHECK_FALSE(still.waiting);
    return still.what_to_do;
  };
  CHECK(told() ==
        "`pawl retry n-1 INSTANCE` or `pawl skip n-1 INSTANCE`, for orders-2 and "
        "orders-3");
  runs[1].name = "$(reboot)";
  CHECK(told().find("for in2 and orders-3") != std::string::npos);
  for (std::int64_t id = 4; id < 8; ++id)
    runs.push_back(run_in(id, 1, RunState::failed));
  CHECK(told().find("for in2, orders-3 and 4 more") != std::string::npos);
  runs[0].halts = true;
  CHECK(told() == "`pawl retry n-1 orders-1` or `pawl skip n-1 orders-1`");
  const auto denied = admission_with(rules, {}, {WaveState::denied}, RolloutState::halted);
  CHECK(standstill_of(denied, "n-1").what_to_do == "`pawl approve n-1 canary`");
}

TEST_CASE("each thing that a rollout waits for is told with the lever that ends it") {
  const RolloutRules rules = rules_of_two();
  struct Row {
    Waiting waiting;
    const char* words;
  };
  const Row rows[] = {
      {{Waiting::What::unpause}, "it is paused: `pawl unpause n-1`"},
      {{Waiting::What::unfreeze}, "the store is frozen: `pawl unfreeze`"},
      {{Waiting::What::approval, 1}, "wave rest waits for approval: `pawl approve n-1 rest`"},
      {{Waiting::What::soak, 0}, "wave canary soaks"},
      {{Waiting::What::soak, 0, now}, "wave canary soaks until 2026-03-01T12:00:00.000Z"},
  };
  for (const Row& row : rows)
    CHECK(words_of(standstill_of(row.waiting, rules, "n-1")) == row.words);
}

TEST_CASE("who asks of a rollout that nothing drives is told what comes before a resume") {
  const LastDriver driver{now.at, "n-1 waits: wave rest waits for approval"};
  CHECK(
      words_of(driver, "n-1", {"wave rest waits for approval", "`pawl approve n-1 rest`", true}) ==
      "nothing drives it: the last driver stopped at 2026-03-01T12:00:00.000Z: n-1 waits: wave "
      "rest waits for approval; `pawl approve n-1 rest`, then `pawl resume n-1`");
  CHECK(words_of(LastDriver{now.at, ""}, "", {}) ==
        "nothing drives it: the last driver died, last seen 2026-03-01T12:00:00.000Z; `pawl "
        "resume` goes on");
}

TEST_CASE("a driver says at once what it waits for, and before anything that a narrow line cuts") {
  const RolloutRules rules = rules_of_two();
  const auto admission =
      admission_with(rules, {run_in(1, 0, RunState::ready)}, {WaveState::awaiting_approval});
  const Log log(LogLevel::info, LogFormat::text);
  const std::string said = captured(stderr, [&] {
    Progress progress(log, "n-1", rules, false);
    const Rollout& rollout = admission.standing.rollout;
    progress.turned(rollout, std::nullopt, now.at);
    progress.turned(rollout, Waiting{Waiting::What::approval, 0}, now.at + Duration{1});
    progress.turned(rollout, Waiting{Waiting::What::approval, 0}, now.at + hour);
  });
  CHECK(lines_of(said) ==
        std::vector<std::string>{
            "pawl: n-1: 0/1 done, 1 ready",
            "pawl: n-1: wave canary waits for approval: `pawl approve n-1 canary`; 0/1 done, 1 "
            "ready"});
}

TEST_CASE("how many are done is of the rollout, whichever wave is open") {
  const RolloutRules rules = rules_of_two();
  const auto admission =
      admission_with(rules, {run_in(1, 0, RunState::succeeded), run_in(2, 1, RunState::ready)},
                     {WaveState::closed, WaveState::open});
  const Log log(LogLevel::info, LogFormat::text);
  const std::string said = captured(stderr, [&] {
    Progress(log, "n-1", rules, false).turned(admission.standing.rollout, std::nullopt, now.at);
  });
  CHECK(said == "pawl: n-1: 1/2 done, wave rest open, 1 ready\n");
}

TEST_CASE("what happens is told in plain words, of waves by their name before any turn too") {
  const RolloutRules rules = rules_of_two();
  const Log log(LogLevel::info, LogFormat::text);
  const auto said = [&](Subject subject, const std::string& event, const std::string& to,
                        const std::string& actor = "engine", const std::string& reason = "") {
    Entry entry;
    entry.subject = subject;
    entry.wave = subject == Subject::wave ? 1 : -1;
    if (subject == Subject::run) entry.instance_id = "in7";
    entry.event = event;
    entry.to = to;
    entry.actor = actor;
    if (!reason.empty()) entry.data = R"({"reason":")" + reason + "\"}";
    return captured(stderr, [&] {
      Progress progress(log, "n-1", rules, false);
      progress.committed({&entry, 1});
    });
  };
  CHECK(said(Subject::wave, "wave_opened", "open") == "pawl: n-1: wave rest opens\n");
  CHECK(said(Subject::wave, "approval_granted", "approved", "ann@host", "go") ==
        "pawl: n-1: wave rest is approved by ann@host: go\n");
  CHECK(said(Subject::rollout, "rollout_finished", "finished") == "pawl: n-1 is finished\n");
  CHECK(said(Subject::run, "precheck_failed", "failed", "engine", "the pre-check failed: x") ==
        "pawl: n-1: in7: the pre-check failed: x\n");
  CHECK(said(Subject::store, "some_new_event", "") == "pawl: n-1: some new event\n");
}

}  // namespace pawl::test
