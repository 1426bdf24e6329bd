#include "engine/rollout.h"

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <vector>

using namespace pawl;

namespace {

/// A fleet whose runs are put where a test wants them.
class Fleet {
 public:
  /// `sizes`: runs of each wave.
  Fleet(RolloutRules rules, const std::vector<std::size_t>& sizes) {
    for (std::size_t wave = 0; wave < sizes.size(); ++wave) {
      for (std::size_t i = 0; i < sizes[wave]; ++i) {
        Run run;
        run.id = static_cast<std::int64_t>(runs_.size() + 1);
        run.wave = static_cast<std::int32_t>(wave);
        runs_.push_back(run);
      }
    }
    const std::vector<WaveState> waves(sizes.size(), WaveState::pending);
    rollout_.emplace(std::move(rules), runs_, waves, RolloutState::running);
    for (std::size_t i = 0; i < runs_.size(); ++i)
      rollout_->park(i, runs_[i], Gate::check);
  }

  Rollout& operator*() { return *rollout_; }
  Rollout* operator->() { return &*rollout_; }

  void put(std::size_t i, RunState state, Phase phase, std::uint8_t step) {
    Run after = runs_[i];
    after.state = state;
    after.phase = phase;
    after.step = step;
    after.checked_once = after.checked_once || step > 0;
    rollout_->moved(runs_[i], after);
    runs_[i] = after;
  }
  void end(std::size_t i, RunState state) { put(i, state, Phase::over, runs_[i].step); }
  /// It failed of what would fail every other as well.
  void spend(std::size_t i, std::string reason) {
    runs_[i].reason = std::move(reason);
    end(i, RunState::failed);
    halts(i, true);
  }
  void halts(std::size_t i, bool does) {
    Run after = runs_[i];
    after.halts = does;
    rollout_->moved(runs_[i], after);
    runs_[i] = after;
  }
  /// Its check has passed, and it waits for a place among the upgrades.
  void ready(std::size_t i) {
    put(i, RunState::ready, Phase::waiting, 1);
    rollout_->park(i, runs_[i], Gate::upgrade);
  }
  void upgrade(std::size_t i) { put(i, RunState::upgrading, Phase::submitted, 1); }

  std::string advance() {
    std::string events;
    for (const RolloutMove& move : rollout_->advance({})) {
      events += move.event + (move.wave < 0 ? "" : " " + std::to_string(move.wave)) +
                (move.reason.empty() ? "" : ": " + move.reason) + "; ";
    }
    return events;
  }

 private:
  std::vector<Run> runs_;
  std::optional<Rollout> rollout_;
};

RolloutRules rules_of(std::vector<WaveRules> waves) {
  RolloutRules rules;
  rules.checks_parallel = 100;
  rules.waves = std::move(waves);
  return rules;
}

}  // namespace

TEST_CASE("a rollout halts when failures exceed what it may have, not when they reach it") {
  Fleet fleet(rules_of({{"all", 10, 2}}), {5});
  for (std::size_t i = 0; i < 5; ++i)
    fleet.ready(i);
  CHECK(fleet.advance() == "wave_opened 0; ");
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(fleet->admit(Gate::upgrade, {}) == i);
    fleet.upgrade(i);
    fleet.end(i, RunState::failed);
  }
  CHECK(fleet.advance().empty());
  CHECK(fleet->admit(Gate::upgrade, {}) == 2);
  fleet.end(2, RunState::failed);
  CHECK(fleet.advance() == "rollout_halted: wave all has 3 failed runs and may have 2; ");
  CHECK(fleet->state() == RolloutState::halted);
}

TEST_CASE("what would fail every other run halts the rollout at once, and until it is decided") {
  RolloutRules rules = rules_of({{"all", 10, 5}});
  SUBCASE("whatever the budget") {}
  SUBCASE("while the fleet is checked ahead") {
    rules.check_ahead = true;
  }
  Fleet fleet(std::move(rules), {3});
  fleet.ready(0);
  fleet.advance();
  fleet.spend(0, "the quota is spent");
  CHECK(fleet.advance() ==
        "rollout_halted: no other instance would fare better: the quota is spent; ");
  CHECK(fleet->admit(Gate::upgrade, {}) == std::nullopt);
  CHECK(fleet->admit(Gate::check, {}) == std::nullopt);
  CHECK(fleet.advance().empty());
  fleet.put(0, RunState::pending, Phase::waiting, 0);
  fleet.halts(0, false);
  CHECK(fleet.advance() == "rollout_resumed: nothing halts it any more; ");
}

