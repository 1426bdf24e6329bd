#include "workflows/left_alone.h"

#include <fmt/format.h>

#include <algorithm>

#include "workflows/versions.h"

namespace pawl {

std::optional<std::string> left_alone(const cloud::Instance& instance, std::string_view target) {
  if (!instance.engine.empty() && instance.engine != "PostgreSQL") {
    return fmt::format("it is a {} instance, not PostgreSQL", instance.engine);
  }
  const bool of_a_primary =
      std::any_of(instance.related.begin(), instance.related.end(),
                  [](const auto& related) { return related.type == "replica_of"; });
  if (instance.type == "Replica" || of_a_primary) {
    return "it is a read replica; upgrade its primary, then make the replica anew";
  }
  const auto version = cloud::parse_version(instance.version);
  const auto wanted = cloud::parse_version(target);
  if (version && wanted && cloud::matches(*version, *wanted)) {
    return fmt::format("already on its target: it runs version {}", instance.version);
  }
  if (!cloud::ready_status(instance.status) && !cloud::busy_status(instance.status)) {
    return fmt::format("its status is `{}`", instance.status);
  }
  return std::nullopt;
}

}  // namespace pawl
