// Durations as people write them in plans and on command lines.
#pragma once

#include <optional>
#include <string_view>

#include "engine/time.h"

namespace pawl {

/// The longest duration that is taken: ten years, so that sums of them never overflow.
inline constexpr Duration duration_max = std::chrono::hours{24} * 3650;

/// What parse_duration takes, for messages: "a duration such as …".
inline constexpr std::string_view duration_shape = "a duration such as 500ms, 30s, 10m, 2h or 7d";

/// Reads digits and one unit: "500ms", "30s", "10m", "2h", "7d". No blanks, signs, fractions or
/// compounds; 0 to duration_max. Anything else is nullopt.
std::optional<Duration> parse_duration(std::string_view text);

}  // namespace pawl
