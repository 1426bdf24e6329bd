// Runs and events as JSON text, as the journal keeps them. What is read back is untrusted: a store
// can have been edited.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/event.h"
#include "engine/result.h"
#include "engine/run.h"

namespace pawl {

/// The whole stored state of a run, one JSON object, keys sorted: equal runs give equal text.
/// What run.h marks as not stored is not part of it.
std::string encode_run(const Run& run);
/// Reads what encode_run wrote, and nothing else: a member that it would not have written, a
/// missing or a wrong value is Fault::store. `keys` are the facts that the workflow knows.
Result<Run> decode_run(std::string_view text, std::span<const FactKey> keys);

/// What a decision rested on, for the entry's `data`: the reason, the evidence of the last answer
/// (`asked`, which is the call that it answers, or empty; status, request id, digest of its body)
/// and every event since the run's last entry, so that the decision can be made again from the
/// journal alone. And how long the step took that passed, where it was watched from its acceptance
/// to its end.
std::string encode_data(const std::string& reason, const std::string& asked,
                        std::span<const Event> events, std::optional<Duration> took = {});

// What cannot be read is Fault::store.

/// The events of an entry's `data`, oldest first; none where it holds none.
Result<std::vector<Event>> decode_events(std::string_view data);

/// The member `state` of a wave's or rollout's stored state; `fallback` where the text is empty.
Result<std::string> decode_word(std::string_view text, const std::string& fallback);
/// The `until` of a wave's stored state, if it has one.
Result<std::optional<CloudInstant>> decode_until(std::string_view text);

/// A JSON object of texts, for entries that are about no run.
std::string encode_object(std::span<const std::pair<std::string, std::string>> members);

}  // namespace pawl
