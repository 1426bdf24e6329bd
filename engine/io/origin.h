// Where all calls of one client go.
#pragma once

#include <string>

#include "engine/result.h"

namespace pawl {

enum class Scheme : std::uint8_t { http, https };

/// Scheme, host and port of an endpoint (RFC 6454). The host is in lower case, an IPv6 address in
/// brackets.
struct Origin {
  Scheme scheme = Scheme::http;
  std::string url;    ///< "https://rds.example.com", "http://127.0.0.1:8080": no slash at its end
  std::string host;   ///< as the Host header spells it: a port only where it is not the scheme's
  std::string place;  ///< host and port, as messages name it
  bool loopback = false;
  bool operator==(const Origin&) const = default;
};

/// Reads `base_url`: http or https, a host, perhaps a port, and nothing else but one final slash.
/// Anything more (user, path, query) or less is Fault::usage.
Result<Origin> parse_origin(const std::string& base_url);

}  // namespace pawl
