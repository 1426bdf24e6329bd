#include "cli/as_started.h"

#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "cli/credential_sources.h"
#include "cli/rollout_start.h"
#include "workflows/plan_difference.h"
#include "workflows/plan_reader.h"

namespace pawl {

namespace {

/// Where its hooks run, by whatever name.
bool same_directory(const std::filesystem::path& one, const std::filesystem::path& other) {
  std::error_code code;
  return one.parent_path() == other.parent_path() ||
         std::filesystem::equivalent(one.parent_path(), other.parent_path(), code);
}

/// `named` by the environment; empty: none is.
Outcome same_project(const std::string& named, const RolloutRecord& rollout) {
  if (named.empty() || named == rollout.project_id) return Done{};
  return Error{Fault::usage,
               fmt::format("{} was started in project {}, and the environment now names {}; "
                           "nothing was done. Name that project, or none, to go on with it",
                           rollout.id, rollout.project_id, named)};
}

/// Without it each hook would fail, those behind upgrades too.
Outcome hooks_have_directory(const Plan& plan, const RolloutRecord& rollout) {
  if (plan.before_hooks.empty() && plan.after_hooks.empty()) return Done{};
  if (kind_of(rollout.workflow) == RolloutKind::precheck) return Done{};
  const std::string directory = std::filesystem::path(rollout.plan_path).parent_path().string();
  struct stat found {};
  const bool there =
      ::stat(directory.c_str(), &found) == 0 && ::access(directory.c_str(), X_OK) == 0;
  if (there && S_ISDIR(found.st_mode)) return Done{};
  return Error{
      Fault::usage,
      fmt::format("the hooks of {} run in {}, the directory of the plan that it was started with, "
                  "which cannot be entered: {}; nothing was done. Put the directory back, or a "
                  "symbolic link to where it is now, then `pawl resume {}`",
                  rollout.id, directory, std::strerror(there ? ENOTDIR : errno), rollout.id)};
}

}  // namespace

Outcome same_as_started(const PlanFile& file, const RolloutRecord& rollout) {
  if (file.bytes != rollout.plan) {
    return Error{
        Fault::usage,
        fmt::format("{} is unfinished, and its plan has changed since it was started:\n"
                    "{}\nput the plan back and run again, or `pawl resume {}` to go on "
                    "with the plan that it was started with",
                    rollout.id, describe_difference(rollout.plan, file.bytes), rollout.id)};
  }
  if (Outcome have = hooks_have_directory(file.plan, rollout); !have) return have;
  if (!same_directory(file.path, rollout.plan_path)) {
    return Error{Fault::usage,
                 fmt::format("{} was started with the plan {}, in whose directory its hooks run, "
                             "and not with {}; nothing was done. `pawl resume {}` goes on with it",
                             rollout.id, rollout.plan_path, file.path, rollout.id)};
  }
  return same_project(file.plan.cloud.project_id, rollout);
}

Outcome same_as_started(AuditReader& audit, const std::string& rollout) {
  const auto record = audit.plan_of(rollout);
  if (!record) return record.error();
  const PlanReading reading = read_plan(record->plan, PlanUse::started);
  if (!reading.plan) return Done{};  // what takes it up says why
  if (Outcome have = hooks_have_directory(*reading.plan, *record); !have) return have;
  if (!reading.plan->cloud.project_id.empty()) return Done{};
  return same_project(project_from_environment(), *record);
}

}  // namespace pawl
