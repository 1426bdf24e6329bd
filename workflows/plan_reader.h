// Reading a plan file: all of it good, or every mistake at once.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "workflows/hook_program.h"
#include "workflows/mistakes.h"
#include "workflows/plan.h"

namespace pawl {

struct PlanReading {
  std::optional<Plan> plan;           ///< given exactly when there are no mistakes
  std::vector<Mistake> mistakes;      ///< by place; columns count characters
  std::vector<Mistake> warnings;      ///< of a good plan: what is allowed but looks unmeant
  std::vector<HookProgram> programs;  ///< of a good plan: what its hooks start
};

/// What a plan is read for. What has been started goes on, whatever has been found to be a mistake
/// since then: start_mistakes are none in its plan.
enum class PlanUse : std::uint8_t { to_start, started };

/// Reads a plan of YAML or JSON as contract.md has it. Needs no file and no network; only the names
/// of time zones are looked up on this machine. Never throws, whatever the bytes are.
PlanReading read_plan(std::string_view bytes, PlanUse use);

}  // namespace pawl
