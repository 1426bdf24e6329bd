#include "cli/stale_checks.h"

#include <algorithm>
#include <map>
#include <utility>

#include "cli/outlook.h"
#include "cli/rollout_start.h"
#include "cli/stored_plan.h"
#include "storage/load.h"

namespace pawl {

namespace {

/// Its upgrade has not been sent.
bool remains(const Run& run) {
  return run.state == RunState::pending || run.state == RunState::checking ||
         run.state == RunState::ready;
}

}  // namespace

Result<std::vector<StaleChecks>> stale_checks(Database& database, const std::string& rollout,
                                              CloudInstant now) {
  auto stored = load_rollout(database, rollout);
  if (!stored) return stored.error();
  auto plan = stored_plan(std::move(*stored));
  if (!plan) return plan.error();
  auto admission = admission_of(*plan, now);
  if (!admission) return admission.error();
  const Rollout& going_on = admission->standing.rollout;
  std::vector<StaleChecks> found;
  if (ended(going_on.state()) || kind_of(plan->stored.record.workflow) == RolloutKind::precheck) {
    return found;
  }
  auto took = steps_took(database);
  if (!took) return took.error();
  std::vector<Remaining> remaining;
  std::vector<const Run*> whose;
  for (const Run& run : admission->standing.runs) {
    if (!remains(run)) continue;
    remaining.push_back({run.wave, run.spread, run.valid_until});
    whose.push_back(&run);
  }
  if (remaining.empty()) return found;
  const auto soaked = going_on.earliest(
      Obstacle::earlier_wave, static_cast<std::size_t>(remaining.front().wave), admission->present);
  const Outlook out = outlook(plan->plan, plan->rules.rollout, remaining, step_times(*took), now,
                              soaked.value_or(now));
  std::map<std::int32_t, std::size_t> by_wave;
  for (std::size_t i = 0; i < remaining.size(); ++i) {
    const auto wave = static_cast<std::size_t>(remaining[i].wave);
    const auto [at, first] = by_wave.emplace(remaining[i].wave, found.size());
    if (first) {
      const WaveRules& rules = plan->rules.rollout.waves[wave];
      const bool asks = rules.approval == Approval::required &&
                        (going_on.wave_state(wave) == WaveState::pending ||
                         going_on.wave_state(wave) == WaveState::awaiting_approval);
      found.push_back({rules.name, 0, {}, asks, std::nullopt, out.table.starts[i]});
    }
    StaleChecks& its = found[at->second];
    ++its.remaining;
    its.from = std::min(its.from.value_or(out.stale_from[i]), out.stale_from[i]);
    if (out.stale[i]) its.instances.push_back(whose[i]->instance_id);
  }
  return found;
}

}  // namespace pawl
