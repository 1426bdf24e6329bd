// Named moments of the loop at which a crash would hurt most.
#pragma once

#include <string_view>

namespace pawl {

/// Marks that the process is passing the moment `name`, and does nothing. Tests link another
/// definition in its place, which ends the process with SIGKILL where they ask for it
/// (tests/support/failpoint.cpp).
void failpoint(std::string_view name);

}  // namespace pawl
