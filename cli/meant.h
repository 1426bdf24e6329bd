// What of the store a person means who names an instance or a rollout, or leaves it unnamed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "storage/audit.h"

namespace pawl {

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

}  // namespace pawl
