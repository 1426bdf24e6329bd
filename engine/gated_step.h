// The one move that pawl knows: admit, intend, submit, gate. Pure and total; the same inputs
// always give the same decision.
#pragma once

#include "engine/event.h"
#include "engine/workflow.h"

namespace pawl {

/// How long the looks before an intent, and the cloud's clock, may have aged when it is committed.
inline constexpr Duration looks_fresh_for{60'000};
/// The most submits of one attempt; after that a person decides.
inline constexpr int sends_max = 3;
/// Looks that a phase still gets once its time is over: the answer at hand may have come before a
/// sleep, or be a refusal of the moment.
inline constexpr std::uint8_t late_looks_max = 2;

/// The first decision of a run: enrolled, waiting for its first step.
Decision begin(const Workflow& workflow, Run run, Instant at);

/// The first decision of a run that goes on at `step`, a gate, for all before it was done in
/// another rollout: `run` has the facts that the gate is judged by, and counts its attempts.
/// Nothing of what lies before the gate is ever sent by it.
Decision begin_at(const Workflow& workflow, Run run, std::uint8_t step, Instant at);

/// Whether `event` can meet `run` at all. What the loop hands out always does; what a store hands
/// out is asked first.
bool can_meet(const Workflow& workflow, const Run& run, const Event& event);

/// What `event` makes of `run`. An event that cannot meet it is a bug and aborts.
Decision decide(const Workflow& workflow, const Run& run, const Event& event);

/// What a stored run waits for when a driver takes it up. A run whose submit was on its way has no
/// effect of its own: nullopt, and it must be given Unanswered{unknown} first.
std::optional<Effect> resume_effect(const Workflow& workflow, const Run& run);

}  // namespace pawl
