// Disaster recovery as the cloud tells it (cloud-api 2.7). The list of instances shows none of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/http.h"
#include "workflows/cloud_answer.h"

namespace pawl::cloud {

enum class DrRole : std::uint8_t {
  none,
  primary,  ///< has a copy elsewhere
  standby,  ///< is the copy
};

/// "none", "primary", "standby".
std::string_view to_string(DrRole role);
/// The role that is spelt so; nothing for any other text.
std::optional<DrRole> dr_role_from(std::string_view word);

struct DrRelation {
  std::string instance_id;
  DrRole role;
  bool operator==(const DrRelation&) const = default;
};

/// Those with another side, in the cloud's order; an instance that is both counts as a standby.
/// Never `none`.
Answer<std::vector<DrRelation>> read_dr_relations(const HttpResponse& response);

}  // namespace pawl::cloud
