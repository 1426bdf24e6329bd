// What earlier rollouts of a store have taught: how long steps take, and what became of an
// instance.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/time.h"
#include "storage/sqlite.h"

namespace pawl {

/// A step of a run that has ended well, and whose entry tells how long it took.
struct StepTook {
  std::string event;  ///< precheck_passed, upgrade_succeeded or verify_passed
  Duration took{0};   ///< since its acceptance, or the upgrade's end
};

/// Those of the latest runs of the store, some hundreds at most.
Result<std::vector<StepTook>> steps_took(Database& database);

/// What became of an instance in a rollout.
struct PastRun {
  std::string rollout, instance_id;
  std::string state;            ///< of the run, as it stands
  std::string reason;           ///< may be empty
  std::string new_instance_id;  ///< empty where none was made
  std::string target_version;   ///< that was chosen for it; empty where it did not get so far
  std::uint8_t step = 0;        ///< of the workflow, where the run stands
};

/// The same of an upgrade.
struct UpgradeTook {
  std::string instance_id;
  Duration took{0};  ///< since its acceptance
};
/// Those of one rollout.
Result<std::vector<UpgradeTook>> upgrades_took(Database& database, const std::string& rollout);

/// Every run of the store that may have upgraded its instance, or has come to an end; the latest
/// rollout's first.
Result<std::vector<PastRun>> past_runs(Database& database);

}  // namespace pawl
