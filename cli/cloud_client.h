// The way from a plan to the cloud that it names.
#pragma once

#include <memory>

#include "engine/io/curl_client.h"
#include "engine/ports.h"
#include "engine/result.h"
#include "workflows/plan.h"

namespace pawl {

/// What the calls to the plan's endpoint are authorized by; null where a loopback endpoint needs
/// nothing. Takes secrets out of the environment: to be called once a process. Fault::usage when
/// the plan's project is not known, or as credentials_for has it.
Result<std::unique_ptr<Authorizer>> authorizer_for(const Plan& plan);

/// A client for the plan's endpoint; `clock` and `authorizer` outlive it.
Result<std::unique_ptr<CurlClient>> client_for(const Plan& plan, Clock& clock,
                                               Authorizer* authorizer);

}  // namespace pawl
