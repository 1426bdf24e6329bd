// The words of the reasons: whom and what they name.
#include "engine/reasons.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

using namespace pawl;

namespace {

RolloutRules three_waves() {
  RolloutRules rules;
  rules.check_ahead = false;
  for (const char* name : {"canary", "mid", "rest"}) {
    WaveRules wave;
    wave.name = name;
    rules.waves.push_back(wave);
  }
  return rules;
}

Run run_in(std::int32_t wave, RunState state) {
  Run run;
  run.wave = wave;
  run.state = state;
  run.step = 1;
  run.phase = ended(state) || state == RunState::needs_operator ? Phase::over : Phase::waiting;
  return run;
}

std::string text_of(const std::vector<Run>& runs, std::array<WaveState, 3> waves,
                    std::string_view what, RolloutRules rules = three_waves(),
                    const Present& present = {}) {
  const Rollout rollout(std::move(rules), runs, waves, RolloutState::running);
  const auto gate = runs[0].phase == Phase::over ? std::nullopt : std::optional(Gate::upgrade);
  for (const Reason& reason : reasons(rollout, "n-1", 0, runs[0], gate, present)) {
    if (reason.what == what) return reason.text;
  }
  return "";
}

constexpr WaveState shut = WaveState::pending, open = WaveState::open;

}  // namespace

TEST_CASE("every earlier wave that has not closed is named") {
  const auto text = [](std::int32_t wave, WaveState canary) {
    return text_of({run_in(wave, RunState::ready)}, {canary, shut, shut}, "earlier_wave");
  };
  CHECK(text(2, open) == "waves canary and mid have to close before wave rest opens");
  CHECK(text(1, open) == "wave canary has to close before wave mid opens");
  CHECK(text(2, WaveState::closed) == "wave mid has to close before wave rest opens");
}

TEST_CASE("an approval that has been asked for is told apart from one that is still to be") {
  RolloutRules rules = three_waves();
  rules.waves[0].approval = Approval::required;
  const auto text = [&](WaveState canary) {
    return text_of({run_in(0, RunState::ready)}, {canary, shut, shut}, "approval", rules);
  };
  CHECK(text(shut) == "wave canary of n-1 needs approval, which is asked for when its turn comes");
  CHECK(text(WaveState::awaiting_approval) ==
        "wave canary of n-1 waits for approval: `pawl approve n-1 canary` gives it");
  CHECK(text(WaveState::denied) ==
        "wave canary of n-1 was denied: `pawl approve n-1 canary` opens it");
}

TEST_CASE("a spent budget is told in numbers, and a run that needs an operator is no failed one") {
  const Run ready = run_in(0, RunState::ready), failed = run_in(0, RunState::failed);
  const Run stuck = run_in(0, RunState::needs_operator);
  const auto text = [&](std::vector<Run> runs) {
    return text_of(runs, {shut, shut, shut}, "budget");
  };
  const std::string has = "wave canary has ";
  const std::string so = ": too many for it to open, until some of them are retried or skipped";
  CHECK(text({ready, failed, failed}) == has + "2 failed runs and may have 0" + so);
  CHECK(text({ready, stuck}) == has + "1 run in need of an operator and may have 0" + so);
  CHECK(text({ready, failed, stuck, stuck}) ==
        has + "1 failed run and 2 in need of an operator and may have 0" + so);
}

TEST_CASE("a wave that a pause keeps shut does not open as soon as the driver gets to it") {
  const Run ready = run_in(0, RunState::ready);
  const auto opens = [&ready](RolloutState state) {
    const Rollout rollout(three_waves(), std::vector{ready}, std::vector{shut, shut, shut}, state);
    const auto why = reasons(rollout, "n-1", 0, ready, Gate::upgrade, {});
    return std::any_of(why.begin(), why.end(), [](const auto& one) { return one.what == "opens"; });
  };
  CHECK(opens(RolloutState::running));
  CHECK_FALSE(opens(RolloutState::paused));
}

