// The times that HTTP headers carry.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "engine/time.h"

namespace pawl {

/// The value of a Date header or the like: the three forms of RFC 9110, 5.6.7 ("Sun, 06 Nov 1994
/// 08:49:37 GMT" and the obsolete ones of RFC 850 and asctime), outer blanks aside. Whole seconds.
/// nullopt for anything else, also where the weekday is not that of the date. Two-digit years are
/// those of 1970 to 2069; the leap second 23:59:60 is the second after 23:59:59.
std::optional<CloudInstant> parse_http_date(std::string_view text);

/// The longest wait that parse_retry_after returns; a longer one is cut to it.
inline constexpr Duration retry_after_max = std::chrono::hours{24};

/// The value of a Retry-After header (RFC 9110, 10.2.3) as a wait, 0 to retry_after_max. `date` is
/// the Date of the same answer, from which the date form counts; without it that form is nullopt,
/// as is anything that fits neither form. A date in the past is no wait.
std::optional<Duration> parse_retry_after(std::string_view text, std::optional<CloudInstant> date);

}  // namespace pawl
