// From what came of a harmless call to one line that says what to do. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "cli/way_out.h"
#include "engine/ports.h"

namespace pawl {

/// What the call asks for.
enum class Asked : std::uint8_t {
  instances,  ///< of the service
  project,    ///< its id, of IAM
  token,      ///< of IAM, for a password
  key,        ///< of the metadata service
};

/// What `pawl doctor` has found out.
struct Examined {
  std::string source;        ///< of the credentials; empty: none
  std::string endpoint;      ///< that was called
  std::string region;        ///< empty: none is known
  std::string project_id;    ///< empty: not known yet
  std::string project_from;  ///< the variable that names it; empty: none does
  Asked asked = Asked::instances;
  bool signs = true;  ///< the calls are signed, with the time in it
  Completion call{};
  std::optional<Duration> clock_ahead{};  ///< the cloud's clock less this machine's
  std::string flaw{};                     ///< why a 2xx is not what was asked for; empty: it is
  std::string led_to{};                   ///< the host that a redirect names; empty: none
  std::string proxy{};                    ///< the variable that names the call's proxy; empty: none
  WayOut way_out{true, true};             ///< by this machine's addresses
};

/// Empty where the call worked.
std::string advice_for(const Examined& examined);

/// The host in a Location header; empty where it names none.
std::string host_of(const std::string& location);

}  // namespace pawl