TEST_CASE("nothing is admitted once a rollout is halted, and what flies comes to its end") {
  Fleet fleet(rules_of({{"all", 10, 0}}), {3});
  fleet.ready(0);
  fleet.ready(1);
  fleet.ready(2);
  fleet.advance();
  fleet.upgrade(0);
  fleet.end(1, RunState::failed);
  CHECK(fleet.advance() == "rollout_halted: wave all has 1 failed run and may have 0; ");
  CHECK_FALSE(fleet->may_start());
  CHECK_FALSE(fleet->admit(Gate::check, {}).has_value());
  CHECK_FALSE(fleet->admit(Gate::upgrade, {}).has_value());
  CHECK(fleet->in_flight() == 1);
  fleet.end(0, RunState::succeeded);
  CHECK(fleet->in_flight() == 0);
  CHECK(fleet.advance().empty());
}

TEST_CASE("a run that needs an operator counts as failed and keeps its place") {
  Fleet fleet(rules_of({{"all", 2, 1}}), {4});
  for (std::size_t i = 0; i < 4; ++i)
    fleet.ready(i);
  fleet.advance();
  CHECK(fleet->admit(Gate::upgrade, {}) == 0);
  fleet.upgrade(0);
  fleet.end(0, RunState::needs_operator);
  CHECK(fleet.advance().empty());
  CHECK(fleet->admit(Gate::upgrade, {}) == 1);
  fleet.upgrade(1);
  CHECK_FALSE(fleet->admit(Gate::upgrade, {}).has_value());
  fleet.end(1, RunState::needs_operator);
  CHECK(fleet.advance() ==
        "rollout_halted: wave all has 2 runs in need of an operator and may have 1; ");
}

TEST_CASE("a wave stays open for a run that needs an operator") {
  Fleet fleet(rules_of({{"one", 1, 5}, {"two", 1, 0}}), {1, 1});
  fleet.ready(0);
  fleet.ready(1);
  fleet.advance();
  CHECK(fleet->admit(Gate::upgrade, {}) == 0);
  fleet.upgrade(0);
  fleet.end(0, RunState::needs_operator);
  CHECK(fleet.advance().empty());
  CHECK_FALSE(fleet->admit(Gate::upgrade, {}).has_value());
  fleet.end(0, RunState::succeeded);
  CHECK(fleet.advance() == "wave_closed 0; wave_opened 1; ");
  CHECK(fleet->admit(Gate::upgrade, {}) == 1);
}

TEST_CASE("with checks ahead no wave opens before every first check has ended") {
  Fleet fleet(rules_of({{"one", 1, 0}, {"two", 1, 0}}), {1, 1});
  CHECK(fleet.advance().empty());
  CHECK(fleet->admit(Gate::check, {}) == 0);
  CHECK(fleet->admit(Gate::check, {}) == 1);
  fleet.ready(0);
  CHECK(fleet.advance().empty());
  CHECK_FALSE(fleet->admit(Gate::upgrade, {}).has_value());
  fleet.put(1, RunState::checking, Phase::submitted, 0);
  CHECK(fleet.advance().empty());
  fleet.ready(1);
  CHECK(fleet.advance() == "wave_opened 0; ");
}

TEST_CASE("without checks ahead the check waits for its wave") {
  RolloutRules rules = rules_of({{"one", 1, 0}, {"two", 1, 0}});
  rules.check_ahead = false;
  Fleet fleet(rules, {1, 1});
  CHECK_FALSE(fleet->admit(Gate::check, {}).has_value());
  CHECK(fleet.advance() == "wave_opened 0; ");
  CHECK(fleet->admit(Gate::check, {}) == 0);
  CHECK_FALSE(fleet->admit(Gate::check, {}).has_value());
}

TEST_CASE("a check ahead that failed is charged to its wave and judged when that would open") {
  Fleet fleet(rules_of({{"one", 1, 0}, {"two", 1, 0}}), {1, 1});
  fleet.end(1, RunState::failed);
  fleet.ready(0);
  CHECK(fleet.advance() == "wave_opened 0; ");
  CHECK(fleet->admit(Gate::upgrade, {}) == 0);
  fleet.upgrade(0);
  fleet.end(0, RunState::succeeded);
  CHECK(fleet.advance() ==
        "wave_closed 0; rollout_halted: wave two has 1 failed run and may have 0; ");
  CHECK(fleet->wave_state(1) == WaveState::pending);
}

