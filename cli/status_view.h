// A rollout as it stands, for people and for programs (contract.md, `pawl status --json`).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/json.h"
#include "cli/last_driver.h"
#include "cli/options.h"
#include "cli/slowed.h"
#include "cli/stale_checks.h"
#include "storage/audit.h"
#include "storage/levers.h"
#include "storage/lineage.h"
#include "storage/obligations.h"

namespace pawl {

/// What a table shows of the instances; machine output always has all of them.
enum class StatusDetail : std::uint8_t {
  brief,  ///< those that failed or need an operator
  full,   ///< those in flight as well
};

/// What a status tells beyond the view.
struct StatusBeside {
  std::vector<StaleChecks> stale{};    ///< which checks will be too old at their turn
  std::optional<Instant> as_of{};      ///< the view is of then; absent: of now
  std::optional<LastDriver> driver{};  ///< absent: it is driven, or there is nothing left to drive
  bool frozen = false;                 ///< the store is, now
  /// What persons asked for and nobody has answered, now; absent: nobody looked.
  std::optional<std::vector<AskedLever>> asked{};
  Standstill still{};              ///< why it stands still, now
  std::optional<Slowed> slowed{};  ///< the cloud's throttle lets fewer calls out, now
  std::string left_over{};         ///< what nobody has taken up of a rollout that was followed
};

/// Prints to stdout; a table in at most `rows` lines, 0: in any number. Fault::store when a run
/// cannot be read.
Outcome print_status(Format format, const RolloutView& view, StatusDetail detail,
                     const StatusBeside& beside, std::size_t rows = 0);

/// Why a rollout is halted, or an empty text.
std::string text_of_halt(const RolloutSummary& summary);

/// What `show` tells of a run beyond its status.
struct RunBeside {
  std::vector<Descent> lineage{};  ///< of the runs that made an instance
  std::vector<StoredObligation> obligations{};
};

/// One instance of `pawl status --json` with what `show` tells besides.
Result<Json> instance_json(const RunView& view, const RunBeside& beside);

}  // namespace pawl
