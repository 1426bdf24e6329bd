// A stored run and rollout in the words of contract.md, for every command that shows them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/standstill.h"
#include "engine/run.h"
#include "storage/audit.h"
#include "workflows/selection.h"

namespace pawl {

/// The run of a view. Fault::store when it cannot be read.
Result<Run> run_of(const RunView& view);

/// Succeeded, or had nothing to do because it was on its target: what exit code 0 asks of a run.
bool fine(const Run& run);

/// The state of a rollout as contract.md spells it: what is stored, or `waiting` where only time or
/// a person can go on. `still` is how it stands; without it an open wave outside its window, or one
/// whose places are all held by runs that need an operator, goes unseen.
std::string shown_state(const RolloutSummary& summary, const Standstill& still = {});
/// The same of a wave of it: what is stored, `pending` before it opens, or `cancelled` where the
/// rollout was cancelled before the wave could close, once nothing of it moves any more.
std::string shown_state(const WaveView& wave, const RolloutSummary& summary);
std::int64_t count_of(const std::vector<StateCount>& counts, std::string_view state);

/// The exit code that a rollout in this state deserves: 0 or 1.
Result<int> exit_code_of(const RolloutView& view);

/// Fault::usage when one of `members` belongs to an unfinished rollout other than `own`.
Outcome free_of_rollouts(AuditReader& audit, std::span<const Member> members,
                         const std::string& own);

}  // namespace pawl
