// What waves wait for (approval, soak, windows), what bounds them (spread, overshoot), and levers.
#include <doctest/doctest.h>

#include <string>
#include <variant>
#include <vector>

#include "engine/rollout.h"

using namespace pawl;
using namespace std::chrono_literals;

namespace {

Present at(Duration since_start, Duration upgrade_takes = Duration{0}) {
  const CloudInstant now{Instant{since_start}};
  return {CloudNow{now, now}, upgrade_takes};
}

/// A rollout whose runs are all checked and wait for a place among the upgrades.
class Ready {
 public:
  Ready(std::vector<WaveRules> waves, const std::vector<std::size_t>& sizes,
        const std::vector<std::uint32_t>& spread = {}) {
    RolloutRules rules;
    rules.checks_parallel = 100;
    rules.waves = std::move(waves);
    for (std::size_t wave = 0; wave < sizes.size(); ++wave) {
      for (std::size_t n = 0; n < sizes[wave]; ++n) {
        Run run;
        run.id = static_cast<std::int64_t>(runs_.size() + 1);
        run.wave = static_cast<std::int32_t>(wave);
        run.step = 1;
        run.state = RunState::ready;
        run.checked_once = true;
        if (!spread.empty()) run.spread = spread[runs_.size()];
        runs_.push_back(run);
      }
    }
    const std::vector<WaveState> pending(sizes.size(), WaveState::pending);
    rollout_.emplace(std::move(rules), runs_, pending, RolloutState::running);
    for (std::size_t i = 0; i < runs_.size(); ++i)
      rollout_->park(i, runs_[i], Gate::upgrade);
  }

  Rollout* operator->() { return &*rollout_; }
  Run& run(std::size_t i) { return runs_[i]; }

  /// Whether leave to send is given.
  bool may_send(std::size_t i, const Present& present = at(0s)) const {
    return rollout_->obstacles(Gate::send, i, runs_[i], present).none();
  }
  /// The positions that are admitted now, in their order, each of which then upgrades.
  std::vector<std::size_t> admitted(const Present& present = at(0s)) {
    std::vector<std::size_t> positions;
    while (const auto position = rollout_->admit(Gate::upgrade, present)) {
      positions.push_back(*position);
      put(*position, RunState::upgrading, Phase::submitted);
    }
    return positions;
  }
  void put(std::size_t i, RunState state, Phase phase, std::uint8_t step = 1) {
    Run after = runs_[i];
    after.state = state;
    after.phase = phase;
    after.step = step;
    rollout_->moved(runs_[i], after);
    runs_[i] = after;
  }
  void end(std::size_t i, RunState state = RunState::succeeded) { put(i, state, Phase::over); }

  std::string advance(const Present& present = at(0s)) {
    std::string events;
    for (const RolloutMove& move : rollout_->advance(present))
      events += move.event + ' ';
    return events;
  }
  /// The events, or the refusal.
  std::string pull(LeverKind kind, const std::string& wave = "") {
    const auto pulled = rollout_->pull(kind, wave, "ann@host", "because");
    if (const auto* why = std::get_if<std::string>(&pulled)) return "no: " + *why;
    std::string events;
    for (const RolloutMove& move : std::get<0>(pulled))
      events += move.event + ' ';
    return events;
  }

 private:
  std::vector<Run> runs_;
  std::optional<Rollout> rollout_;
};

using Positions = std::vector<std::size_t>;

}  // namespace

TEST_CASE("a wave that needs approval opens only once it is granted") {
  WaveRules careful{"careful", 5};
  careful.approval = Approval::required;
  Ready fleet({careful}, {2});
  CHECK(fleet.advance() == "approval_requested ");
  CHECK(fleet.admitted().empty());
  CHECK(fleet->waiting(at(0s)) == Waiting{Waiting::What::approval, 0});
  CHECK(fleet.pull(LeverKind::approve, "other") ==
        "no: the wave that waits for approval is careful, not other");
  CHECK(fleet.pull(LeverKind::approve) == "approval_granted ");
  CHECK(fleet.pull(LeverKind::approve) == "no: no wave of it waits for approval");
  CHECK(fleet.advance() == "wave_opened ");
  CHECK(fleet.admitted() == Positions{0, 1});
}

