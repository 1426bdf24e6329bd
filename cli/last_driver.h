// Whether anything drives a rollout, and what the store's last driver has left to know.
#pragma once

#include <optional>
#include <string>

#include "cli/json.h"
#include "cli/standstill.h"
#include "storage/audit.h"

namespace pawl {

/// The store's last driver, of a rollout that nothing drives.
struct LastDriver {
  Instant seen{};        ///< when it stopped, or gave its last sign of life
  std::string reason;    ///< empty: it died without a word, or it runs
  std::string drives{};  ///< it runs, and drives this other rollout
};

/// Absent where one drives `rollout`, or the store has never had one. `rollout` may be empty: any.
Result<std::optional<LastDriver>> last_driver(const Database& database, AuditReader& audit,
                                              const std::string& rollout);

/// "nothing drives it: the last driver …; `pawl resume` goes on", or what comes first. `rollout`
/// may be empty: any.
std::string words_of(const LastDriver& driver, const std::string& rollout, const Standstill& still);
/// It as a JSON object, or null.
Json last_driver_json(const std::optional<LastDriver>& driver);

/// The cloud's time when this machine's wall clock shows `now`, by how far they were apart when a
/// driver of the store measured it last; this machine's own where none has.
Result<CloudInstant> cloud_time(AuditReader& audit, Instant now);

}  // namespace pawl
