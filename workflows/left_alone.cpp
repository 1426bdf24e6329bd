#include "workflows/left_alone.h"

#include <fmt/core.h>

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
  // "14" may be less than a target of "14.6".
  if (version && wanted && version->count >= wanted->count && cloud::matches(*version, *wanted)) {
    return fmt::format("already on its target: it runs version {}", instance.version);
  }
  if (!cloud::ready_status(instance.status) && !cloud::busy_status(instance.status)) {
    return fmt::format("its status is `{}`", instance.status);
  }
  return std::nullopt;
}

std::optional<std::string> left_alone(cloud::DrRole role, cloud::Cutover cutover) {
  if (role == cloud::DrRole::standby) {
    return "it is the standby of a disaster-recovery pair; upgrade its primary, then make the "
           "standby anew";
  }
  if (role == cloud::DrRole::none || cutover == cloud::Cutover::no) return std::nullopt;
  return "it is the primary of a disaster-recovery pair, which is upgraded without cutover only; "
         "remove the pair's relation first";
}

}  // namespace pawl