TEST_CASE("a wave whose runs are all upgraded already asks for nobody's approval") {
  WaveRules careful{"careful", 5, 1};
  careful.approval = Approval::required;
  Ready fleet({careful}, {2});
  fleet.put(0, RunState::verifying, Phase::submitted);
  fleet.put(1, RunState::failed, Phase::over);
  CHECK(fleet.advance() == "wave_opened ");
  Ready one_to_come({careful}, {2});
  one_to_come.put(0, RunState::verifying, Phase::submitted);
  CHECK(one_to_come.advance() == "approval_requested ");
  // Whose check has failed is upgraded when a person tries it again.
  Ready one_to_retry({careful}, {2});
  one_to_retry.put(0, RunState::verifying, Phase::submitted);
  one_to_retry.put(1, RunState::failed, Phase::over, 0);
  CHECK(one_to_retry.advance() == "approval_requested ");
}

TEST_CASE("a denied wave halts the rollout, and may be approved later") {
  WaveRules careful{"careful", 5};
  careful.approval = Approval::required;
  Ready fleet({careful}, {1});
  fleet.advance();
  CHECK(fleet.pull(LeverKind::deny) == "approval_denied rollout_halted ");
  CHECK(fleet.advance().empty());
  CHECK(fleet.admitted().empty());
  CHECK(fleet.pull(LeverKind::approve) == "approval_granted ");
  CHECK(fleet.advance() == "rollout_resumed wave_opened ");
  CHECK(fleet.admitted() == Positions{0});
}

TEST_CASE("a soak lies between the last end of a wave and the opening of the next") {
  WaveRules first{"first", 5};
  first.soak = 30min;
  Ready fleet({first, {"second", 5}}, {1, 1});
  CHECK(fleet.advance() == "wave_opened ");
  fleet.admitted();
  fleet.end(0);
  CHECK(fleet.advance({}).empty());  // without the cloud's time no soak begins
  CHECK(fleet.advance(at(10min)) == "soak_started ");
  CHECK(fleet->waiting(at(10min)) == Waiting{Waiting::What::soak, 0, CloudInstant{Instant{40min}}});
  CHECK(fleet.advance({}).empty());
  CHECK(fleet.advance(at(40min - 1ms)).empty());
  CHECK(fleet.admitted(at(40min - 1ms)).empty());
  CHECK(fleet.advance(at(40min)) == "wave_closed wave_opened ");
  CHECK(fleet.admitted() == Positions{1});
}

TEST_CASE("a retry in the midst of a soak opens its wave again, which then soaks anew") {
  WaveRules first{"first", 5, 1};
  first.soak = 30min;
  Ready fleet({first, {"second", 5}}, {1, 1});
  fleet.advance();
  fleet.admitted();
  fleet.end(0, RunState::failed);
  CHECK(fleet.advance(at(0s)) == "soak_started ");
  fleet.put(0, RunState::ready, Phase::waiting);
  fleet->freeze(true);
  CHECK(fleet.advance(at(40min)).empty());
  fleet->freeze(false);
  CHECK(fleet.advance(at(40min)) == "wave_opened ");
  fleet.end(0);
  CHECK(fleet.advance(at(50min)) == "soak_started ");
  CHECK(fleet.advance(at(79min)).empty());
  CHECK(fleet.advance(at(80min)) == "wave_closed wave_opened ");
}

TEST_CASE("a wave soaks for what it has upgraded, and for what is still to be") {
  WaveRules first{"first", 5, 1};
  first.soak = 30min;
  const std::vector<WaveRules> waves{first, first, {"third", 5}};
  Ready skipped(waves, {2, 0, 1});
  skipped.advance();
  skipped.put(0, RunState::skipped, Phase::over, 0);
  skipped.put(1, RunState::failed, Phase::over, 0);
  CHECK(skipped.advance() == "wave_closed wave_opened wave_closed wave_opened ");
  Ready nothing_left(waves, {1, 1, 1});
  nothing_left.advance();
  nothing_left.put(1, RunState::skipped, Phase::over, 0);
  nothing_left.put(2, RunState::skipped, Phase::over, 0);
  nothing_left.admitted();
  nothing_left.end(0);
  CHECK(nothing_left.advance() ==
        "wave_closed wave_opened wave_closed wave_opened wave_closed rollout_finished ");
}

TEST_CASE("the last wave does not soak: nothing opens after it") {
  WaveRules only{"only", 5};
  only.soak = 30min;
  Ready fleet({only}, {1});
  fleet.advance();
  fleet.admitted();
  fleet.end(0);
  CHECK(fleet.advance() == "wave_closed rollout_finished ");
}

