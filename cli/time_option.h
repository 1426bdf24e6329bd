// Times as the command line takes them.
#pragma once

#include <optional>
#include <string>

#include "engine/result.h"
#include "engine/time.h"

namespace pawl {

/// RFC 3339 in any offset, or a day for its first moment in UTC; nothing where `text` is empty.
/// Fault::usage names `option`.
Result<std::optional<Instant>> time_option(const char* option, const std::string& text);

}  // namespace pawl
