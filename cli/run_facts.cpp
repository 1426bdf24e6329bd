#include "cli/run_facts.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "cli/options.h"
#include "cli/text.h"
#include "engine/codec.h"
#include "storage/lineage.h"
#include "workflows/upgrade_facts.h"

namespace pawl {

namespace {

Error about_nobody(const std::string& instance, const std::string& rollout) {
  return {Fault::usage,
          fmt::format("no run of the store is about instance `{}`{}", printable(instance),
                      rollout.empty() ? "" : " in rollout " + printable(rollout))};
}

}  // namespace

Result<Run> run_of(const RunView& view) {
  return decode_run(view.state, upgrade_facts);
}

bool fine(const Run& run) {
  return run.state == RunState::succeeded ||
         (run.state == RunState::skipped && run.reason.starts_with("already on its target"));
}

std::int64_t count_of(const std::vector<StateCount>& counts, std::string_view state) {
  const auto found = std::find_if(counts.begin(), counts.end(),
                                  [state](const auto& count) { return count.state == state; });
  return found == counts.end() ? 0 : found->count;
}

std::string shown_state(const RolloutSummary& summary, const Standstill& still) {
  if (summary.state == "cancelling") return "cancelled";
  if (summary.state == "running" && (still.waiting || !summary.waiting.empty())) return "waiting";
  if (summary.state != "running" || count_of(summary.counts, "needs_operator") == 0) {
    return summary.state;
  }
  for (const StateCount& count : summary.counts) {
    const auto state = run_state_from(count.state);
    if (state && !ended(*state) && *state != RunState::needs_operator && count.count > 0) {
      return summary.state;
    }
  }
  return "waiting";
}

std::string shown_state(const WaveView& wave, const RolloutSummary& summary) {
  const bool over = std::none_of(wave.counts.begin(), wave.counts.end(), [](const auto& count) {
    const auto state = run_state_from(count.state);
    return count.count > 0 && (!state || !ended(*state));
  });
  if (shown_state(summary) == "cancelled" && wave.state != "closed" && over) return "cancelled";
  return wave.state.empty() ? "pending" : wave.state;
}

Result<int> exit_code_of(const RolloutView& view) {
  for (const RunView& stored : view.runs) {
    if (stored.word == to_string(RunState::succeeded)) continue;  // a fleet takes long to read
    const Result<Run> run = run_of(stored);
    if (!run) return run.error();
    if (!fine(*run)) return exit_code::failures;
  }
  return exit_code::finished;
}

Result<std::string> meant_rollout(AuditReader& audit, const std::string& named) {
  if (!named.empty()) return named;
  auto open = audit.unfinished();
  if (!open) return open.error();
  if (open->size() == 1) return open->front();
  if (open->size() > 1) {
    return Error{Fault::usage, fmt::format("{} rollouts are unfinished; name one of them: {}",
                                           open->size(), fmt::join(*open, ", "))};
  }
  auto all = audit.rollouts();
  if (!all) return all.error();
  if (all->empty()) {
    return Error{Fault::usage, "the store holds no rollout yet; `pawl run PLAN` starts one"};
  }
  return all->back().record.id;
}

Result<RunView> one_run_of(AuditReader& audit, const std::string& instance,
                           const std::string& rollout) {
  auto runs = audit.runs_of(instance, rollout);
  if (!runs) return runs.error();
  if (runs->empty()) return about_nobody(instance, rollout);
  RunView& view = runs->front();
  if (runs->size() > 1 && (*runs)[1].rollout == view.rollout) {
    return Error{Fault::usage, fmt::format("{} instances of {} bear the name `{}`; give the id of "
                                           "one, such as {}",
                                           runs->size(), view.rollout, printable(instance),
                                           view.record.instance_id)};
  }
  return std::move(view);
}

Result<std::vector<std::int64_t>> runs_around(Database& database, const std::string& instance,
                                              const std::string& rollout) {
  auto lineage = lineage_of(database, instance);
  if (!lineage) return lineage.error();
  std::vector<std::int64_t> runs;
  for (const Descent& descent : *lineage) {
    if (rollout.empty() || descent.rollout == rollout) runs.push_back(descent.run);
  }
  if (runs.empty()) return about_nobody(instance, rollout);
  return runs;
}

Outcome free_of_rollouts(AuditReader& audit, std::span<const Member> members,
                         const std::string& own) {
  const auto unfinished = audit.unfinished();
  if (!unfinished) return unfinished.error();
  if (unfinished->empty()) return Done{};
  for (const Member& member : members) {
    auto other = audit.unfinished_with(member.id);
    if (!other) return other.error();
    if (!*other || **other == own) continue;
    return Error{Fault::usage,
                 fmt::format("instance {} belongs to rollout {}, which is unfinished; nothing was "
                             "started. Let that one come to its end (`pawl resume {}`), or exclude "
                             "the instance",
                             member.id, **other, **other)};
  }
  return Done{};
}

}  // namespace pawl
