// Which instances a rollout leaves alone, as far as their line in the list tells (decision 25).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "workflows/cloud_instances.h"
#include "workflows/cloud_recovery.h"
#include "workflows/cloud_requests.h"

namespace pawl {

/// Why nothing is done to `instance` by an upgrade to `target` ("14", "14.6"), in one sentence;
/// nothing where its check begins, at once or when it is no longer busy.
std::optional<std::string> left_alone(const cloud::Instance& instance, std::string_view target);
/// The same for its part in disaster recovery (cloud-api 6.2).
std::optional<std::string> left_alone(cloud::DrRole role, cloud::Cutover cutover);

}  // namespace pawl
