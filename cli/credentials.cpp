#include "cli/credentials.h"

#include <fmt/format.h>

#include <array>
#include <cstdlib>
#include <variant>

#include "workflows/endpoints.h"

namespace pawl {

namespace {

constexpr std::array project_names{"HW_PROJECT_ID", "HUAWEICLOUD_SDK_PROJECT_ID", "OS_PROJECT_ID",
                                   "OS_TENANT_ID"};
constexpr std::array token_names{"HW_AUTH_TOKEN", "OS_AUTH_TOKEN", "OS_TOKEN"};
constexpr std::array key_names{"HW_ACCESS_KEY", "HUAWEICLOUD_SDK_AK", "OS_ACCESS_KEY", "OS_AK"};

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

/// X-Auth-Token (cloud-api 4): the token that was given, until the process ends.
class TokenAuthorizer final : public Authorizer {
 public:
  explicit TokenAuthorizer(std::string token) : token_(std::move(token)) {}

  std::vector<Header> headers(const HttpRequest&, const std::string&, Instant) override {
    return {{"X-Auth-Token", token_}};
  }

 private:
  std::string token_;
};

bool loopback(const std::string& url) {
  const auto endpoint = parse_endpoint(url);
  const auto* parsed = std::get_if<Endpoint>(&endpoint);
  return parsed != nullptr && is_loopback(*parsed);
}

}  // namespace

std::string take_webhook_secret() {
  std::string secret = environment("PAWL_WEBHOOK_SECRET");
  unsetenv("PAWL_WEBHOOK_SECRET");
  return secret;
}

std::vector<std::string> secret_variables() {
  std::vector<std::string> names{"HW_SECRET_KEY",
                                 "HW_SECURITY_TOKEN",
                                 "HW_USER_PASSWORD",
                                 "HUAWEICLOUD_SDK_SK",
                                 "HUAWEICLOUD_SDK_SECURITY_TOKEN",
                                 "CLOUD_SDK_AK",
                                 "CLOUD_SDK_SK",
                                 "OS_ACCESS_KEY_ID",
                                 "OS_SECRET_KEY",
                                 "OS_SK",
                                 "OS_SECURITY_TOKEN",
                                 "OS_PASSWORD",
                                 "PAWL_WEBHOOK_SECRET"};
  names.insert(names.end(), token_names.begin(), token_names.end());
  names.insert(names.end(), key_names.begin(), key_names.end());
  return names;
}

std::string project_from_environment() {
  for (const char* name : project_names) {
    if (std::string value = environment(name); !value.empty()) return value;
  }
  return "";
}

Result<std::unique_ptr<Authorizer>> credentials_for(const std::string& endpoint) {
  for (const char* name : token_names) {
    std::string token = environment(name);
    if (token.empty()) continue;
    for (const char* forget : token_names)
      unsetenv(forget);
    return std::unique_ptr<Authorizer>(std::make_unique<TokenAuthorizer>(std::move(token)));
  }
  if (loopback(endpoint)) return std::unique_ptr<Authorizer>();
  for (const char* name : key_names) {
    if (environment(name).empty()) continue;
    return Error{Fault::remote,
                 fmt::format("{} is set, but this version of pawl does not sign requests with an "
                             "access key; get a token from the cloud's IAM and set HW_AUTH_TOKEN",
                             name)};
  }
  return Error{Fault::remote, fmt::format("no credentials for {}: set HW_AUTH_TOKEN (or "
                                          "OS_AUTH_TOKEN, OS_TOKEN) to a token of its project",
                                          endpoint)};
}

}  // namespace pawl
