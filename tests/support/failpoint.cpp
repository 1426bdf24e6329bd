// Takes the place of the engine's own definition in the program `pawl_failpoints`.
#include "engine/failpoint.h"

#include <signal.h>

#include <cstdlib>
#include <map>
#include <string>

namespace pawl {

/// PAWL_FAILPOINT=NAME:N ends the process at the N-th passing of NAME.
void failpoint(std::string_view name) {
  static const std::string wanted = [] {
    const char* value = std::getenv("PAWL_FAILPOINT");
    return std::string(value == nullptr ? "" : value);
  }();
  static std::map<std::string, int, std::less<>> passed;
  const int n = ++passed[std::string(name)];
  if (wanted == std::string(name) + ':' + std::to_string(n)) raise(SIGKILL);
}

}  // namespace pawl
