#include "tests/simulation/play.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>

#include "cli/rollout_start.h"
#include "engine/entries.h"
#include "engine/loop.h"
#include "tests/simulation/laws.h"
#include "tests/simulation/ledger.h"
#include "tests/simulation/network.h"
#include "tests/simulation/operators.h"
#include "tests/support/busiest_minute.h"

namespace pawl::simulation {

namespace {

using namespace std::chrono_literals;

/// What happened before the rollout takes so long.
constexpr Duration past = std::chrono::hours{24 * 3};

std::string_view word_of(Ending ending) {
  constexpr std::array<std::string_view, 7> words{
      "finished", "halted", "attention", "waiting", "cancelled", "interrupted", "refused"};
  return words[static_cast<std::size_t>(ending)];
}

class Play final : public Watcher {
 public:
  Play(const Conditions& conditions, Tally& tally, Story* story)
      : conditions_(conditions), world_(conditions, tally, story), cloud_(world_) {}

  std::optional<Broken> run();

 private:
  void live_the_past();
  void enrol();
  Start begun_at(Instant at) const;
  void plan_the_future();
  void set_cloud_clock();
  Duration patience() const;

  std::optional<Ending> live();
  bool take_up(Loop::Seams seams, std::unique_ptr<Loop>& loop);
  std::optional<Ending> turns(Loop& loop);
  void rest();
  Instant wall_clock();
  void judge_quota();

  void committed(std::span<const Entry>) override {}
  void turned(const Rollout&, const std::optional<Waiting>&, Instant) override {}

  const std::string& any_member() {
    return start_.created.runs[world_.dice.below(start_.created.runs.size())].instance_id;
  }
  const std::string& any_target() {
    const auto& targets = conditions_.cloud.targets;
    return targets[world_.dice.below(targets.size())];
  }

