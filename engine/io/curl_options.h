// What a CurlClient is set up with.
#pragma once

#include <cstddef>
#include <string>

#include "engine/time.h"

namespace pawl {

struct CurlOptions {
  std::string base_url{};                      ///< as parse_origin reads it
  std::size_t pool = 64;                       ///< calls in flight at most, > 0
  Duration connect_timeout{10'000};            ///< resolving, connecting, TLS; > 0
  Duration silence_max{20'000};                ///< from the request, or within the answer; > 0,
                                               ///< whole seconds
  std::size_t response_bytes_max = 8U << 20U;  ///< headers and body of one answer; > 0
  bool direct = false;                         ///< never by a proxy
  std::string ca_file{};                       ///< PEM; empty: the system's own
  std::string user_agent = "pawl";
  std::string keep_header{};  ///< the name, in lower case, of a header for Completion::kept
  bool operator==(const CurlOptions&) const = default;
};

}  // namespace pawl
