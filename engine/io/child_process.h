// The child's side of a command, between fork and exec.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "engine/command.h"
#include "engine/time.h"

namespace pawl {

/// The environment of this process less the names in `secret` and those that `command` sets, with
/// the command's own variables; as NAME=value.
std::vector<std::string> environment_of(const Command& command,
                                        const std::vector<std::string>& secret);

/// Descriptors of the child, all from 3 on; `go` is one end of a pair of sockets.
struct ChildPipes {
  int in = -1, out = -1, go = -1;
};

/// What is told through `go`: the time since_boot() from which on the command is not to run.
using StartBy = Duration;

/// A process in a group of its own that waits for a StartBy to come through `go`, and then becomes
/// a shell that runs the command. Where it is too late for that it says so by a byte through `go`,
/// which nothing else ever does, and ends; an end of `go` ends it too. -1, and errno, where none
/// could be made. Nothing in it allocates, for another thread of this process may have held the
/// heap's lock.
pid_t fork_waiting(const Command& command, const std::vector<std::string>& environment,
                   const ChildPipes& pipes);

}  // namespace pawl
