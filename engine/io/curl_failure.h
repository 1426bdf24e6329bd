// Why a call has no answer, in words.
#pragma once

#include <string>
#include <string_view>

#include "engine/io/origin.h"
#include "engine/time.h"

namespace pawl {

struct CurlFailure {
  int code = 0;                ///< libcurl's CURLcode, not CURLE_OK
  long system_error = 0;       ///< errno of the failed connect, 0 when unknown
  std::string_view complaint;  ///< libcurl's own words, may be empty
  bool connected = false;      ///< the request was allowed to leave
  Duration timeout{};          ///< the call's
};

/// One clause on one line that names host and port of `origin`; never a header or a body.
std::string describe(const CurlFailure& failure, const Origin& origin);

}  // namespace pawl
