// The keys of a plan about what goes on around an upgrade.
#pragma once

#include "workflows/plan.h"
#include "workflows/plan_fields.h"

namespace pawl {

/// Reads `backup`, `hooks` and `notify`.
void read_around(PlanFields& fields, Plan& plan);

}  // namespace pawl
