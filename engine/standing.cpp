#include "engine/standing.h"

#include <fmt/core.h>

#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "engine/codec.h"

namespace pawl {

namespace {

/// The state is that of the run enrolled, and its two words for "over" agree.
bool fits(const Run& run, const RunRecord& record) {
  const bool over = ended(run.state) || run.state == RunState::needs_operator;
  return run.id == record.run && run.wave == record.wave && run.instance_id == record.instance_id &&
         over == (run.phase == Phase::over);
}

/// Runs with the same spread value get the same number, from 1; 0 is for those without one.
void number_spread_values(const StoredRollout& stored, std::vector<Run>& runs) {
  std::unordered_map<std::string_view, std::uint32_t> numbers;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const std::string& value = stored.runs[i].record.spread;
    if (value.empty()) continue;
    runs[i].spread = numbers.emplace(value, numbers.size() + 1).first->second;
  }
}

Error unreadable(const StoredRollout& stored, const std::string& what) {
  return {Fault::store, fmt::format("rollout {}: {}\n`pawl audit verify` finds the first bad entry",
                                    stored.record.id, what)};
}

Result<std::vector<Run>> runs_of(const Workflow& workflow, const RolloutRules& rules,
                                 const StoredRollout& stored) {
  std::vector<Run> runs;
  runs.reserve(stored.runs.size());
  for (const StoredRun& row : stored.runs) {
    Result<Run> run = decode_run(row.state, workflow.fact_keys());
    if (!run) return run.error();
    if (!fits(*run, row.record) || run->step >= workflow.steps().size() ||
        workflow.steps()[run->step].name.empty() ||
        static_cast<std::size_t>(run->wave) >= rules.waves.size() || !workflow.sound(*run)) {
      return unreadable(stored, fmt::format("run {} does not fit its rollout", row.record.run));
    }
    if (!runs.empty() && run->id != runs.back().id + 1) {
      return unreadable(stored, fmt::format("run {} is missing", runs.back().id + 1));
    }
    runs.push_back(std::move(*run));
  }
  number_spread_values(stored, runs);
  return runs;
}

}  // namespace

Result<Standing> standing_of(const Workflow& workflow, const RolloutRules& rules,
                             const StoredRollout& stored) {
  auto runs = runs_of(workflow, rules, stored);
  if (!runs) return runs.error();
  std::vector<WaveState> waves;
  std::vector<std::optional<CloudInstant>> untils;
  for (const StoredWave& row : stored.waves) {
    Result<std::string> word = decode_word(row.state, "pending");
    if (!word) return word.error();
    const auto state = wave_state_from(*word);
    if (!state) {
      return unreadable(stored, fmt::format("wave {} is in no known state", row.record.name));
    }
    waves.push_back(*state);
    auto until = decode_until(row.state);
    if (!until) return until.error();
    untils.push_back(*until);
    if (*state == WaveState::soaking && !*until) {
      return unreadable(stored, fmt::format("wave {} soaks without an end", row.record.name));
    }
  }
  Result<std::string> word = decode_word(stored.state, "running");
  if (!word) return word.error();
  const auto state = rollout_state_from(*word);
  if (!state || waves.size() != rules.waves.size()) {
    return unreadable(stored, "it does not fit its plan");
  }
  Standing standing{{}, Rollout(rules, *runs, waves, *state)};
  standing.runs = std::move(*runs);
  standing.rollout.freeze(stored.frozen);
  for (std::size_t i = 0; i < untils.size(); ++i) {
    if (untils[i]) standing.rollout.soaks_until(i, *untils[i]);
  }
  return standing;
}

std::size_t placed_step(const Workflow& workflow) {
  const auto steps = workflow.steps();
  std::size_t at = 0;
  while (at + 1 < steps.size() && steps[at].place != Gate::upgrade)
    ++at;
  return at;
}

void learn(Pacing& pacing, const Workflow& workflow, const StoredRollout& stored) {
  for (const Duration took : stored.took)
    pacing.took(placed_step(workflow), took);
  for (const auto& [step, took] : stored.before) {
    const bool known = step >= 0 && std::cmp_less(step, workflow.steps().size());
    if (known) pacing.took(static_cast<std::size_t>(step), took);
  }
}

Present present_of(const Workflow& workflow, const Pacing& pacing, std::optional<CloudNow> cloud) {
  const std::size_t upgrade = placed_step(workflow);
  Present present{cloud, pacing.likely(upgrade)};
  const auto steps = workflow.steps();
  for (std::size_t i = upgrade + 1; i < steps.size(); ++i) {
    if (steps[i].place == Gate::upgrade) present.before_takes += pacing.likely(i);
  }
  return present;
}

}  // namespace pawl
