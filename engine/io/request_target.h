// How a request's decoded text is spelled on the wire.
#pragma once

#include <string>
#include <string_view>

#include "engine/http.h"

namespace pawl {

/// RFC 3986: the unreserved characters A-Z a-z 0-9 - . _ ~ as they are, every other byte as % and
/// two hex digits in capitals.
std::string percent_encode(std::string_view text);

/// Appends path and query as they follow the host: the path's slashes stay, the query's pairs are
/// joined with = and & in their order; no query, no question mark.
void append_target(const HttpRequest& request, std::string& out);

}  // namespace pawl
