// Which instance became which: an upgrade makes a new instance, under a new id, and that one may be
// upgraded again.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "storage/sqlite.h"

namespace pawl {

/// SELECT of the runs that made the instance with the id ?1.
inline constexpr std::string_view select_makers =
    "SELECT run FROM run_states WHERE made = ?1 AND made <> ''";

/// One run's part in a lineage.
struct Descent {
  std::int64_t run = 0;
  std::string rollout, instance_id;
  std::string new_instance_id;  ///< what came of the instance; empty where nothing has yet
  bool operator==(const Descent&) const = default;
};

/// The runs about the instance with this id or name, those that led to it, and those that led on
/// from it; the earliest first.
Result<std::vector<Descent>> lineage_of(Database& database, const std::string& instance);

}  // namespace pawl
