#include <doctest/doctest.h>

#include <memory>
#include <optional>

#include "engine/rollout.h"
#include "tests/engine/rollout_model.h"

using namespace pawl;
using pawl::test::Dice;
using pawl::test::RolloutModel;

namespace {

RolloutRules any_waves(Dice& dice) {
  RolloutRules rules;
  rules.checks_parallel = static_cast<std::uint32_t>(1 + dice.below(4));
  rules.check_ahead = dice.chance(50);
  if (dice.chance(30)) rules.max_failures = static_cast<std::uint32_t>(dice.below(6));
  const std::size_t waves = 1 + dice.below(4);
  for (std::size_t i = 0; i < waves; ++i) {
    rules.waves.push_back({"w" + std::to_string(i), static_cast<std::uint32_t>(1 + dice.below(3)),
                           static_cast<std::uint32_t>(dice.below(8))});
  }
  return rules;
}

/// The rollout and its slow double, moved together and compared after every move.
class Pair {
 public:
  Pair(RolloutRules rules, std::size_t runs, Dice& dice)
      : dice_(dice), model_(std::move(rules), runs, dice) {
    restart();
  }

  /// False when nothing can move any more.
  bool step() {
    if (dice_.chance(2)) restart();
    if (dice_.chance(60)) advance();
    if (dice_.chance(50)) admit(dice_.chance(50) ? Gate::check : Gate::upgrade);
    if (dice_.chance(80)) move_any();
    compare();
    return can_go_on();
  }
  const RolloutModel& model() const { return model_; }

 private:
  void restart() {
    model_.forget_places();
    rollout_.emplace(model_.rules(), model_.runs(), model_.waves(), model_.state());
    for (std::size_t i = 0; i < model_.runs().size(); ++i)
      park(i);
  }

  void park(std::size_t i) {
    const Run& run = model_.runs()[i];
    if (model_.parked(i)) rollout_->park(i, run, run.step == 0 ? Gate::check : Gate::upgrade);
  }

  void move(std::size_t i, const Run& after) {
    const Run before = model_.runs()[i];
    model_.put(i, after);
    rollout_->moved(before, after);
    park(i);
  }

  void admit(Gate gate) {
    const auto expected = model_.may_pass(gate);
    const auto admitted = rollout_->admit(gate, {});
    CHECK(admitted == expected);
    if (expected) move(*expected, model_.admit(*expected));
  }

  void move_any() {
    const std::size_t i = dice_.below(model_.runs().size());
    if (const auto after = model_.move(i)) move(i, *after);
  }

  void advance() {
    const auto expected = model_.advance();
    const auto moves = rollout_->advance({});
    REQUIRE(moves.size() == expected.size());
    for (std::size_t i = 0; i < moves.size(); ++i) {
      CHECK(moves[i].event == expected[i]);
      CHECK(moves[i].from != moves[i].to);
    }
    CHECK(rollout_->advance({}).empty());  // one call drains it
  }

  /// Law 5, and that counting moves gives the same as counting runs.
  void compare() {
    CHECK(rollout_->state() == model_.state());
    CHECK(rollout_->in_flight() == model_.in_flight());
    CHECK(model_.checks_in_flight() <= model_.rules().checks_parallel);
    bool all_before_closed = true;
    for (std::size_t w = 0; w < model_.waves().size(); ++w) {
      const auto wave = static_cast<std::int32_t>(w);
      const std::uint32_t upgrading = model_.upgrades_in_flight(wave);
      CHECK(upgrading <= model_.rules().waves[w].max_parallel);
      if (upgrading > 0) {
        CHECK(all_before_closed);
        CHECK(rollout_->wave_state(w) == WaveState::open);
      }
      all_before_closed = all_before_closed && rollout_->wave_state(w) == WaveState::closed;
      CHECK(rollout_->wave_state(w) == model_.waves()[w]);
      for (std::size_t state = 0; state < run_states; ++state) {
        CHECK(rollout_->counts(w)[state] == model_.count(wave, static_cast<RunState>(state)));
      }
    }
  }

  bool can_go_on() {
    if (model_.state() != RolloutState::running) return model_.in_flight() > 0;
    return true;
  }

  Dice& dice_;
  RolloutModel model_;
  std::optional<Rollout> rollout_;
};

}  // namespace

TEST_CASE("whatever the plan and the moves, admission and waves are those of a plain count") {
  std::size_t finished = 0, halted = 0, closed = 0;
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    Pair pair(any_waves(dice), 1 + dice.below(14), dice);
    for (int steps = 0; steps < 600 && pair.step(); ++steps) {
    }
    finished += pair.model().state() == RolloutState::finished ? 1 : 0;
    halted += pair.model().state() == RolloutState::halted ? 1 : 0;
    for (const WaveState state : pair.model().waves())
      closed += state == WaveState::closed ? 1 : 0;
  }
  // The seeds went everywhere.
  CHECK(finished > 30);
  CHECK(halted > 30);
  CHECK(closed > 100);
}
