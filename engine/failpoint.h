// Named moments of the loop at which a crash would hurt most.
#pragma once

#include <string_view>

namespace pawl {

/// Does nothing. Tests link another definition in its place, which ends the process with SIGKILL
/// where they ask for it (tests/support/failpoint.cpp).
void failpoint(std::string_view name);

}  // namespace pawl
