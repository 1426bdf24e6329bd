#include "cli/json.h"

#include <nlohmann/json.hpp>

namespace pawl {

std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json text_or_null(std::string_view text) {
  return text.empty() ? Json() : Json(text);
}

Json time_or_null(const std::optional<Instant>& at) {
  return at ? Json(format_utc(*at)) : Json();
}

Json time_or_null(const std::optional<CloudInstant>& at) {
  return at ? Json(format_utc(at->at)) : Json();
}

}  // namespace pawl
