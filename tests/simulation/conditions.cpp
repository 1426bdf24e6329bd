#include "tests/simulation/conditions.h"

#include <algorithm>
#include <chrono>
#include <string>

#include "tests/support/dice.h"

namespace pawl::simulation {

namespace {

using namespace std::chrono_literals;
using test::Dice;

/// One store in so many is a real one.
constexpr std::uint64_t disk_every = 15;

FailureBudget budget_of(Dice& dice) {
  if (dice.chance(50)) {
    return {FailureBudget::Unit::count, static_cast<std::uint32_t>(dice.from(0, 4))};
  }
  return {FailureBudget::Unit::percent, static_cast<std::uint32_t>(dice.from(5, 60))};
}

std::uint32_t number(Dice& dice, std::size_t least, std::size_t most) {
  return static_cast<std::uint32_t>(dice.from(least, most));
}

Plan plan_of(Dice& dice) {
  Plan plan;
  plan.name = "plan";
  plan.cloud.endpoint = "https://cloud";
  plan.cloud.calls_per_minute = dice.chance(20) ? 60 : number(dice, 200, 2'000);
  plan.target_version = dice.chance(50) ? "14" : "15.4";
  plan.cutover = dice.chance(60) ? cloud::Cutover::yes : cloud::Cutover::no;
  const std::size_t waves = dice.from(1, 3);
  for (std::size_t i = 0; i < waves; ++i) {
    Wave wave;
    wave.name = "wave" + std::to_string(i + 1);
    wave.max_parallel = number(dice, 1, 10);
    wave.max_failures = budget_of(dice);
    if (dice.chance(20)) wave.overshoot = Overshoot::never;
    if (dice.chance(10)) wave.approval = Approval::required;
    if (dice.chance(20)) wave.soak = dice.within(1min, 30min);
    plan.waves.push_back(std::move(wave));
  }
  if (dice.chance(20)) plan.max_failures = budget_of(dice);
  plan.check.parallel = number(dice, 1, 20);
  plan.check.first = dice.chance(60) ? FirstCheck::ahead : FirstCheck::before_turn;
  plan.check.margin = dice.within(8min, 20min);
  plan.check.attempts = number(dice, 1, 3);
  plan.polling = {30s, dice.within(5s, 20s), dice.within(1min, 5min)};
  plan.timeouts = {dice.within(20min, 1h), dice.chance(80) ? Duration{12h} : dice.within(40min, 2h),
                   dice.within(20min, 1h), dice.within(2min, 4min), dice.within(10s, 30s)};
  plan.backup_before_upgrade = dice.chance(30);
  for (auto* hooks : {&plan.before_hooks, &plan.after_hooks}) {
    for (std::size_t n = dice.chance(30) ? dice.from(1, 2) : 0; n > 0; --n)
      hooks->push_back({"hook " + std::to_string(n), dice.within(5min, 20min)});
  }
  plan.on_foreign = std::array{OnForeign::stop, OnForeign::skip, OnForeign::adopt}[dice.below(3)];
  return plan;
}

simulate::Settings cloud_of(Dice& dice, std::size_t instances) {
  simulate::Settings cloud;
  cloud.seed = dice.below(1'000'000);
  cloud.instances = static_cast<std::uint32_t>(instances);
  cloud.replicas = number(dice, 0, 1);
  cloud.mysql = number(dice, 0, 1);
  cloud.frozen = number(dice, 0, 1);
  cloud.busy = number(dice, 0, 2);
  cloud.check_time = {30s, dice.within(1min, 10min)};
  cloud.upgrade_time = {dice.within(1min, 5min), dice.within(6min, 40min)};
  cloud.backup_time = {30s, dice.within(1min, 10min)};
  cloud.backup_fail = dice.chance(50) ? 0 : 0.1;
  cloud.check_valid = dice.chance(70) ? Duration{24h * 7} : dice.within(40min, 2h);
  cloud.visible_after = dice.chance(50) ? Duration{0} : dice.within(1s, 30s);
  cloud.dst_delay = dice.chance(50) ? Duration{0} : dice.within(1s, 3min);
  cloud.swap_delay = dice.chance(50) ? Duration{0} : dice.within(1s, 3min);
  cloud.check_fail = dice.chance(50) ? 0 : 0.15;
  cloud.upgrade_fail = dice.chance(50) ? 0 : 0.15;
  // Busy and foreign from before the rollout began, and for a while into it.
  cloud.busy_time = 24h * 3 + dice.within(0s, 2h);
  return cloud;
}

Weather weather_of(Dice& dice, std::size_t instances) {
  if (dice.chance(5)) return {};
  const auto share = [&dice](std::size_t most) {
    return dice.chance(30) ? std::size_t{0} : dice.from(1, most);
  };
  Weather weather;
  weather.not_sent = share(40);
  weather.slow = share(40);
  weather.lost = share(40);
  weather.troubled = share(150);
  weather.late = share(300);
  weather.undated = share(50);
  weather.suspended = share(20);
  weather.commit_fails = share(10);
  weather.interrupted = share(3);
  weather.meddled = dice.chance(50) ? 0 : dice.from(1, 8);
  weather.hooks_unmade = share(20);
  weather.hooks_fail = share(150);
  weather.hooks_hang = share(100);
  weather.lives = share(30);
  weather.foreign = share(instances / 2 + 1);
  weather.levers = dice.chance(50) ? 0 : dice.from(1, 12);
  weather.clock_set = share(30);
  if (dice.chance(20)) {
    // Doubt upon doubt: the settle time is what stands between one upgrade and two.
    weather.lost = 200;
    weather.late = 900;
    weather.overtaken = 300;
    weather.clock_set = 150;
    weather.meddled = 30;
  }
  return weather;
}

}  // namespace

Conditions conditions_of(std::uint64_t seed) {
  Dice dice(seed);
  Conditions conditions;
  conditions.seed = seed;
  conditions.on_disk = seed % disk_every == 0;
  const std::size_t instances = conditions.on_disk ? dice.from(3, 8)
                                : dice.chance(10)  ? dice.from(30, 60)
                                                   : dice.from(4, 20);
  conditions.plan = plan_of(dice);
  conditions.cloud = cloud_of(dice, instances);
  conditions.plan.cloud.project_id = conditions.cloud.project_id;
  conditions.weather = weather_of(dice, instances);
  conditions.storm = dice.within(30min, 6h);
  return conditions;
}

Duration slowest_acceptance(const Conditions& conditions) {
  return conditions.plan.timeouts.settle - conditions.cloud.visible_after - Duration{5s};
}

}  // namespace pawl::simulation
