// A planned rollout for people and for programs.
#pragma once

#include <string>
#include <vector>

#include "cli/json.h"
#include "cli/options.h"
#include "cli/planning.h"

namespace pawl {

struct PlanView {
  const Plan& plan;
  const PlannedRollout& planned;
  const Known& known;
  const std::vector<Mistake>& warnings;
};

/// Prints to stdout.
void print_plan(Format format, const PlanView& view);

/// A duration as a person says it, rounded up: "40s", "95m", "118h".
std::string roughly(Duration duration);

/// Mistakes or warnings as the JSON array of every command that reads a plan.
Json mistakes_json(const std::vector<Mistake>& mistakes);

}  // namespace pawl
