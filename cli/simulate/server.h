// The model behind a socket of this machine.
#pragma once

#include "cli/log.h"
#include "cli/simulate/settings.h"
#include "engine/result.h"

namespace pawl::simulate {

/// Listens on 127.0.0.1 and serves until SIGINT or SIGTERM comes. Says on stdout where it listens
/// once it does. Fault::usage when the port cannot be had.
Outcome serve_until_stopped(const Settings& settings, const Log& log);

}  // namespace pawl::simulate
