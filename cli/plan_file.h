// A plan file as it lies on disk, read whole.
#pragma once

#include <string>
#include <vector>

#include "cli/log.h"
#include "engine/result.h"
#include "workflows/mistakes.h"
#include "workflows/plan.h"
#include "workflows/plan_reader.h"

namespace pawl {

struct PlanFile {
  std::string path;   ///< absolute, its directory without links
  std::string bytes;  ///< as they were read; a rollout freezes them
  Plan plan;          ///< with the project of the environment where the plan names none
  std::vector<Mistake> warnings;
};

/// Reads and checks a plan; warnings go to `log`. Fault::usage with every mistake as
/// file:line:column, or saying why the file cannot be read. The mistakes go to `mistakes` as well.
Result<PlanFile> read_plan_file(const std::string& path, const Log& log, PlanUse use,
                                std::vector<Mistake>* mistakes = nullptr);

/// Whether a rollout may be started with a file that was read as one that has been: `path` is how
/// it was named. Fault::usage as that of read_plan_file.
Outcome fit_to_start(const PlanFile& file, const std::string& path);

/// The plan of a stored rollout, from the bytes that were frozen. Fault::store if it is none.
Result<Plan> frozen_plan(const std::string& bytes, const std::string& project_id,
                         const std::string& rollout);

}  // namespace pawl
