#include "cli/rehearsal.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "cli/json.h"
#include "cli/plan_file.h"
#include "cli/rollout_start.h"
#include "cli/text.h"
#include "storage/audit.h"
#include "workflows/looks_before.h"
#include "workflows/upgrade_steps.h"
#include "workflows/versions.h"

namespace pawl {

namespace {

constexpr std::size_t instances_named = 3;

enum class What : std::uint8_t { checks, rehearsal, upgrades };

struct PastRollout {
  What what = What::checks;
  std::string target_version;  ///< as its plan has it
};

Result<PastRollout> past_rollout(AuditReader& audit, const std::string& id) {
  auto record = audit.plan_of(id);
  if (!record) return record.error();
  if (kind_of(record->workflow) == RolloutKind::precheck) return PastRollout{};
  auto plan = frozen_plan(record->plan, record->project_id, id);
  if (!plan) return plan.error();
  return PastRollout{plan->cutover == cloud::Cutover::yes ? What::upgrades : What::rehearsal,
                     std::move(plan->target_version)};
}

/// Nine of ten took no longer, for a share of 0.9; `took` is ascending and not empty.
Duration within(const std::vector<Duration>& took, double share) {
  const auto rank = static_cast<std::size_t>(share * static_cast<double>(took.size()) + 0.999'999);
  return took[std::clamp<std::size_t>(rank, 1, took.size()) - 1];
}

std::string seconds(Duration duration) {
  return format_duration(std::chrono::ceil<std::chrono::seconds>(duration));
}

/// Its upgrade with cutover is made, whatever came of the run, or it found that of somebody else.
bool is_replaced(const PastRollout& its, const PastRun& run) {
  if (comes_after_upgrade(run.step)) return its.what == What::upgrades;
  return run.state == "skipped" && run.reason.find(replaced_words) != std::string::npos;
}

/// `run` is older than what is kept, which says how it stands; the rollout is that of the upgrade.
void keep_upgraded(Past& past, PastRun run) {
  const auto [kept, first] = past.upgraded.try_emplace(run.instance_id, run);
  if (first || !comes_after_upgrade(run.step)) return;
  if (!comes_after_upgrade(kept->second.step)) {
    kept->second = std::move(run);
  } else if (kept->second.new_instance_id == run.new_instance_id) {
    kept->second.rollout = std::move(run.rollout);
  }
}

}  // namespace

Result<Past> past_of(Database& database, const Plan& plan) {
  auto runs = past_runs(database);
  if (!runs) return runs.error();
  AuditReader audit(database);
  Past past;
  std::map<std::string, PastRollout> rollouts;
  for (PastRun& run : *runs) {
    const auto [rollout, first] = rollouts.try_emplace(run.rollout);
    if (first) {
      auto read = past_rollout(audit, run.rollout);
      if (!read) return read.error();
      rollout->second = std::move(*read);
    }
    const PastRollout& its = rollout->second;
    const std::string& target =
        run.target_version.empty() ? its.target_version : run.target_version;
    std::string id = run.instance_id;
    const bool ended = run.state == "succeeded" || run.state == "failed";
    if (is_replaced(its, run)) {
      keep_upgraded(past, std::move(run));
    } else if (ended && its.what == What::rehearsal &&
               cloud::same_target(target, plan.target_version)) {
      past.rehearsed.try_emplace(std::move(id), std::move(run));
    }
  }
  return past;
}

Result<Rehearsal> rehearsal_of(Database& database, const Plan& plan, const Past& past,
                               std::span<const Member> members) {
  Rehearsal rehearsal;
  rehearsal.of = members.size();
  if (plan.cutover == cloud::Cutover::no || past.rehearsed.empty()) return rehearsal;
  std::map<std::string, RehearsedIn> rollouts;
  FailureKinds failures;
  for (const Member& member : members) {
    const auto found = past.rehearsed.find(member.id);
    if (found == past.rehearsed.end()) continue;
    const PastRun& run = found->second;
    ++rehearsal.instances;
    RehearsedIn& in = rollouts[run.rollout];
    const bool succeeded = run.state == "succeeded";
    ++(succeeded ? in.succeeded : in.failed);
    if (!succeeded) failures.add(run.reason, member.id);
  }
  rehearsal.failures = failures.take();
  AuditReader audit(database);
  for (auto& [id, in] : rollouts) {
    auto summary = audit.summary(id, RunCounts::left_out);
    if (!summary) return summary.error();
    in.rollout = id;
    in.started = summary->record.started;
    in.finished = summary->finished;
    auto upgrades = upgrades_took(database, id);
    if (!upgrades) return upgrades.error();
    for (const UpgradeTook& upgrade : *upgrades) {
      const auto whose = past.rehearsed.find(upgrade.instance_id);
      const bool counts = whose != past.rehearsed.end() && whose->second.rollout == id;
      if (counts) rehearsal.took.push_back(upgrade.took);
    }
    rehearsal.rollouts.push_back(std::move(in));
  }
  std::sort(rehearsal.took.begin(), rehearsal.took.end());
  std::stable_sort(
      rehearsal.rollouts.begin(), rehearsal.rollouts.end(),
      [](const RehearsedIn& a, const RehearsedIn& b) { return a.started > b.started; });
  return rehearsal;
}

std::string upgraded_words(const PastRun& run, const Plan& plan) {
  if (!comes_after_upgrade(run.step)) return run.reason;
  const bool verified = run.state == "succeeded";
  const bool on_target = verified && cloud::same_target(run.target_version, plan.target_version);
  return fmt::format("{}: {} has made {} of it{}",
                     on_target ? "already on its target" : "it has been replaced", run.rollout,
                     run.new_instance_id.empty() ? "another instance" : run.new_instance_id,
                     verified ? "" : ", which is not verified");
}

std::string rehearsal_words(const PastRun& run) {
  if (run.state == "succeeded") return fmt::format("its rehearsal in {} succeeded", run.rollout);
  return fmt::format("its rehearsal in {} failed: {}", run.rollout, run.reason);
}

std::string rehearsal_words(const Rehearsal& rehearsal) {
  if (rehearsal.rollouts.empty()) return "";
  std::string words;
  for (const RehearsedIn& in : rehearsal.rollouts) {
    words += fmt::format("{}{} ({}{}: {} succeeded, {} failed)", words.empty() ? "" : ", ",
                         in.rollout, in.finished ? "" : "going on since ", format_utc(in.started),
                         in.succeeded, in.failed);
  }
  words = fmt::format("{} of {} {} rehearsed in {}", rehearsal.instances, rehearsal.of,
                      rehearsal.of == 1 ? "instance was" : "instances were", words);
  if (rehearsal.took.empty()) return words;
  return fmt::format("{}; half of the upgrades took up to {}, 95 of 100 up to {}, the longest {}",
                     words, seconds(within(rehearsal.took, 0.5)),
                     seconds(within(rehearsal.took, 0.95)), seconds(rehearsal.took.back()));
}

std::string rehearsal_warning(const Rehearsal& rehearsal) {
  std::size_t failed = 0;
  std::string kinds;
  for (const FailureKind& kind : rehearsal.failures) {
    failed += kind.instances.size();
    kinds += fmt::format("\n  {} of kind {}: {}", kind.instances.size(), kind.signature.id,
                         printable(kind.signature.text));
    if (!kind.signature.remedy.empty()) kinds += fmt::format(" ({})", kind.signature.remedy);
    const std::size_t named = std::min(kind.instances.size(), instances_named);
    kinds +=
        fmt::format("\n    {}{}",
                    fmt::join(kind.instances.begin(),
                              kind.instances.begin() + static_cast<std::ptrdiff_t>(named), ", "),
                    named < kind.instances.size() ? ", …" : "");
  }
  if (failed == 0) return "";
  return fmt::format(
      "{} of the plan's instances failed {} rehearsal and may fail again; mend them and rehearse "
      "them once more, or `exclude` them:{}",
      failed, failed == 1 ? "its" : "their", kinds);
}

Json rehearsal_json(const Rehearsal& rehearsal) {
  if (rehearsal.rollouts.empty()) return nullptr;
  Json rollouts = Json::array();
  for (const RehearsedIn& in : rehearsal.rollouts) {
    rollouts.push_back({{"rollout", in.rollout},
                        {"started", format_utc(in.started)},
                        {"finished", time_or_null(in.finished)},
                        {"succeeded", in.succeeded},
                        {"failed", in.failed}});
  }
  Json took;
  if (!rehearsal.took.empty()) {
    took = {{"upgrades", rehearsal.took.size()},
            {"p50", format_duration(within(rehearsal.took, 0.5))},
            {"p95", format_duration(within(rehearsal.took, 0.95))},
            {"max", format_duration(rehearsal.took.back())}};
  }
  return {{"instances", rehearsal.instances},
          {"of", rehearsal.of},
          {"rollouts", std::move(rollouts)},
          {"upgrade_took", std::move(took)},
          {"failures", failures_json(rehearsal.failures)}};
}

}  // namespace pawl