  const Conditions& conditions_;
  World world_;
  TrueCloud cloud_;
  Machine machine_{world_};
  MajorUpgrade workflow_{goal_of(conditions_.plan, {}), conditions_.plan.timeouts,
                         conditions_.plan.check};
  LoopRules rules_;
  std::vector<pawl::Member> members_;
  Start start_;
  Lifeline life_;
  std::optional<Laws> laws_;
  std::optional<Ledger> ledger_;
  std::optional<Operators> operators_;
  std::vector<Instant> calls_;
  std::size_t lives_left_ = 0, clock_leaps_ = 0;
};

/// The fleet has a past: rehearsals, upgrades, checks of others.
void Play::live_the_past() {
  const Instant end = world_.now() + past;
  const auto fleet = cloud_.fleet();
  for (const Shown& instance : fleet) {
    if (!instance.postgresql || !world_.dice.chance(10)) continue;
    const std::string& target = any_target();
    cloud_.start_check(instance.id, target);
    world_.pass(1h);
    if (world_.dice.chance(50)) {
      cloud_.start_upgrade(instance.id, target, world_.dice.chance(30));
      world_.pass(1h);
    }
  }
  world_.pass(end - world_.now());
}

void Play::enrol() {
  const std::size_t waves = conditions_.plan.waves.size();
  for (const Shown& instance : cloud_.fleet()) {
    const auto wave = static_cast<std::uint32_t>(world_.dice.below(waves));
    members_.push_back({instance.id, instance.name, wave, std::nullopt});
  }
  std::stable_sort(members_.begin(), members_.end(),
                   [](const auto& a, const auto& b) { return a.wave < b.wave; });
  start_ = begun_at(world_.now());
  std::vector<std::int64_t> totals;
  for (const WaveRecord& wave : start_.created.waves)
    totals.push_back(wave.total);
  rules_ = rules_of(conditions_.plan, totals);
  world_.tally.count("rollouts");
  world_.tally.count("instances", members_.size());
  laws_.emplace(world_, cloud_, machine_, workflow_, rules_, start_.created);
  ledger_.emplace(world_, *laws_, life_, workflow_);
}

Start Play::begun_at(Instant at) const {
  return start_rollout(conditions_.plan, workflow_, members_, {1, 1, "", "", "ann@host", at});
}

void Play::plan_the_future() {
  world_.calm_at = world_.now() + conditions_.storm;
  lives_left_ = conditions_.weather.lives;
  operators_.emplace(world_, *ledger_, *laws_, start_.created).begin();
  for (std::size_t i = 0; i < conditions_.weather.foreign; ++i)
    world_.after(world_.dice.within(0s, conditions_.storm),
                 [this] { cloud_.someone_acts_on(any_member()); });
  for (std::size_t i = 0; i < conditions_.weather.clock_set; ++i)
    world_.after(world_.dice.within(0s, conditions_.storm), [this] { set_cloud_clock(); });
}

void Play::set_cloud_clock() {
  const Duration by = world_.dice.within(0s, 8min) - 4min;
  world_.befall(by < Duration{0} ? "cloud clocks set back" : "cloud clocks set forward");
  cloud_.set_clock(by);
}

/// Once nothing goes wrong any more a rollout takes at most so long.
Duration Play::patience() const {
  const Plan& plan = conditions_.plan;
  Duration one = plan.timeouts.check * (4 * plan.check.attempts + 4) + plan.timeouts.upgrade +
                 plan.timeouts.verify + plan.timeouts.settle * 20;
  if (plan.backup_before_upgrade) one += plan.timeouts.upgrade;
  for (const auto* hooks : {&plan.before_hooks, &plan.after_hooks}) {
    for (const Hook& hook : *hooks)
      one += hook.timeout + plan.timeouts.check;
  }
  // A helping hand makes it begin again, and a person is waited for before each wave.
  const auto times = static_cast<Duration::rep>((start_.created.runs.size() + 1) * 4);
  return one * times + plan.waves.size() * Duration{2h};
}

std::optional<Broken> Play::run() {
  live_the_past();
  enrol();
  plan_the_future();
  const Instant end_by = world_.calm_at + patience();
  std::optional<Ending> ending;
  while (!ending && !world_.broken()) {
    ending = live();
    if (ending && !world_.broken() && operators_->help(*ending)) ending.reset();
    if (world_.now() > end_by) world_.break_law("the rollout does not come to an end");
    if (!ending) rest();
  }
  operators_->leave();
  if (ending && !world_.broken()) {
    laws_->ended(*ending);
    world_.befall(fmt::format("rollouts {}", word_of(*ending)));
    judge_quota();
  }
  return world_.broken();
}

/// Between two drivers, and what the wall clock shows to the second.
void Play::rest() {
  if (!world_.stormy()) return world_.pass(1s);
  world_.pass(world_.dice.chance(70) ? world_.dice.within(1s, 1min) : world_.dice.within(1min, 3h));
}

/// A wall clock that somebody has set, now and then, by hours. Not where the cloud's clock is set
/// forward in the midst of a doubt: the settle time is measured by both, and one of them must be
/// right.
Instant Play::wall_clock() {
  Instant wall = world_.now();
  const bool sound = world_.conditions.weather.overtaken == 0;
  if (world_.stormy() && sound && world_.dice.chance(20)) {
    const Duration by = world_.dice.within(0s, 6h) - 3h;
    clock_leaps_ += 1;
    world_.befall(by < Duration{0} ? "wall clocks set back" : "wall clocks set forward");
    wall += by;
  }
  return std::max(wall, ledger_->head_at());
}

/// One driver from its start to its end; why nothing is left to do, if that is so.
std::optional<Ending> Play::live() {
  const bool dies = world_.stormy() && lives_left_ > 0;
  if (dies) --lives_left_;
  life_.begin(dies ? world_.dice.below(world_.dice.chance(30) ? 20 : 1'000) : Lifeline::endless);
  std::optional<Ending> ending;
  if (ledger_->reopen()) {
    LocalClock clock(world_, wall_clock());
    Commands commands(machine_, *laws_, life_, clock);
    Network network({world_, cloud_, *laws_, life_, calls_, !world_.strikes(30)}, commands, clock);
    std::unique_ptr<Loop> loop;
    if (!world_.broken() && take_up({workflow_, clock, network, *ledger_, *this, &commands}, loop))
      ending = turns(*loop);
  } else {
    world_.befall("failed openings");
  }
  if (!life_.alive()) world_.befall("crashes");
  ledger_->leave(!life_.alive());
  if (ending == Ending::interrupted || ending == Ending::refused) {
    world_.befall(*ending == Ending::refused ? "credentials refused" : "interruptions");
    return std::nullopt;
  }
  return ending;
}

bool Play::take_up(Loop::Seams seams, std::unique_ptr<Loop>& loop) {
  const Entry here = store_entry("driver_started", "ann@host", "", seams.clock.now());
  Batch batch;
  batch.entries = {&here, 1};
  if (!ledger_->commit(batch)) return false;
  if (!ledger_->load(start_.created.rollout.id)) {
    start_ = begun_at(seams.clock.now());
    batch.created = &start_.created;
    batch.entries = start_.entries;
    if (!ledger_->commit(batch)) return false;
  }
  auto stored = ledger_->load(start_.created.rollout.id);
  if (!stored) return false;
  auto taken = Loop::take_up(seams, rules_, *stored);
  if (!taken) {
    world_.break_law("law 6: the rollout cannot be taken up: " + taken.error().what);
    return false;
  }
  loop = std::move(*taken);
  return true;
}

std::optional<Ending> Play::turns(Loop& loop) {
  const Instant end_by = world_.calm_at + patience();
  while (true) {
    const auto ending = loop.turn();
    if (world_.broken() || !life_.alive() || !ending) return std::nullopt;
    laws_->turned(loop.rollout());
    if (*ending || world_.now() > end_by) return *ending;
    if (world_.strikes(conditions_.weather.interrupted)) loop.stop();
  }
}

/// No sixty seconds see more calls than the quota. A wall clock that is set between two drivers,
/// and a machine that sleeps between a call's admission and its sending, make the bucket seem full
/// once more.
void Play::judge_quota() {
  const std::size_t most = conditions_.plan.cloud.calls_per_minute;
  const std::size_t busiest = test::busiest_minute(calls_);
  const std::size_t bursts = clock_leaps_ + world_.stops;
  if (busiest > most + bursts * (most / 10 + 1)) {
    world_.break_law(fmt::format("law 5: {} calls within a minute, {} are allowed", busiest, most));
  }
}

}  // namespace

std::optional<Broken> play(std::uint64_t seed, Tally& tally, Story* story) {
  const Conditions conditions = conditions_of(seed);
  return Play(conditions, tally, story).run();
}

}  // namespace pawl::simulation
