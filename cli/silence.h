// What to do where no answer came. Pure; for diagnosis.cpp alone.
#pragma once

#include <string>

#include "cli/diagnosis.h"

namespace pawl {

/// `why` as NoAnswer has it.
std::string advice_for_silence(const Examined& examined, const std::string& why);

/// Where a proxy answers the call with `status`, or with nothing that has one (0).
std::string advice_for_proxy(const Examined& examined, int status);

}  // namespace pawl