TEST_CASE("outside its window a wave starts nothing, nor what could not end inside") {
  WaveRules night{"night", 1};
  night.windows = [](CloudInstant now) -> std::optional<Opening> {
    const CloudInstant day{std::chrono::floor<std::chrono::days>(now.at)};
    const Opening today{day + 1h, day + 5h};
    return now < today.to ? today : Opening{today.from + 24h, today.to + 24h};
  };
  Ready fleet({night}, {3});
  fleet.advance();
  CHECK(fleet.admitted(at(30min)).empty());
  CHECK(fleet->waiting(at(30min)) == Waiting{Waiting::What::window, 0, CloudInstant{Instant{1h}}});
  CHECK(fleet.admitted({}).empty());  // nor without knowing the cloud's time
  CHECK(fleet.admitted(at(1h, 2h)) == Positions{0});
  CHECK_FALSE(fleet.may_send(0, at(59min)));
  CHECK(fleet.may_send(0, at(1h)));
  fleet.end(0);
  CHECK(fleet.admitted(at(3h + 1ms, 2h)).empty());
  CHECK(fleet->waiting(at(3h + 1ms, 2h)) ==
        Waiting{Waiting::What::window, 0, CloudInstant{Instant{25h}}});
  CHECK(fleet.admitted(at(3h, 2h)) == Positions{1});
  fleet.end(1);
  CHECK(fleet.admitted(at(5h)).empty());
  CHECK(fleet.admitted(at(25h)) == Positions{2});
}

TEST_CASE("a run tried again in a closed wave counts with its spread value in the open one") {
  for (const bool same_tag : {true, false}) {
    WaveRules first{"first", 10, 1}, second{"second", 10};
    first.spread_max = second.spread_max = 1;
    first.spread_tag = "service";
    second.spread_tag = same_tag ? "service" : "zone";
    Ready fleet({first, second}, {1, 2}, {1, 1, 2});
    fleet.advance();
    CHECK(fleet.admitted() == Positions{0});
    fleet.end(0, RunState::failed);
    CHECK(fleet.advance() == "wave_closed wave_opened ");
    CHECK(fleet.admitted() == Positions{1, 2});
    fleet.put(0, RunState::ready, Phase::waiting);
    fleet->park(0, fleet.run(0), Gate::upgrade);
    const auto held = fleet->obstacles(Gate::upgrade, 0, fleet.run(0), at(0s));
    CHECK(held.test(static_cast<std::size_t>(Obstacle::spread)) == same_tag);
    CHECK(fleet.admitted() == (same_tag ? Positions{} : Positions{0}));
    fleet.end(1);
    CHECK(fleet.admitted() == (same_tag ? Positions{0} : Positions{}));
  }
}

TEST_CASE("never more in flight with one spread value than its bound") {
  WaveRules spread{"spread", 10};
  spread.spread_max = 1;
  // Two of value 1, two of value 2, two without.
  Ready fleet({spread}, {6}, {1, 1, 2, 0, 2, 0});
  fleet.advance();
  CHECK(fleet.admitted() == Positions{0, 2, 3, 5});
  fleet.end(2);
  CHECK(fleet.admitted() == Positions{4});
  fleet.end(0, RunState::needs_operator);  // it may still be upgrading: its place is kept
  CHECK(fleet.admitted().empty());
}

TEST_CASE("a run keeps its place whose check fails once an upgrade was sent and not found") {
  for (const bool sent : {false, true}) {
    CAPTURE(sent);
    WaveRules wave{"all", 1, 5};
    wave.spread_max = 1;
    RolloutRules rules;
    rules.waves = {wave};
    Run stuck, waits;
    stuck.state = RunState::needs_operator;
    stuck.phase = Phase::over;
    stuck.sends[1] = sent ? 1 : 0;
    stuck.checked_once = waits.checked_once = true;
    waits.state = RunState::ready;
    waits.step = 1;
    Rollout rollout(rules, std::vector{stuck, waits}, std::vector{WaveState::open},
                    RolloutState::running);
    rollout.park(1, waits, Gate::upgrade);
    CHECK(rollout.admit(Gate::upgrade, {}).has_value() == !sent);
    CHECK(holds_upgrade_place(stuck) == sent);
  }
}

