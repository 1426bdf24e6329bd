// The stand-in's troubles as the client meets them.
#pragma once

#include <variant>

#include "cli/simulate/faults.h"
#include "engine/ports.h"

namespace pawl::simulation {

/// What comes in place of `answer`; it is empty where the call was not carried out.
std::variant<HttpResponse, NoAnswer> spoiled(simulate::Trouble trouble, HttpResponse answer);

}  // namespace pawl::simulation
