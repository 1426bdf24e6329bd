// A rollout as it stands, for people: the lines of `pawl status`.
#pragma once

#include <vector>

#include "cli/screen.h"
#include "cli/status_view.h"

namespace pawl {

/// For a terminal of this width, 0 for none: what matters most comes first. Fault::store when a run
/// cannot be read.
Result<std::vector<Part>> status_parts(const RolloutView& view, StatusDetail detail,
                                       const StatusBeside& beside, std::size_t width);

/// Of the table of instances on a terminal of this width.
std::vector<Column> instance_columns(std::size_t width);

/// Of the table of rollouts: on a narrow terminal what needs a person comes before all times.
std::vector<Column> rollout_columns(std::size_t width);

}  // namespace pawl
