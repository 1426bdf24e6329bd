// Is this a text at all? What is asked before any parser sees a file.
#pragma once

#include <optional>
#include <string_view>

#include "workflows/mistakes.h"

namespace pawl {

/// The first byte of `text` that is not UTF-8 (RFC 3629: no overlong form, no surrogate), or is a
/// control character other than tab and line ends; the column counts bytes.
std::optional<Mistake> flaw_of_text(std::string_view text);

}  // namespace pawl
