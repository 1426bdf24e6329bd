// Admission and the reasons are one: whatever the plan and the moves, a run has no reason to wait
// exactly when it is the next that admission lets pass.
#include <doctest/doctest.h>

#include <optional>

#include "engine/reasons.h"
#include "tests/engine/rollout_model.h"

using namespace pawl;
using pawl::test::Dice;
using pawl::test::RolloutModel;

namespace {

constexpr CloudInstant began{Instant{Duration{1'000'000'000}}};
constexpr Duration hour = std::chrono::hours{1};

/// Open for an hour of every third.
std::optional<Opening> every_third_hour(CloudInstant now) {
  const auto third = (now.at.time_since_epoch() / (3 * hour)) * (3 * hour);
  Opening opening{{Instant{third}}, {Instant{third + hour}}};
  if (opening.to <= now) opening = {opening.from + 3 * hour, opening.to + 3 * hour};
  return opening;
}

RolloutRules any_rules(Dice& dice) {
  RolloutRules rules;
  rules.checks_parallel = static_cast<std::uint32_t>(1 + dice.below(4));
  rules.check_ahead = dice.chance(50);
  if (dice.chance(30)) rules.max_failures = static_cast<std::uint32_t>(dice.below(6));
  const std::size_t waves = 1 + dice.below(4);
  for (std::size_t i = 0; i < waves; ++i) {
    WaveRules& wave = rules.waves.emplace_back();
    wave.name = "w" + std::to_string(i);
    wave.max_parallel = static_cast<std::uint32_t>(1 + dice.below(4));
    wave.max_failures = static_cast<std::uint32_t>(dice.below(8));
    if (dice.chance(30)) wave.overshoot = Overshoot::never;
    if (dice.chance(30)) wave.approval = Approval::required;
    if (dice.chance(30)) wave.soak = hour;
    if (dice.chance(40)) wave.spread_max = static_cast<std::uint32_t>(1 + dice.below(2));
    if (dice.chance(40)) wave.windows = every_third_hour;
  }
  return rules;
}

class Walk {
 public:
  Walk(RolloutRules rules, std::size_t runs, Dice& dice)
      : dice_(dice),
        model_(std::move(rules), runs, dice),
        rollout_(model_.rules(), model_.runs(), model_.waves(), model_.state()) {
    for (std::size_t i = 0; i < model_.runs().size(); ++i) {
      Run run = model_.runs()[i];
      run.spread = static_cast<std::uint32_t>(dice_.below(4));
      model_.put(i, run);
      park(i);
    }
  }

  void step() {
    if (dice_.chance(20)) now_ = now_ + Duration{hour.count() * dice_.below(3) / 2};
    if (dice_.chance(5)) rollout_.freeze(!rollout_.frozen());
    if (dice_.chance(10)) pull();
    if (dice_.chance(60)) rollout_.advance(present());
    compare(Gate::check);
    compare(Gate::upgrade);
    const Gate gate = dice_.chance(50) ? Gate::check : Gate::upgrade;
    if (const auto i = dice_.chance(60) ? rollout_.admit(gate, present()) : std::nullopt) {
      move(*i, model_.admit(*i));
    }
    const std::size_t any = dice_.below(model_.runs().size());
    if (const auto after = model_.move(any)) move(any, *after);
  }

  std::array<int, obstacle_kinds> met{};
  int gone = 0;

 private:
  Present present() const {
    Present present{CloudNow{now_, now_ + Duration{10}}, Duration{0}};
    if (rollout_.frozen()) present.cloud.reset();
    present.upgrade_takes = hour / 4;
    return present;
  }

  void park(std::size_t i) {
    const Run& run = model_.runs()[i];
    if (model_.parked(i)) rollout_.park(i, run, run.step == 0 ? Gate::check : Gate::upgrade);
  }

  void move(std::size_t i, const Run& after) {
    const Run before = model_.runs()[i];
    model_.put(i, after);
    rollout_.moved(before, after);
    park(i);
  }

  void pull() {
    constexpr LeverKind levers[] = {LeverKind::pause,   LeverKind::unpause, LeverKind::unpause,
                                    LeverKind::approve, LeverKind::approve, LeverKind::deny};
    (void)rollout_.pull(levers[dice_.below(std::size(levers))], "", "someone", "");
  }

  void compare(Gate gate) {
    Rollout copy = rollout_;
    const auto next = copy.admit(gate, present());
    for (std::size_t i = 0; i < model_.runs().size(); ++i) {
      const Run& run = model_.runs()[i];
      if (run.phase == Phase::waiting && run.holds_place) {
        CHECK(reasons(rollout_, "n-1", i, run, Gate::send, present()).empty() ==
              rollout_.obstacles(Gate::send, i, run, present()).none());
      }
      if (!model_.parked(i) || (run.step == 0) != (gate == Gate::check)) continue;
      const auto why = reasons(rollout_, "n-1", i, run, gate, present());
      CHECK(why.empty() == (next == i));
      gone += why.empty() ? 1 : 0;
      const Obstacles obstacles = rollout_.obstacles(gate, i, run, present());
      REQUIRE(why.size() == obstacles.count());
      for (std::size_t kind = 0, n = 0; kind < obstacle_kinds; ++kind) {
        if (!obstacles[kind]) continue;
        ++met[kind];
        CHECK(why[n].what == to_string(static_cast<Obstacle>(kind)));
        CHECK_FALSE(why[n].text.empty());
        const auto& earliest = why[n++].earliest;
        if (earliest) CHECK(*earliest >= now_);
      }
    }
  }

  Dice& dice_;
  RolloutModel model_;
  Rollout rollout_;
  CloudInstant now_ = began;
};

}  // namespace

TEST_CASE("a run has no reason to wait exactly when admission lets it pass next") {
  std::array<int, obstacle_kinds> met{};
  int gone = 0;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    Walk walk(any_rules(dice), 1 + dice.below(14), dice);
    for (int steps = 0; steps < 200; ++steps)
      walk.step();
    for (std::size_t i = 0; i < obstacle_kinds; ++i)
      met[i] += walk.met[i];
    gone += walk.gone;
  }
  // The seeds met every obstacle, and many runs had none.
  for (std::size_t i = 0; i < obstacle_kinds; ++i) {
    CAPTURE(to_string(static_cast<Obstacle>(i)));
    if (static_cast<Obstacle>(i) != Obstacle::ended) CHECK(met[i] > 20);
  }
  CHECK(gone > 1'000);
}

TEST_CASE("what only time decides says when, and a person's part says whose turn it is") {
  RolloutRules rules;
  rules.check_ahead = false;
  rules.waves.resize(2);
  rules.waves[0].name = "first";
  rules.waves[0].soak = hour;
  rules.waves[1].name = "second";
  rules.waves[1].windows = every_third_hour;
  rules.waves[1].approval = Approval::required;
  Run first, second;
  first.state = RunState::upgrading;
  first.phase = Phase::submitted;
  first.step = 1;
  second.wave = 1;
  second.step = 1;
  second.checked_once = true;
  second.state = RunState::ready;
  const std::vector<Run> runs{first, second};
  Rollout rollout(rules, runs, std::vector<WaveState>{WaveState::open, WaveState::pending},
                  RolloutState::running);
  rollout.park(1, second, Gate::upgrade);
  // Three hours begin at a multiple of three since 1970; this is its first second.
  const CloudInstant now{Instant{3 * hour * 100'000}};
  const Present present{CloudNow{now, now}, hour / 2};
  const auto why = reasons(rollout, "n-1", 1, second, Gate::upgrade, present);
  REQUIRE(why.size() == 2);
  CHECK(why[0].what == "earlier_wave");
  CHECK(why[0].earliest == now + hour);  // the soak that is still to come
  CHECK(why[1].what == "approval");
  CHECK_FALSE(why[1].earliest);
  const Present later{CloudNow{now + hour, now + hour}, hour / 2};
  const auto closed = reasons(rollout, "n-1", 1, second, Gate::upgrade, later);
  REQUIRE(closed.size() == 3);
  CHECK(closed[2].what == "window");
  CHECK(closed[2].earliest == now + 3 * hour);
  const auto busy = reasons(rollout, "n-1", 0, first, std::nullopt, present);
  REQUIRE(busy.size() == 1);
  CHECK(busy[0].what == "under_way");
}

TEST_CASE("what comes after an upgrade waits for nobody's leave, and a cancelled rollout is one") {
  RolloutRules rules;
  rules.waves.resize(1);
  Run run;
  run.state = RunState::verifying;
  run.step = 1;
  run.checked_once = true;
  Rollout rollout(rules, std::vector<Run>{run}, std::vector<WaveState>{WaveState::open},
                  RolloutState::running);
  REQUIRE(rollout.pull(LeverKind::pause, "", "ann@host", "").index() == 0);
  rollout.freeze(true);
  CHECK(reasons(rollout, "n-1", 0, run, Gate::after, {}).empty());
  REQUIRE(rollout.pull(LeverKind::cancel, "", "ann@host", "").index() == 0);
  run.state = RunState::ready;
  const auto why = reasons(rollout, "n-1", 0, run, Gate::upgrade, {});
  REQUIRE_FALSE(why.empty());
  CHECK(why[0].text == "n-1 is cancelled: what has not been sent is never sent");
}
