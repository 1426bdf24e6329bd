// What a wave waits for and what bounds it, as a plan says it.
#pragma once

#include "workflows/plan.h"
#include "workflows/plan_fields.h"

namespace pawl {

/// Reads overshoot, soak, approval, windows and spread, of a wave or of `defaults`; what is not
/// given stays as it is in `wave`.
void read_wave_rules(PlanFields& fields, Wave& wave);

}  // namespace pawl
