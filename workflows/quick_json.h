// The quick one of the two readers behind parse_json.
#pragma once

#include <optional>
#include <string_view>

#include "workflows/cloud_json.h"

namespace pawl::cloud {

/// The tree of an ordinary body, in a quarter of the time. None tells nothing: besides what
/// read_thoroughly refuses, a body over a mebibyte and a number that is no 64-bit integer are left
/// to it. What is read is read by both, and alike.
std::optional<JsonDocument> read_quickly(std::string_view body);

}  // namespace pawl::cloud
