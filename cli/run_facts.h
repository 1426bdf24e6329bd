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

/// The rollout that is meant when none is named: the only unfinished one, else the newest.
/// Fault::usage when that is not clear.
Result<std::string> meant_rollout(AuditReader& audit, const std::string& named);

/// The run that is meant by an instance's id or name, in `rollout` or, where that is empty, in the
/// newest one that has it. Fault::usage when there is none, or the name is that of several.
Result<RunView> one_run_of(AuditReader& audit, const std::string& instance,
                           const std::string& rollout);

/// The runs about the instance with this id or name, those that led to it and those that led on
/// from it; in `rollout` alone unless it is empty. Fault::usage when there is none.
Result<std::vector<std::int64_t>> runs_around(Database& database, const std::string& instance,
                                              const std::string& rollout);

/// Fault::usage when one of `members` belongs to an unfinished rollout other than `own`.
Outcome free_of_rollouts(AuditReader& audit, std::span<const Member> members,
                         const std::string& own);

}  // namespace pawl
