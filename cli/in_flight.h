// What of a rollout is in flight, by what it is.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "cli/json.h"
#include "storage/audit.h"

namespace pawl {

/// Runs with something intended, submitted or in doubt; one whose after-hook is about to run is
/// counted as well, for that waits for nobody's leave.
struct InFlight {
  std::int64_t checks = 0, backups = 0, upgrades = 0, verifications = 0;  ///< at the cloud
  std::int64_t hooks = 0;                                                 ///< here

  std::int64_t all() const { return checks + backups + upgrades + verifications + hooks; }
  bool operator==(const InFlight&) const = default;
};

/// Whether a run counts among them.
bool is_in_flight(const RunView& run);
/// Those of `runs` alone that are. Fault::store when one cannot be read.
Result<InFlight> in_flight_of(std::span<const RunView> runs);
/// The same of a whole rollout, without reading all its runs.
Result<InFlight> in_flight_of(AuditReader& audit, const std::string& rollout);

/// "in flight: 2 upgrades and 1 backup at the cloud, 1 hook here", or that nothing is.
std::string in_flight_words(const InFlight& flying);
/// They as a JSON object, with a number of each.
Json in_flight_json(const InFlight& flying);

}  // namespace pawl