TEST_CASE("with overshoot never, what is in flight cannot overspend the budget") {
  WaveRules strict{"strict", 10, 1};
  strict.overshoot = Overshoot::never;
  Ready fleet({strict}, {5});
  fleet.advance();
  CHECK(fleet.admitted() == Positions{0, 1});  // were both to fail, that is one more than 1
  fleet.end(0);
  CHECK(fleet.admitted() == Positions{2});
  fleet.end(1, RunState::failed);
  CHECK(fleet.admitted().empty());
  fleet.end(2);
  CHECK(fleet.admitted() == Positions{3});
}

TEST_CASE("a pause admits nothing new and lets what is in flight end; unpause goes on") {
  Ready fleet({{"all", 1}}, {2});
  fleet.advance();
  CHECK(fleet.admitted() == Positions{0});
  CHECK(fleet.pull(LeverKind::unpause) == "no: it is running, not paused");
  CHECK(fleet.pull(LeverKind::pause) == "rollout_paused ");
  CHECK(fleet.pull(LeverKind::pause) == "no: it is paused");
  fleet.end(0);
  CHECK(fleet.admitted().empty());
  CHECK_FALSE(fleet.may_send(1));
  CHECK(fleet->waiting(at(0s)) == Waiting{Waiting::What::unpause});
  CHECK(fleet.pull(LeverKind::unpause) == "rollout_unpaused ");
  CHECK(fleet.admitted() == Positions{1});
}

TEST_CASE("under a freeze nothing starts and no wave opens") {
  Ready fleet({{"one", 1}, {"two", 1}}, {1, 1});
  fleet->freeze(true);
  CHECK(fleet.advance().empty());
  CHECK(fleet->waiting(at(0s)) == Waiting{Waiting::What::unfreeze});
  fleet->freeze(false);
  CHECK(fleet.advance() == "wave_opened ");
  fleet->freeze(true);
  CHECK(fleet.admitted().empty());
  fleet->freeze(false);
  CHECK(fleet.admitted() == Positions{0});
}

TEST_CASE("a cancelled rollout ends once nothing of it is left to end") {
  Ready fleet({{"all", 1}}, {2});
  fleet.advance();
  fleet.admitted();
  CHECK(fleet.pull(LeverKind::cancel) == "rollout_cancelled ");
  CHECK(fleet.admitted().empty());
  fleet.end(1, RunState::cancelled);
  CHECK(fleet.advance().empty());
  fleet.end(0, RunState::needs_operator);
  CHECK(fleet.advance().empty());
  fleet.end(0, RunState::cancelled);
  CHECK(fleet.advance() == "rollout_finished ");
  CHECK(fleet->state() == RolloutState::cancelled);
  for (const LeverKind kind : {LeverKind::pause, LeverKind::unpause, LeverKind::cancel,
                               LeverKind::approve, LeverKind::deny}) {
    CHECK(fleet.pull(kind) == "no: it is cancelled");
  }
}

TEST_CASE("a decided failure brings a halted rollout back within its budget") {
  Ready fleet({{"all", 5, 0}}, {2});
  fleet.advance();
  fleet.admitted();
  fleet.end(0, RunState::failed);
  CHECK(fleet.advance() == "rollout_halted ");
  fleet.end(0, RunState::skipped);
  CHECK(fleet.advance() == "rollout_resumed ");
}

TEST_CASE("a pause outlasts a spent budget and a denial, and unpaused it halts at once") {
  WaveRules careful{"careful", 5, 0};
  careful.approval = Approval::required;
  Ready fleet({careful}, {2});
  fleet.advance();
  CHECK(fleet.pull(LeverKind::pause) == "rollout_paused ");
  CHECK(fleet.pull(LeverKind::deny) == "approval_denied ");
  CHECK(fleet.advance().empty());
  CHECK(fleet.pull(LeverKind::unpause) == "rollout_unpaused ");
  CHECK_FALSE(fleet->may_start());
  CHECK(fleet.advance() == "rollout_halted ");
  CHECK(fleet.pull(LeverKind::approve) == "approval_granted ");
  CHECK(fleet.advance() == "rollout_resumed wave_opened ");

  CHECK(fleet.pull(LeverKind::pause) == "rollout_paused ");
  fleet.end(0, RunState::failed);
  CHECK(fleet.advance().empty());
  CHECK(fleet->waiting(at(0s)) == Waiting{Waiting::What::unpause});
  CHECK(fleet.pull(LeverKind::unpause) == "rollout_unpaused ");
  CHECK(fleet.admitted().empty());  // not even before the halt is told
  CHECK(fleet.advance() == "rollout_halted ");
}

