// How every command ends that could not do what it was asked for.
#include <csignal>

#include "cli/commands.h"

namespace pawl {

int fail(const Log& log, const Error& error) {
  log.error(error.what);
  switch (error.fault) {
    case Fault::usage:
      return exit_code::usage;
    case Fault::held:
      return exit_code::held;
    case Fault::remote:
    case Fault::refused:
      return exit_code::remote;
    case Fault::interrupted:
      return exit_code::by_signal + SIGINT;
    case Fault::terminated:
      return exit_code::by_signal + SIGTERM;
    case Fault::store:
      break;
  }
  return exit_code::store;
}

}  // namespace pawl
