// How a request's decoded text is spelled: on the wire, and where it is signed.
#pragma once

#include <string>
#include <string_view>

#include "engine/http.h"

namespace pawl {

/// RFC 3986, 2.3: A-Z a-z 0-9 - . _ ~.
bool is_unreserved(char c);

/// Appends the unreserved characters as they are, every other byte as % and two hex digits in
/// capitals.
void append_encoded(std::string_view text, std::string& out);
/// The same, but slashes stay.
void append_encoded_path(std::string_view path, std::string& out);

/// Appends path and query as they follow the host: the path's slashes stay, the query's pairs are
/// joined with = and & in their order; no query, no question mark.
void append_target(const HttpRequest& request, std::string& out);

}  // namespace pawl
