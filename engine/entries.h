// The journal's entries as the engine makes them: one shape for runs, waves and rollouts.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/cloud_clock.h"
#include "engine/journal.h"
#include "engine/quota.h"
#include "engine/rollout.h"
#include "engine/run.h"
#include "engine/workflow.h"

namespace pawl {

/// The entry of a run's move; its `data` is the caller's.
Entry run_entry(const std::string& rollout, const Run& before, const Run& after,
                const std::string& event, Instant at);
/// The entry of a wave's or the rollout's move.
Entry move_entry(const std::string& rollout, const RolloutMove& move, Instant at);
/// An entry about the store as a whole: a driver that came or went.
Entry store_entry(const std::string& event, const std::string& actor, const std::string& reason,
                  Instant at);
/// The entry of a cloud's clock that shows another time than was told last: offset and error, now
/// and then, in milliseconds. `wall` is what the wall clock shows at `at`; the offset from it is
/// told too where the two are apart.
Entry clock_entry(const ClockMove& move, Instant at, Instant wall);
/// The entry of calls that the cloud's throttle has made fewer (`calls_slowed`), or that are again
/// as many as configured (`calls_restored`): calls a minute now, then and as configured, and which
/// answer said so, where it told its request.
Entry rate_entry(const RateMove& move, const std::string& request_id, Instant at);
/// The entry that answers a lever on the whole store: the freeze set or lifted, and `frozen` with
/// it, or a refusal where it is so already.
Entry store_lever_entry(const Lever& lever, bool& frozen, Instant at);
/// The entry of a lever that does nothing, by its number, and why.
Entry refused_lever_entry(const Lever& lever, const std::string& why, Instant at);
/// The entry in an old rollout, which has ended, that another takes up what did not succeed in it.
/// `state` is its whole stored state, which stays as it is.
Entry followed_entry(const std::string& rollout, const std::string& word, const std::string& state,
                     const std::string& by, const std::string& actor, Instant at);
/// The entry of what a run leaves to be done. It leaves the run as its entry `last` made it, which
/// it follows in the same commit.
Entry obligation_opened_entry(const Entry& last, const Obligation& obligation);
/// The entry of the obligation with this number that a person closes; `last` is its run's last one.
Entry obligation_closed_entry(const Entry& last, std::int64_t number, std::string_view kind,
                              const Lever& lever, Instant at);
/// The entry that starts a rollout, the first of its own.
Entry started_entry(const NewRollout& created, const std::string& actor, Instant at,
                    const std::string& failed_of = "");
/// The entry that enrols a run; one for each follows, in the order of their numbers.
Entry enrolled_entry(const std::string& rollout, const Run& run, Instant at);

}  // namespace pawl
