// The JSON that pawl prints. Its keys keep the order in which they were given. Who builds it or
// looks into it includes nlohmann/json.hpp, which headers do not.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "engine/time.h"

namespace pawl {

using Json = nlohmann::ordered_json;

/// On one line. Bytes that are no UTF-8, as a name of the cloud's may have, become U+FFFD.
std::string dump(const Json& json);

Json text_or_null(std::string_view text);  ///< null where empty
Json time_or_null(const std::optional<Instant>& at);
Json time_or_null(const std::optional<CloudInstant>& at);

}  // namespace pawl