TEST_CASE("a run tried again in a wave that has closed goes on, and the rollout waits for it") {
  Ready fleet({{"first", 1, 1}, {"second", 1, 0}}, {1, 1});
  fleet.advance();
  fleet.admitted();
  fleet.end(0, RunState::failed);
  CHECK(fleet.advance() == "wave_closed wave_opened ");
  fleet.put(0, RunState::ready, Phase::waiting);
  fleet->park(0, fleet.run(0), Gate::check);
  CHECK(fleet->admit(Gate::check, {}) == 0);
  fleet->park(0, fleet.run(0), Gate::upgrade);
  CHECK(fleet.admitted() == Positions{0, 1});
  fleet.end(1);
  CHECK(fleet.advance() == "wave_closed ");
  fleet.end(0);
  CHECK(fleet.advance() == "rollout_finished ");
}

TEST_CASE(
    "a run tried again waits for the window of its wave, whatever has closed or opened since") {
  WaveRules first{"first", 1, 1};
  first.windows = [](CloudInstant now) -> std::optional<Opening> {
    const CloudInstant next{Instant{now.at < Instant{1h} ? 0h : 5h}};
    return Opening{next, next + 1h};
  };
  Ready fleet({first, {"second", 1, 1}}, {1, 1});
  fleet.advance();
  fleet.admitted();
  fleet.end(0, RunState::failed);
  CHECK(fleet.advance() == "wave_closed wave_opened ");
  fleet.admitted();
  fleet.end(1, RunState::needs_operator);
  CHECK_FALSE(fleet->waiting(at(2h)));
  fleet.put(0, RunState::ready, Phase::waiting);
  fleet->park(0, fleet.run(0), Gate::upgrade);
  CHECK(fleet->waiting(at(2h)) == Waiting{Waiting::What::window, 0, CloudInstant{Instant{5h}}});
  CHECK_FALSE(fleet->waiting(at(5h)));
}

TEST_CASE("a run tried again while its wave soaks opens the wave anew") {
  WaveRules first{"first", 1, 1};
  first.soak = 30min;
  Ready fleet({first, {"second", 1}}, {1, 1});
  fleet.advance();
  fleet.admitted();
  fleet.end(0, RunState::failed);
  CHECK(fleet.advance(at(0s)) == "soak_started ");
  fleet.put(0, RunState::ready, Phase::waiting);
  fleet->park(0, fleet.run(0), Gate::upgrade);
  CHECK(fleet.advance(at(30min)) == "wave_opened ");
  CHECK(fleet.admitted() == Positions{0});
  fleet.end(0);
  CHECK(fleet.advance(at(30min)) == "soak_started ");
  CHECK(fleet.advance(at(1h)) == "wave_closed wave_opened ");
}

TEST_CASE("with overshoot never, a failure since its place was given holds a run back") {
  WaveRules strict{"strict", 10, 1};
  strict.overshoot = Overshoot::never;
  Ready fleet({strict}, {3});
  fleet.advance();
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(fleet->admit(Gate::upgrade, {}) == i);
    Run placed = fleet.run(i);
    placed.holds_place = true;
    fleet->moved(fleet.run(i), placed);
    fleet.run(i) = placed;
  }
  fleet.end(2, RunState::needs_operator);  // in its check, say: it is charged all the same
  CHECK(fleet.may_send(0));
  fleet.put(0, RunState::upgrading, Phase::submitted);
  CHECK_FALSE(fleet.may_send(1));
  fleet.end(0);
  CHECK(fleet.may_send(1));
}

TEST_CASE("no check is sent beyond the limit, though a person has one looked for again") {
  RolloutRules rules;
  rules.checks_parallel = 1;
  rules.waves = {{"all", 1, 5}};
  Run waits, stuck;
  waits.holds_place = true;
  stuck.state = RunState::needs_operator;
  stuck.phase = Phase::over;
  Rollout rollout(rules, std::vector{waits, stuck}, std::vector{WaveState::pending},
                  RolloutState::running);
  CHECK(rollout.obstacles(Gate::send, 0, waits, {}).none());
  Run sought = stuck;
  sought.state = RunState::checking;
  sought.phase = Phase::unsure;
  rollout.moved(stuck, sought);
  CHECK_FALSE(rollout.obstacles(Gate::send, 0, waits, {}).none());
}
