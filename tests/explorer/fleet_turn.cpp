#include "tests/explorer/fleet_turn.h"

#include <fmt/format.h>

#include <utility>
#include <variant>

#include "engine/entries.h"
#include "engine/gated_step.h"
#include "tests/explorer/fleet_laws.h"
#include "tests/explorer/taken_up.h"

namespace pawl::explorer {

namespace {

constexpr std::string_view person = "ann@host";

/// An answer of the cloud's, and whether it leads the run on or on a detour.
struct Word {
  std::string_view word;
  int status = 200;
  bool detour = false;
};

/// What a submit is answered with; first what is hoped for.
constexpr std::array<Word, 4> answers_to_submit{
    {{"accepted"}, {"", 500}, {"failed"}, {"", 429, true}}};
constexpr std::array<Word, 4> before_an_intent{
    {{"clear"}, {"failed"}, {"ask"}, {"accepted", 200, true}}};
constexpr std::array<Word, 5> before_the_work{
    {{"clear"}, {"failed"}, {"ask"}, {"accepted", 200, true}, {"stale", 200, true}}};
constexpr std::array<Word, 3> at_the_gate{{{"passed"}, {"failed"}, {"ask"}}};
constexpr std::array<Word, 3> in_doubt{{{"accepted"}, {"ask"}, {"absent", 200, true}}};

std::span<const Word> answers_to(const Run& run) {
  switch (run.phase) {
    case Phase::waiting:
      if (run.step == 0) return before_an_intent;
      return before_the_work;
    case Phase::intended:
      return answers_to_submit;
    case Phase::submitted:
      return at_the_gate;
    case Phase::unsure:
      return in_doubt;
    case Phase::over:
      break;
  }
  return {};
}

Lever fleet_lever(LeverKind kind) {
  Lever lever;
  lever.kind = kind;
  lever.by = person;
  return lever;
}

}  // namespace

std::optional<std::string> FleetTurn::take() {
  offer_what_moves();
  offer_admissions();
  offer_levers();
  const auto option = choose();
  if (!option) return "law 6: nothing lets the rollout go on, and nobody can";
  carry_out(*option);
  if (may_halt_) same_turn();
  advance();
  park();
  if (!broken_) blame(judge_fleet(fleet_));
  return broken_;
}

void FleetTurn::offer(const Option& option) {
  if (!option.cost || *option.cost > 0) options_.push_back(option);
}

void FleetTurn::offer_what_moves() {
  for (std::size_t i = 0; i < runs_in_fleet; ++i) {
    if (fleet_.rollout.cancels(fleet_.members[i].run)) offer({Kind::cancel, i});
  }
  for (std::size_t i = 0; i < runs_in_fleet; ++i) {
    const Effect& effect = fleet_.members[i].effect;
    if (!std::holds_alternative<Park>(effect) && !std::holds_alternative<Finish>(effect))
      offer({Kind::event, i});
  }
}

void FleetTurn::offer_admissions() {
  for (std::size_t i = 0; i < runs_in_fleet; ++i) {
    const Fleet::Member& member = fleet_.members[i];
    const auto* park = std::get_if<Park>(&member.effect);
    if (!moved_[i] && park && park->gate == Gate::send &&
        fleet_.rollout.obstacles(Gate::send, i, member.run, fleet_time()).none()) {
      offer({Kind::leave_to_send, i});
    }
  }
  if (!fleet_.rollout.may_start()) return;
  Rollout rollout = fleet_.rollout;
  for (const Gate gate : {Gate::upgrade, Gate::check}) {
    if (rollout.admit(gate, fleet_time())) offer({Kind::place, 0, gate});
  }
}

void FleetTurn::offer_levers() {
  Rollout rollout = fleet_.rollout;
  const auto refused = [&](LeverKind kind) {
    if (std::holds_alternative<std::string>(rollout.pull(kind, "", person, ""))) return true;
    rollout = fleet_.rollout;
    return false;
  };
  const auto offer_lever = [this](LeverKind kind, int* cost) {
    offer({Kind::lever, 0, Gate::check, kind, cost});
  };
  for (const LeverKind kind : {LeverKind::unpause, LeverKind::approve}) {
    if (!refused(kind)) offer_lever(kind, nullptr);
  }
  if (fleet_.rollout.frozen()) offer_lever(LeverKind::unfreeze, nullptr);
  for (std::size_t wave = 0; wave < waves_in_fleet; ++wave) {
    if (fleet_.rollout.wave_state(wave) == WaveState::soaking) offer({Kind::soaked});
  }
  if (options_.empty()) return offer_decisions(nullptr);
  if (fleet_.left.levers > 0) {
    int* cost = &fleet_.left.levers;
    for (const LeverKind kind : {LeverKind::pause, LeverKind::deny, LeverKind::cancel}) {
      if (!refused(kind)) offer_lever(kind, cost);
    }
    if (!fleet_.rollout.frozen()) offer_lever(LeverKind::freeze, cost);
    offer_decisions(cost);
  }
  offer({Kind::crash, 0, Gate::check, LeverKind::pause, &fleet_.left.crashes});
}

void FleetTurn::offer_decisions(int* cost) {
  for (const LeverKind kind : {LeverKind::skip, LeverKind::retry}) {
    if (kind == LeverKind::retry && !cost) continue;  // for ever
    for (std::size_t i = 0; i < runs_in_fleet; ++i) {
      if (may_decide(i, kind)) offer({Kind::lever, i, Gate::check, kind, cost});
    }
  }
}

bool FleetTurn::may_decide(std::size_t position, LeverKind kind) const {
  const Directive directive = kind == LeverKind::retry ? Directive::retry : Directive::skip;
  const Event event{fleet_time().cloud->latest.at, fleet_time().cloud,
                    Directed{directive, std::string(person), ""}};
  return fleet_.rollout.may_be_decided() &&
         can_meet(*fleet_.workflow, fleet_.members[position].run, event);
}

std::optional<FleetTurn::Option> FleetTurn::choose() {
  if (options_.empty()) return std::nullopt;
  const Option option = options_[choices_.choose(options_.size())];
  options_.clear();
  if (option.cost) --*option.cost;
  return option;
}

void FleetTurn::carry_out(const Option& option) {
  switch (option.kind) {
    case Kind::cancel:
      return happen(option.position, Directed{Directive::cancel, "engine", ""});
    case Kind::event:
      return go_on(option.position);
    case Kind::leave_to_send:
      return happen(option.position, Admitted{Gate::send});
    case Kind::place:
      return admit(option.gate);
    case Kind::soaked:
      soaked_ = true;
      return tell("the soak is over");
    case Kind::lever:
      return pull(option.lever, option.position);
    case Kind::crash:
      return crash();
  }
}

/// What the turn in which a run fails, or a person asks for something, may yet admit.
void FleetTurn::same_turn() {
  if (broken_) return;
  offer_admissions();
  const std::size_t chosen = options_.empty() ? 0 : choices_.choose(1 + options_.size());
  if (chosen == 0) return options_.clear();
  const Option option = options_[chosen - 1];
  options_.clear();
  tell("in the same turn:");
  carry_out(option);
}

void FleetTurn::pull(LeverKind kind, std::size_t position) {
  may_halt_ = true;
  if (kind == LeverKind::retry || kind == LeverKind::skip) {
    const Directive directive = kind == LeverKind::retry ? Directive::retry : Directive::skip;
    return happen(position, Directed{directive, std::string(person), ""});
  }
  if (story_) tell(fmt::format("a person: {}", to_string(kind)));
  Fleet::Asked& asked = fleet_.asked;
  if (kind == LeverKind::freeze || kind == LeverKind::unfreeze) {
    bool frozen = fleet_.rollout.frozen();
    store_lever_entry(fleet_lever(kind), frozen, Instant{});
    fleet_.rollout.freeze(frozen);
    asked.frozen = kind == LeverKind::freeze;
    return;
  }
  const auto pulled = fleet_.rollout.pull(kind, "", person, "");
  for (const RolloutMove& move : std::get<0>(pulled)) {
    moves(move);
    if (kind != LeverKind::approve || move.wave < 0) continue;
    asked.approved[static_cast<std::size_t>(move.wave)] = true;
    asked.denied = false;
  }
  if (kind == LeverKind::pause) asked.paused = true;
  if (kind == LeverKind::unpause) asked.paused = false;
  if (kind == LeverKind::cancel) asked.cancelled = true;
  if (kind == LeverKind::deny) asked.denied = true;
}

/// What is not committed is gone; a driver takes up what is, and answers what was on its way.
void FleetTurn::crash() {
  tell("the driver is killed, and another one takes up what is committed");
  for (Fleet::Member& member : fleet_.members) {
    member.run = taken_up(member.committed);
    member.effect = resume_effect(*fleet_.workflow, member.run).value_or(Effect{Submit{}});
  }
  fleet_.rollout = rollout_taken_up(fleet_);
  for (std::size_t i = 0; i < runs_in_fleet; ++i) {
    if (fleet_.members[i].run.phase == Phase::intended)
      happen(i, Unanswered{Delivery::unknown, "the driver ended"});
  }
}

void FleetTurn::admit(Gate gate) {
  const auto position = fleet_.rollout.admit(gate, fleet_time());
  happen(*position, Admitted{gate});
  answer(*position);
}

/// A run's pause ends, or its call is answered.
void FleetTurn::go_on(std::size_t position) {
  if (std::holds_alternative<Await>(fleet_.members[position].effect)) happen(position, Woke{});
  answer(position);
}

/// What a run asks is answered at once: nobody else can tell.
void FleetTurn::answer(std::size_t position) {
  const Fleet::Member& member = fleet_.members[position];
  const bool asks =
      std::holds_alternative<Ask>(member.effect) || std::holds_alternative<Submit>(member.effect);
  if (!asks || broken_) return;
  std::vector<Word> words;
  for (const Word& word : answers_to(member.run)) {
    if (!word.detour || fleet_.left.faults > 0) words.push_back(word);
  }
  const Word word = words[choices_.choose(words.size())];
  if (word.detour) --fleet_.left.faults;
  reply(position, word.status, word.word);
}

void FleetTurn::reply(std::size_t position, int status, std::string_view word) {
  HttpResponse response;
  response.status = status;
  response.body = word;
  happen(position, Replied{std::move(response)});
}

void FleetTurn::happen(std::size_t position, decltype(Event::what) what) {
  if (broken_) return;
  Fleet::Member& member = fleet_.members[position];
  const Event event{fleet_time().cloud->latest.at, fleet_time().cloud, std::move(what)};
  Decision decision = decide(*fleet_.workflow, member.run, event);
  if (story_ && decision.audit) {
    tell(fmt::format("run {}, wave {}: {}, {} {}", member.run.instance_id, member.run.wave,
                     decision.audit->event, fleet_.workflow->steps()[decision.next.step].name,
                     to_string(decision.next.phase)));
  }
  decision.next.reason.clear();
  const Run before = std::exchange(member.run, std::move(decision.next));
  fleet_.rollout.moved(before, member.run);
  member.effect = decision.effect;
  moved_[position] = true;
  may_halt_ = may_halt_ || is_charged(member.run);
  if (std::holds_alternative<Submit>(member.effect)) blame(judge_intent(fleet_, position));
  if (decision.audit) member.committed = member.run;
}

void FleetTurn::advance() {
  if (broken_) return;
  for (const RolloutMove& move : fleet_.rollout.advance(fleet_time(soaked_)))
    moves(move);
}

void FleetTurn::moves(const RolloutMove& move) {
  if (story_) {
    tell(fmt::format("{}: {}{}{}", move.wave < 0 ? "rollout" : fmt::format("wave {}", move.wave),
                     move.event, move.reason.empty() ? "" : ": ", move.reason));
  }
  blame(judge_rollout(fleet_, move));
}

void FleetTurn::park() {
  for (std::size_t i = 0; i < runs_in_fleet; ++i) {
    const Fleet::Member& member = fleet_.members[i];
    const auto gate = parked_at(member);
    if (moved_[i] && gate) fleet_.rollout.park(i, member.run, *gate);
  }
}

}  // namespace pawl::explorer