TEST_CASE("the budget of the whole rollout counts every wave") {
  RolloutRules rules = rules_of({{"one", 9, 9}, {"two", 9, 9}});
  rules.max_failures = 1;
  Fleet fleet(rules, {2, 2});
  fleet.end(0, RunState::failed);
  fleet.ready(1);
  fleet.ready(2);
  fleet.ready(3);
  fleet.advance();
  fleet.end(1, RunState::skipped);
  CHECK(fleet.advance() == "wave_closed 0; wave_opened 1; ");
  fleet.end(2, RunState::failed);
  CHECK(fleet.advance() == "rollout_halted: the rollout has 2 failed runs and may have 1; ");
}

TEST_CASE("runs are admitted in the order of the waves, and in it of their positions") {
  Fleet fleet(rules_of({{"one", 9, 0}, {"two", 9, 0}}), {2, 2});
  for (std::size_t i = 0; i < 4; ++i)
    CHECK(fleet->admit(Gate::check, {}) == i);
  for (const std::size_t i : {3U, 1U, 2U, 0U})
    fleet.ready(i);
  fleet.advance();
  CHECK(fleet->admit(Gate::upgrade, {}) == 0);
  CHECK(fleet->admit(Gate::upgrade, {}) == 1);
  CHECK_FALSE(fleet->admit(Gate::upgrade, {}).has_value());
}

TEST_CASE("a retried run leaves the count") {
  Fleet fleet(rules_of({{"all", 9, 1}}), {3});
  fleet.end(0, RunState::failed);
  fleet.end(0, RunState::pending);
  fleet.end(1, RunState::failed);
  fleet.ready(2);
  CHECK(fleet->total(RunState::failed) == 1);
  CHECK(fleet.advance() == "wave_opened 0; ");
}

TEST_CASE("empty waves and empty rollouts come to their end") {
  Fleet nothing(rules_of({{"one", 1, 0}, {"two", 1, 0}}), {0, 0});
  CHECK(nothing.advance() ==
        "wave_opened 0; wave_closed 0; wave_opened 1; wave_closed 1; rollout_finished; ");
  Fleet no_waves(rules_of({}), {});
  CHECK(no_waves.advance() == "rollout_finished; ");
}

TEST_CASE("a rollout whose last run fails within the budget finishes, beyond it halts") {
  Fleet within(rules_of({{"all", 1, 1}}), {1});
  within.end(0, RunState::failed);
  CHECK(within.advance() == "wave_opened 0; wave_closed 0; rollout_finished; ");
  Fleet beyond(rules_of({{"all", 1, 0}}), {1});
  beyond.end(0, RunState::failed);
  CHECK(beyond.advance() == "rollout_halted: wave all has 1 failed run and may have 0; ");
}

TEST_CASE("a rollout that was left halted or half-way goes on from there") {
  Run done, waiting;
  done.state = RunState::succeeded;
  done.phase = Phase::over;
  waiting.wave = 1;
  Run lost = done;
  lost.wave = 1;
  lost.state = RunState::failed;
  const std::vector<Run> runs{done, waiting, lost};
  const std::vector<WaveState> waves{WaveState::closed, WaveState::open};
  Rollout halted(rules_of({{"one", 1, 0}, {"two", 1, 0}}), runs, waves, RolloutState::halted);
  halted.park(1, waiting, Gate::check);
  CHECK_FALSE(halted.admit(Gate::check, {}).has_value());
  CHECK(halted.advance({}).empty());
  Rollout running(rules_of({{"one", 1, 0}, {"two", 1, 1}}), runs, waves, RolloutState::running);
  running.park(1, waiting, Gate::check);
  CHECK(running.admit(Gate::check, {}) == 1);
}

TEST_CASE("the words of waves and rollouts are read back, and no others") {
  for (int i = 0; i <= static_cast<int>(WaveState::closed); ++i) {
    const auto state = static_cast<WaveState>(i);
    CHECK(wave_state_from(to_string(state)) == state);
  }
  for (int i = 0; i <= static_cast<int>(RolloutState::finished); ++i) {
    const auto state = static_cast<RolloutState>(i);
    CHECK(rollout_state_from(to_string(state)) == state);
  }
  CHECK_FALSE(wave_state_from("Open").has_value());
  CHECK_FALSE(rollout_state_from("").has_value());
}
