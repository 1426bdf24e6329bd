// The JSON that pawl prints. Its keys keep the order in which they were given.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "engine/time.h"

namespace pawl {

using Json = nlohmann::ordered_json;

/// On one line. Bytes that are no UTF-8, as a name of the cloud's may have, become U+FFFD.
inline std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

inline Json text_or_null(std::string_view text) {
  return text.empty() ? Json() : Json(text);
}
inline Json time_or_null(const std::optional<Instant>& at) {
  return at ? Json(format_utc(*at)) : Json();
}
inline Json time_or_null(const std::optional<CloudInstant>& at) {
  return at ? Json(format_utc(at->at)) : Json();
}

}  // namespace pawl
