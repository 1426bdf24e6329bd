// How far the webhooks of a rollout have been told of its entries. What is still to be told is not
// kept anywhere: it follows from the journal.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "storage/sqlite.h"
#include "storage/stored_entry.h"

namespace pawl {

/// For each of `count` webhooks the seq up to which it has been told everything; before its first
/// call, the seq before the rollout's first entry. An unknown rollout has none.
Result<std::vector<std::int64_t>> delivered(Database& database, const std::string& rollout,
                                            std::size_t count);
/// Durable on return.
Outcome note_delivered(Database& database, const std::string& rollout, std::size_t webhook,
                       std::int64_t seq);

/// The first entry after `after` that bears one of `events` and is the rollout's, or the store's
/// own, up to the rollout's end.
Result<std::optional<StoredEntry>> next_to_tell(Database& database, const std::string& rollout,
                                                std::int64_t after,
                                                std::span<const std::string> events);
/// How many of them there are.
Result<std::int64_t> count_to_tell(Database& database, const std::string& rollout,
                                   std::int64_t after, std::span<const std::string> events);

/// Rollouts that have ended before all their webhooks were told of it.
Result<std::vector<std::string>> rollouts_to_tell_of(Database& database);

}  // namespace pawl
