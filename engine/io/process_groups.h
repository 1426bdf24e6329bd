// Process groups of other processes, as /proc shows them.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace pawl {

/// Whether a process of `group` runs whose environment holds `assignment` ("NAME=value").
bool group_bears(pid_t group, const std::string& assignment);
/// Whether any process is left in the group, one that nobody has waited for included.
bool group_lives(pid_t group);

}  // namespace pawl
