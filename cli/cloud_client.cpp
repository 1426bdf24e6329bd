#include "cli/cloud_client.h"

#include <fmt/core.h>

#include <utility>

#include "cli/options.h"
#include "workflows/cloud_requests.h"

namespace pawl {

Result<FoundCredentials> take_credentials(const Log& log) {
  auto found = find_credentials(real_surroundings());
  if (!found) return found;
  guard_secrets();
  if (found->kind != CredentialKind::none) {
    log.debug(fmt::format("credentials: {}", found->source));
  }
  return found;
}

ProofTarget target_of(const Plan& plan, const std::string& ca_file) {
  return {plan.cloud.endpoint, plan.cloud.region, plan.cloud.project_id, ca_file};
}

Outcome fill_in_project(Plan& plan, const Credentials& credentials) {
  if (!cloud::is_path_segment(credentials.project_id())) {
    return Error{Fault::usage,
                 "the project id of the environment is none: it must consist of "
                 "letters, digits, '-', '_', '.' and '~'"};
  }
  plan.cloud.project_id = credentials.project_id();
  return Done{};
}

Result<std::unique_ptr<CurlClient>> client_for(const ProofTarget& target, Credentials& credentials,
                                               Clock& clock) {
  CurlOptions options;
  options.base_url = target.endpoint;
  options.ca_file = target.ca_file;
  options.user_agent = user_agent();
  options.keep_header = "location";
  return CurlClient::open(std::move(options), clock, credentials.any() ? &credentials : nullptr);
}

}  // namespace pawl
