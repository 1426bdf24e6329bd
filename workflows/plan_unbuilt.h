// The keys of the plan whose behaviour is not built yet. They are known, and what stands in them is
// judged, but nothing is ever read and ignored: only a value that asks for nothing is taken.
#pragma once

#include "workflows/plan_fields.h"

namespace pawl {

/// notify.
void refuse_unbuilt_of_plan(PlanFields& fields);

}  // namespace pawl
