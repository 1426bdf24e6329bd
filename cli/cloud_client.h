// The way from a plan to the cloud that it names.
#pragma once

#include <memory>
#include <string>

#include "cli/credential_sources.h"
#include "cli/credentials.h"
#include "cli/log.h"
#include "engine/io/curl_client.h"
#include "engine/ports.h"
#include "engine/result.h"
#include "workflows/plan.h"

namespace pawl {

/// As find_credentials has it for the real surroundings, and takes the secrets out of the
/// environment: to be called once a process.
Result<FoundCredentials> take_credentials(const Log& log);

/// What the calls to the plan's endpoint have to prove.
ProofTarget target_of(const Plan& plan, const std::string& ca_file);

/// From now on `plan` names the project of `credentials`. Fault::usage when that cannot be one.
Outcome fill_in_project(Plan& plan, const Credentials& credentials);

/// A client for the target's endpoint; `credentials` and `clock` outlive it.
Result<std::unique_ptr<CurlClient>> client_for(const ProofTarget& target, Credentials& credentials,
                                               Clock& clock);

}  // namespace pawl
