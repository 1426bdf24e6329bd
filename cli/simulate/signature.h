// The gateway's side of a signed request (cloud-api 3.3): it begins with the bytes that came, and
// shares no code with what makes pawl's own signatures, so that one mistake cannot cancel itself
// out.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/time.h"

namespace pawl::simulate {

/// A request as it came, nothing decoded.
struct RawRequest {
  std::string method, target, body;
  std::vector<std::pair<std::string, std::string>> headers;  ///< names in lower case

  /// The header of that name; none where it came not once.
  std::optional<std::string_view> header(std::string_view name) const;
};

/// A key that may sign; with a security token it is temporary, and ends.
struct SigningKey {
  std::string access, secret, security_token;
  CloudInstant ends{Instant::max()};
};

/// How far the request's time may lie from the gateway's.
inline constexpr Duration skew_max = std::chrono::minutes{15};

/// Why the request is not proven, in the gateway's words; nullopt where it is. Stricter than the
/// gateway: what should be signed must be.
std::optional<std::string> flaw_of_signature(const RawRequest& request,
                                             std::span<const SigningKey> keys, CloudInstant now);

}  // namespace pawl::simulate
