// Where the proof of who calls comes from: the environment, never the plan and never the store.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/ports.h"
#include "engine/result.h"

namespace pawl {

/// The project of the environment (HW_PROJECT_ID, HUAWEICLOUD_SDK_PROJECT_ID, OS_PROJECT_ID,
/// OS_TENANT_ID, in this order), or an empty text.
std::string project_from_environment();

/// Credentials for `endpoint`: a ready token of HW_AUTH_TOKEN, OS_AUTH_TOKEN or OS_TOKEN. None at
/// all is good for a loopback endpoint only; the result is then null. Fault::remote says what to
/// set. The variables are taken out of the environment, so that no child process inherits them.
Result<std::unique_ptr<Authorizer>> credentials_for(const std::string& endpoint);

/// What signs notifications, from PAWL_WEBHOOK_SECRET, which it takes away; empty: none is set.
std::string take_webhook_secret();
/// The variables that hold secrets; nothing that pawl starts is to see them.
std::vector<std::string> secret_variables();

}  // namespace pawl
