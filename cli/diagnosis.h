// From what came of a harmless call to one line that says what to do. Pure.
#pragma once

#include <optional>
#include <string>

#include "cli/way_out.h"
#include "engine/ports.h"

namespace pawl {

/// What `pawl doctor` has found out.
struct Examined {
  std::string source;      ///< of the credentials; empty: none
  std::string endpoint;    ///< that was called
  std::string region;      ///< empty: none is known
  std::string project_id;  ///< empty: not known yet
  Completion call;
  std::optional<Duration> clock_ahead;  ///< the cloud's clock less this machine's
  std::string proxy{};                  ///< the variable that names the call's proxy; empty: none
  WayOut way_out{true, true};           ///< by this machine's addresses
};

/// Empty where the call worked.
std::string advice_for(const Examined& examined);

}  // namespace pawl
