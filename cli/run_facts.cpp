#include "cli/run_facts.h"

#include <fmt/core.h>

#include <algorithm>

#include "cli/options.h"
#include "engine/codec.h"
#include "workflows/upgrade_facts.h"

namespace pawl {

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
