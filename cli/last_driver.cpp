#include "cli/last_driver.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "cli/json.h"
#include "cli/json_field.h"
#include "cli/text.h"

namespace pawl {

Result<std::optional<LastDriver>> last_driver(const Database& database, AuditReader& audit,
                                              const std::string& rollout) {
  const auto present = present_driver(database.path());
  const auto sign = audit.driver();
  if (!sign) return sign.error();
  if (!*sign) return std::optional<LastDriver>{};
  if (present) {
    // One that has not said yet what it drives may be about to drive any.
    const std::string& drives = (*sign)->rollout;
    const bool another = (*sign)->holder == *present && drives != rollout;
    if (!another || drives.empty() || rollout.empty()) return std::optional<LastDriver>{};
    return std::optional(LastDriver{(*sign)->alive_at, "", drives});
  }
  const auto stopped = audit.last_of_store("driver_stopped");
  if (!stopped) return stopped.error();
  if (*stopped && (*stopped)->entry.at >= (*sign)->holder.since) {
    const Entry& entry = (*stopped)->entry;
    return std::optional(LastDriver{entry.at, text_field(entry.data, "reason")});
  }
  // The sign of life comes every ten seconds: what it wrote may be later.
  const auto moved = audit.last_moved();
  if (!moved) return moved.error();
  return std::optional(LastDriver{std::max((*sign)->alive_at, moved->value_or(Instant{})), ""});
}

std::string words_of(const LastDriver& driver, const std::string& rollout,
                     const Standstill& still) {
  if (!driver.drives.empty()) {
    return fmt::format(
        "nothing drives {}, for the store's driver drives {}; {} once that one has "
        "ended",
        rollout, driver.drives, way_on(still, rollout));
  }
  const std::string seen = format_utc(driver.seen);
  const std::string what = driver.reason.empty()
                               ? fmt::format("died, last seen {}", seen)
                               : fmt::format("stopped at {}: {}", seen, printable(driver.reason));
  return fmt::format("nothing drives it: the last driver {}; {}", what, way_on(still, rollout));
}

Json last_driver_json(const std::optional<LastDriver>& driver) {
  if (!driver) return nullptr;
  return {{"seen", format_utc(driver->seen)},
          {"reason", text_or_null(driver->reason)},
          {"drives", text_or_null(driver->drives)}};
}

Result<CloudInstant> cloud_time(AuditReader& audit, Instant now) {
  const auto moved = audit.last_of_store("cloud_clock_moved");
  if (!moved) return moved.error();
  if (!*moved) return CloudInstant{now};
  // The driver's own clock goes no earlier than the store's times, which may be ahead of the wall.
  std::string offset = text_field((*moved)->entry.data, "wall_offset_ms");
  if (offset.empty()) offset = text_field((*moved)->entry.data, "offset_ms");
  std::int64_t ahead_ms = 0;
  std::from_chars(offset.data(), offset.data() + offset.size(), ahead_ms);
  return CloudInstant{now + Duration{ahead_ms}};
}

}  // namespace pawl
