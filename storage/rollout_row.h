// The row of a rollout, as every reader of it takes it.
#pragma once

#include <string>
#include <string_view>

#include "engine/journal.h"
#include "storage/sqlite.h"

namespace pawl {

/// What a SELECT from `rollouts r` names for record_in(), before its own columns.
inline constexpr std::string_view record_columns =
    "r.id, r.plan_name, r.number, r.plan, r.plan_path, r.endpoint, r.project_id, r.workflow, "
    "r.started";
/// So many they are: the number of the first column behind them.
inline constexpr int after_record = 9;

/// REQUIRES: the row's SELECT begins with record_columns.
RolloutRecord record_in(const Statement& row);

/// Fault::usage for an id that no rollout of the store has.
Error no_rollout(const Database& database, const std::string& id);

}  // namespace pawl
