// The command line of `pawl simulate`.
#pragma once

#include "cli/simulate/settings.h"
#include "engine/result.h"

namespace CLI {
class App;
}

namespace pawl::simulate {

/// Adds the options, which fill `settings`. Words that are none are CLI11's to refuse.
void add_options(CLI::App& app, Settings& settings);

}  // namespace pawl::simulate
