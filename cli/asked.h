// What persons have asked for and nobody has answered yet: while a driver hangs, or is stopped, or
// whoever pulled the lever went before it was answered.
#pragma once

#include <string>
#include <vector>

#include "cli/json.h"
#include "storage/levers.h"

namespace pawl {

/// "approve canary, asked for by ops@host at 2026-11-22T10:00:05.000Z, is not answered yet" for
/// each, the oldest first; of more than three the first two and how many more there are. Pure.
std::vector<std::string> words_of(const std::vector<AskedLever>& asked);
/// The same as a list of `kind target by reason asked`; an empty text is null.
Json asked_json(const std::vector<AskedLever>& asked);

}  // namespace pawl
