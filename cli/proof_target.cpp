#include "cli/proof_target.h"

#include <fmt/core.h>

#include <variant>

#include "workflows/endpoints.h"

namespace pawl {

std::string region_of(const FoundCredentials& found, const ProofTarget& target) {
  if (!target.region.empty()) return target.region;
  const auto endpoint = parse_endpoint(target.endpoint);
  if (const auto* parsed = std::get_if<Endpoint>(&endpoint)) {
    if (std::string region = region_of_endpoint(*parsed); !region.empty()) return region;
  }
  return found.region;
}

Result<std::string> iam_endpoint_of(const FoundCredentials& found, const ProofTarget& target) {
  if (found.iam_endpoint.empty()) {
    const std::string region = region_of(found, target);
    if (is_region(region)) return iam_endpoint_for_region(region);
    return Error{Fault::remote,
                 "the IAM endpoint is not known: name a region in the plan, or the endpoint in "
                 "HUAWEICLOUD_SDK_IAM_ENDPOINT, HW_AUTH_URL or OS_AUTH_URL"};
  }
  const auto parsed = parse_endpoint(found.iam_endpoint);
  if (const auto* flaw = std::get_if<NoEndpoint>(&parsed)) {
    return Error{Fault::remote,
                 fmt::format("the IAM endpoint in {} must {}", found.iam_from, flaw->must)};
  }
  const auto& endpoint = std::get<Endpoint>(parsed);
  if (endpoint.scheme == UrlScheme::http && !is_loopback(endpoint)) {
    return Error{Fault::remote,
                 fmt::format("the IAM endpoint {}, in {}, is plain http to another machine, where "
                             "others can read the password; use https",
                             to_string(endpoint), found.iam_from)};
  }
  return to_string(endpoint);
}

}  // namespace pawl
