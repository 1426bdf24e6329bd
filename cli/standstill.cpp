#include "cli/standstill.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <string_view>
#include <vector>

#include "cli/stored_plan.h"
#include "cli/text.h"
#include "engine/ascii.h"
#include "storage/load.h"

namespace pawl {

namespace {

/// As a word on a command line: the name, where no shell could take it for something else.
std::string word_for(const Run& run) {
  const bool plain = !run.name.empty() && run.name.front() != '-' &&
                     std::all_of(run.name.begin(), run.name.end(), [](char c) {
                       return is_letter(c) || is_digit(c) || c == '-' || c == '_' || c == '.';
                     });
  return plain ? run.name : printable(run.instance_id);
}

bool undecided(const Run& run) {
  return run.state == RunState::failed || run.state == RunState::needs_operator;
}

std::string how_to_decide(const std::string& rollout, const std::vector<const Run*>& runs) {
  if (runs.size() == 1) return how_to_decide(rollout, *runs.front());
  std::vector<std::string> words;
  for (const Run* run : runs)
    words.push_back(word_for(*run));
  return fmt::format("`pawl retry {} INSTANCE` or `pawl skip {} INSTANCE`, for {}", rollout,
                     rollout, first_of(words));
}

/// The runs that halt a rollout: those that stand for every other, else those beyond the budget.
std::vector<const Run*> halting(const Standing& standing) {
  const Rollout& rollout = standing.rollout;
  const std::size_t current = rollout.current_wave();
  const auto& waves = rollout.rules().waves;
  std::vector<const Run*> all, here, each;
  for (const Run& run : standing.runs) {
    if (!undecided(run)) continue;
    all.push_back(&run);
    if (run.halts) each.push_back(&run);
    if (static_cast<std::size_t>(run.wave) == current) here.push_back(&run);
  }
  if (!each.empty()) return each;
  return current < waves.size() && here.size() > waves[current].max_failures ? here : all;
}

Standstill halted(const Standing& standing, const std::string& id) {
  const Rollout& rollout = standing.rollout;
  const std::size_t current = rollout.current_wave();
  Standstill still{"nothing new is started", "", false};
  if (current < rollout.rules().waves.size() && rollout.wave_state(current) == WaveState::denied) {
    still.what_to_do = fmt::format("`pawl approve {} {}`", id, rollout.rules().waves[current].name);
    return still;
  }
  const auto runs = halting(standing);
  if (!runs.empty()) still.what_to_do = how_to_decide(id, runs);
  return still;
}

/// Something of it is under way, or will be with a driver's next turn.
bool moves(const Admission& admission) {
  Rollout rollout = admission.standing.rollout;
  if (rollout.in_flight() > 0) return true;
  for (std::size_t i = 0; i < admission.gates.size(); ++i) {
    const auto& gate = admission.gates[i];
    if (gate ? *gate == Gate::after : admission.standing.runs[i].phase != Phase::over) return true;
  }
  if (!rollout.advance(admission.present).empty()) return true;
  return rollout.admit(Gate::check, admission.present) ||
         rollout.admit(Gate::upgrade, admission.present);
}

}  // namespace

std::string how_to_decide(const std::string& rollout, const Run& run) {
  const std::string word = word_for(run);
  return fmt::format("`pawl retry {} {}` or `pawl skip {} {}`", rollout, word, rollout, word);
}

Standstill standstill_of(const Waiting& waiting, const RolloutRules& rules,
                         const std::string& rollout) {
  const std::string wave =
      waiting.wave < 0 ? "" : rules.waves[static_cast<std::size_t>(waiting.wave)].name;
  const std::string until = waiting.until ? format_utc(waiting.until->at) : "";
  switch (waiting.what) {
    case Waiting::What::unpause:
      return {"it is paused", fmt::format("`pawl unpause {}`", rollout), false};
    case Waiting::What::unfreeze:
      return {"the store is frozen", "`pawl unfreeze`", false};
    case Waiting::What::approval:
      return {fmt::format("wave {} waits for approval", wave),
              fmt::format("`pawl approve {} {}`", rollout, wave), true};
    case Waiting::What::soak:
      return {fmt::format("wave {} soaks{}{}", wave, until.empty() ? "" : " until ", until), "",
              true};
    case Waiting::What::window:
      if (waiting.too_long) {
        const auto seconds = std::chrono::ceil<std::chrono::seconds>(*waiting.too_long);
        return {fmt::format("no maintenance window of wave {} is ever open for the {} that "
                            "upgrades took so far",
                            wave, format_duration(seconds)),
                fmt::format("`pawl cancel {}`, then run a plan with longer windows", rollout), true,
                true};
      }
      return {fmt::format("wave {} waits for its maintenance window{}{}", wave,
                          until.empty() ? "" : ", from ", until),
              "", true};
  }
  return {};
}

Standstill standstill_of(const Admission& admission, const std::string& id) {
  const Rollout& rollout = admission.standing.rollout;
  if (ended(rollout.state()) || rollout.state() == RolloutState::cancelling) return {};
  if (rollout.state() == RolloutState::halted) return halted(admission.standing, id);
  const bool moving = moves(admission);
  if (const auto waiting = rollout.waiting(admission.present)) {
    // What is under way inside a window may come to its end after it; and a soak begins with an
    // entry.
    const bool begins = waiting->what == Waiting::What::soak &&
                        rollout.wave_state(rollout.current_wave()) != WaveState::soaking;
    const auto& cloud = admission.present.cloud;
    if (waiting->what == Waiting::What::soak && waiting->until && cloud &&
        *waiting->until <= cloud->earliest) {
      const auto wave = static_cast<std::size_t>(waiting->wave);
      return {fmt::format("the soak of wave {} is over since {}, and a driver goes on",
                          rollout.rules().waves[wave].name, format_utc(waiting->until->at)),
              "", true};
    }
    if (!moving || (waiting->what != Waiting::What::window && !begins))
      return standstill_of(*waiting, rollout.rules(), id);
  }
  if (moving) return {};
  std::vector<const Run*> runs;
  for (const Run& run : admission.standing.runs) {
    if (run.state == RunState::needs_operator) runs.push_back(&run);
  }
  if (runs.empty()) return {};
  return {fmt::format("a person must decide about {}",
                      runs.size() == 1 ? "a run" : fmt::format("{} runs", runs.size())),
          how_to_decide(id, runs), true};
}

Result<Standstill> standstill_of(Database& database, const std::string& rollout, CloudInstant now) {
  auto stored = load_rollout(database, rollout);
  if (!stored) return stored.error();
  auto plan = stored_plan(std::move(*stored));
  if (!plan) return plan.error();
  const auto admission = admission_of(*plan, now);
  if (!admission) return admission.error();
  return standstill_of(*admission, rollout);
}

std::string words_of(const Standstill& still) {
  return still.what_to_do.empty() ? still.why : still.why + ": " + still.what_to_do;
}

std::string way_on(const Standstill& still, const std::string& rollout) {
  if (still.for_good) return still.what_to_do;
  const std::string resume = fmt::format("`pawl resume{}{}`", rollout.empty() ? "" : " ", rollout);
  return still.what_to_do.empty() ? resume + " goes on" : still.what_to_do + ", then " + resume;
}

}  // namespace pawl