TEST_CASE("whatever keeps a run, the sentence names whom it is about, and what lets it go on") {
  struct Row {
    RolloutState state;
    const char* what;
    const char* text;
  };
  const Row rows[] = {
      {RolloutState::finished, "ended", "n-1 is finished: nothing of it moves any more"},
      {RolloutState::cancelling, "ended", "n-1 is cancelled: what has not been sent is never sent"},
      {RolloutState::paused, "paused", "n-1 is paused: `pawl unpause n-1` lets it go on"},
      {RolloutState::halted, "halted", "n-1 is halted"},
      {RolloutState::running, "turn", "others of n-1 that may go come first"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    const Run ready = run_in(0, RunState::ready);
    const Rollout rollout(three_waves(), std::vector{ready}, std::vector{open, shut, shut},
                          row.state);
    const auto why = reasons(rollout, "n-1", 0, ready, Gate::upgrade, {});
    REQUIRE_FALSE(why.empty());
    CHECK(why[0].what == row.what);
    CHECK(why[0].text == row.text);
  }
  RolloutRules ahead = three_waves();
  ahead.check_ahead = true;
  const auto checks = [&](std::vector<Run> runs) {
    return text_of(runs, {shut, shut, shut}, "checks", ahead);
  };
  Run checked = run_in(0, RunState::ready);
  checked.checked_once = true;
  Run unchecked = run_in(0, RunState::checking);
  unchecked.step = 0;
  CHECK(checks({checked, unchecked}) ==
        "1 first check of n-1 has not ended, and no upgrade begins before");
  CHECK(checks({checked, unchecked, unchecked}) ==
        "2 first checks of n-1 have not ended, and no upgrade begins before");
  const std::vector<Run> spent{run_in(0, RunState::ready), run_in(0, RunState::failed)};
  CHECK(text_of(spent, {open, shut, shut}, "halted") ==
        "n-1 is halted, for wave canary has 1 failed run and may have 0");
  CHECK(text_of({run_in(0, RunState::ready)}, {WaveState::denied, shut, shut}, "halted") ==
        "n-1 is halted, for wave canary was denied");
}

TEST_CASE("a run that has nothing to wait for is named, with its own words") {
  Run over = run_in(0, RunState::failed);
  over.instance_id = "i1";
  over.reason = "the disk is full";
  const auto text = [&over](std::string_view what) {
    return text_of({over}, {open, shut, shut}, what);
  };
  CHECK(text("over") == "i1 has failed: the disk is full");
  over.name = "orders-1";
  CHECK(text("over") == "orders-1 has failed: the disk is full");
  over.state = RunState::skipped;
  CHECK(text("over") == "orders-1 is skipped: the disk is full");
  over.state = RunState::needs_operator;
  CHECK(text("person") == "a person must decide about orders-1: the disk is full");
}

TEST_CASE("a window that is closed is told apart from windows that no upgrade ever fits into") {
  RolloutRules rules = three_waves();
  const auto text = [&](Present present) {
    return text_of({run_in(0, RunState::ready)}, {open, shut, shut}, "window", rules, present);
  };
  const CloudInstant now{Instant{}};
  const Present quick{CloudNow{now, now}, Duration{90'001}};
  const Present slow{CloudNow{now, now}, Duration{3'600'001}};
  // An hour, from an hour on, every two hours.
  rules.waves[0].windows = [](CloudInstant at) -> std::optional<Opening> {
    constexpr Duration hour{3'600'000};
    const auto round = at.at.time_since_epoch() / (2 * hour);
    const CloudInstant from{Instant{round * 2 * hour + hour}};
    return Opening{from, from + hour};
  };
  CHECK(text({quick.cloud}) == "no window of wave canary is open");
  CHECK(text(quick) == "no window of wave canary is open for the 91s that upgrades took so far");
  CHECK(text(slow) ==
        "no window of wave canary is ever open for the 3601s that upgrades took so far: `pawl "
        "cancel n-1`, then run a plan with longer windows");
  Present both = quick;
  both.before_takes = Duration{29'999};
  CHECK(text(both) ==
        "no window of wave canary is open for the 2m that upgrades, with the steps before them, "
        "took so far");
  rules.waves[0].windows = [](CloudInstant) { return std::nullopt; };
  CHECK(text(slow) == "no window of wave canary is open for the 3601s that upgrades took so far");
}
