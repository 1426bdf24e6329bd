// The request signature SDK-HMAC-SHA256 (cloud-api 3.3). Pure: the time comes from the caller, and
// no secret is kept.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/http.h"
#include "engine/time.h"

namespace pawl::cloud {

/// What signs. `security_token` is empty for a permanent key.
struct AccessKey {
  std::string access, secret, security_token;
};

using SignedHeaders = std::vector<std::pair<std::string, std::string>>;

/// The parts of a signature that the documentation names, for whoever has to compare them with the
/// gateway's own: the canonical request holds no secret but a security token.
struct Signature {
  std::string date;               ///< value of X-Sdk-Date
  std::string canonical_request;  ///< steps 3 to 6
  std::string authorization;      ///< value of Authorization
};

/// Signs `request` as it goes to `host` (with its port unless that is the scheme's own) at `at`.
/// `headers` are signed too: exactly those that will be sent besides Host and X-Sdk-Date and that
/// no proxy may alter. A header X-Sdk-Content-Sha256 takes the place of the body's hash.
Signature sign(const AccessKey& key, const HttpRequest& request, std::string_view method,
               const std::string& host, const SignedHeaders& headers, Instant at);

/// All the headers that prove `request`: Content-Type, X-Project-Id (unless empty), X-Sdk-Date,
/// X-Security-Token (unless empty) and Authorization.
SignedHeaders signed_headers(const AccessKey& key, const std::string& project_id,
                             const HttpRequest& request, const std::string& host, Instant at);

}  // namespace pawl::cloud
