// Whether the commands of a plan's hooks can be started on this machine.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "workflows/hook_program.h"

namespace pawl {

/// Why the shell cannot start `word` in `directory`, as a clause about it; empty where it can, or
/// where that cannot be told. Runs nothing but the shell's own look-up of a name.
std::string cannot_start(const std::string& word, const std::string& directory);

/// A warning for each that cannot be started, with what comes of it: a plan may be looked at on
/// another machine than the one that will run it. Columns count bytes.
std::vector<Mistake> hook_warnings(std::span<const HookProgram> programs,
                                   const std::string& directory);

}  // namespace pawl
