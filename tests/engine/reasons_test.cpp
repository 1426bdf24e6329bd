// The words of the reasons: whom and what they name.
#include "engine/reasons.h"

#include <doctest/doctest.h>

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
                    std::string_view what, RolloutRules rules = three_waves()) {
  const Rollout rollout(std::move(rules), runs, waves, RolloutState::running);
  const auto gate = runs[0].phase == Phase::over ? std::nullopt : std::optional(Gate::upgrade);
  for (const Reason& reason : reasons(rollout, 0, runs[0], gate, {})) {
    if (reason.what == what) return reason.text;
  }
  return "";
}

constexpr WaveState pending = WaveState::pending, open = WaveState::open;

}  // namespace

TEST_CASE("every earlier wave that has not closed is named") {
  const auto text = [](std::int32_t wave, WaveState canary) {
    return text_of({run_in(wave, RunState::ready)}, {canary, pending, pending}, "earlier_wave");
  };
  CHECK(text(2, open) == "waves canary and mid have to close before wave rest opens");
  CHECK(text(1, open) == "wave canary has to close before wave mid opens");
  CHECK(text(2, WaveState::closed) == "wave mid has to close before wave rest opens");
}

TEST_CASE("an approval that has been asked for is told apart from one that is still to be") {
  RolloutRules rules = three_waves();
  rules.waves[0].approval = Approval::required;
  const auto text = [&](WaveState canary) {
    return text_of({run_in(0, RunState::ready)}, {canary, pending, pending}, "approval", rules);
  };
  CHECK(text(pending) == "wave canary needs approval, which is asked for when its turn comes");
  CHECK(text(WaveState::awaiting_approval) ==
        "wave canary waits for approval: `pawl approve` gives it");
}

TEST_CASE("a spent budget is told in numbers, and a run that needs an operator is no failed one") {
  const Run ready = run_in(0, RunState::ready), failed = run_in(0, RunState::failed);
  const Run stuck = run_in(0, RunState::needs_operator);
  const auto text = [&](std::vector<Run> runs) {
    return text_of(runs, {pending, pending, pending}, "budget");
  };
  const std::string so = "too many runs have failed for it to open: wave canary has ";
  CHECK(text({ready, failed, failed}) == so + "2 failed runs and may have 0");
  CHECK(text({ready, stuck}) == so + "1 run in need of an operator and may have 0");
  CHECK(text({ready, failed, stuck, stuck}) ==
        so + "1 failed run and 2 in need of an operator and may have 0");
}

TEST_CASE("a failed run of a rollout that goes on can still be decided") {
  CHECK(text_of({run_in(0, RunState::failed)}, {open, pending, pending}, "over") ==
        "it is failed, which `retry` or `skip` changes");
  CHECK(text_of({run_in(0, RunState::skipped)}, {open, pending, pending}, "over") ==
        "it is skipped");
}
