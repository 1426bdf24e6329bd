#include "cli/cloud_client.h"

#include <fmt/format.h>

#include <utility>

#include "cli/credentials.h"
#include "engine/version.h"
#include "workflows/cloud_requests.h"

namespace pawl {

Result<std::unique_ptr<Authorizer>> authorizer_for(const Plan& plan) {
  if (plan.cloud.project_id.empty()) {
    return Error{Fault::usage, fmt::format("plan {} names no cloud.project_id, and neither does "
                                           "the environment; set one of them",
                                           plan.name)};
  }
  if (!cloud::is_path_segment(plan.cloud.project_id)) {
    return Error{Fault::usage,
                 "the project id of the environment is none: it must consist of "
                 "letters, digits, '-', '_', '.' and '~'"};
  }
  return credentials_for(plan.cloud.endpoint);
}

Result<std::unique_ptr<CurlClient>> client_for(const Plan& plan, Clock& clock,
                                               Authorizer* authorizer) {
  CurlOptions options;
  options.base_url = plan.cloud.endpoint;
  options.user_agent = fmt::format("pawl/{}", engine_version);
  return CurlClient::open(std::move(options), clock, authorizer);
}

}  // namespace pawl
