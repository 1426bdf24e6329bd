#include "cli/meant.h"

#include <fmt/format.h>

#include <utility>

#include "cli/text.h"
#include "storage/lineage.h"

namespace pawl {

namespace {

Error about_nobody(const std::string& instance, const std::string& rollout) {
  return {Fault::usage,
          fmt::format("no run of the store is about instance `{}`{}", printable(instance),
                      rollout.empty() ? "" : " in rollout " + printable(rollout))};
}

}  // namespace

Result<std::string> meant_rollout(AuditReader& audit, const std::string& named) {
  if (!named.empty()) return named;
  auto open = audit.unfinished();
  if (!open) return open.error();
  if (open->size() == 1) return open->front();
  if (open->size() > 1) {
    return Error{Fault::usage, fmt::format("{} rollouts are unfinished; name one of them: {}",
                                           open->size(), fmt::join(*open, ", "))};
  }
  auto all = audit.rollouts();
  if (!all) return all.error();
  if (all->empty()) {
    return Error{Fault::usage, "the store holds no rollout yet; `pawl run PLAN` starts one"};
  }
  return all->back().record.id;
}

Result<RunView> one_run_of(AuditReader& audit, const std::string& instance,
                           const std::string& rollout) {
  auto runs = audit.runs_of(instance, rollout);
  if (!runs) return runs.error();
  if (runs->empty()) return about_nobody(instance, rollout);
  RunView& view = runs->front();
  if (runs->size() > 1 && (*runs)[1].rollout == view.rollout) {
    return Error{Fault::usage, fmt::format("{} instances of {} bear the name `{}`; give the id of "
                                           "one, such as {}",
                                           runs->size(), view.rollout, printable(instance),
                                           view.record.instance_id)};
  }
  return std::move(view);
}

Result<std::vector<std::int64_t>> runs_around(Database& database, const std::string& instance,
                                              const std::string& rollout) {
  auto lineage = lineage_of(database, instance);
  if (!lineage) return lineage.error();
  std::vector<std::int64_t> runs;
  for (const Descent& descent : *lineage) {
    if (rollout.empty() || descent.rollout == rollout) runs.push_back(descent.run);
  }
  if (runs.empty()) return about_nobody(instance, rollout);
  return runs;
}

}  // namespace pawl
