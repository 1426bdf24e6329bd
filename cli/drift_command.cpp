// `pawl plan --against ROLLOUT`: how the live fleet has drifted from what a rollout froze.
#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <unordered_map>
#include <unordered_set>

#include "cli/cloud_reader.h"
#include "cli/commands.h"
#include "cli/json.h"
#include "cli/plan_file.h"
#include "cli/rows.h"
#include "cli/run_facts.h"
#include "cli/text.h"
#include "engine/io/system_clock.h"
#include "storage/learned.h"
#include "storage/store.h"
#include "workflows/upgrade_facts.h"
#include "workflows/upgrade_steps.h"
#include "workflows/versions.h"

namespace pawl {

namespace {

/// What has become of one instance since the rollout was started.
struct Drift {
  std::string instance_id, name, wave;
  std::string change;  ///< new, gone, unmatched, version, upgraded or wave
  std::string was, is;
  std::string state;  ///< of its run; empty where it has none
};

struct Frozen {
  RolloutView view;
  Plan plan;  ///< the one whose selection counts
};

Result<Frozen> frozen_of(AuditReader& audit, const Log& log, const PlanArguments& arguments) {
  auto view = audit.rollout(arguments.against);
  if (!view) return view.error();
  const RolloutRecord& record = view->summary.record;
  if (arguments.plan.empty()) {
    auto plan = frozen_plan(record.plan, record.project_id, record.id);
    if (!plan) return plan.error();
    return Frozen{std::move(*view), std::move(*plan)};
  }
  auto file = read_plan_file(arguments.plan, log, PlanUse::started);
  if (!file) return file.error();
  std::string& project = file->plan.cloud.project_id;
  if (project.empty()) project = record.project_id;
  if (file->plan.cloud.endpoint != record.endpoint || project != record.project_id) {
    return Error{Fault::usage, fmt::format("{} is about project {} at {}, and the plan about {} at "
                                           "{}; they have no instance in common",
                                           record.id, record.project_id, record.endpoint, project,
                                           file->plan.cloud.endpoint)};
  }
  return Frozen{std::move(*view), std::move(file->plan)};
}

/// A run of the rollout against its instance as it is now.
class Comparison {
 public:
  Comparison(const Frozen& frozen, std::span<const Candidate> fleet, const Selection& selection,
             std::span<const PastRun> past)
      : frozen_(frozen) {
    for (const PastRun& run : past) {
      if (comes_after_upgrade(run.step)) known_.insert(run.new_instance_id);
    }
    for (const Candidate& candidate : fleet)
      live_.emplace(candidate.id, &candidate);
    for (const Member& member : selection.members)
      selected_.emplace(member.id, &member);
    for (const Member& member : selection.unplaced)
      unplaced_.insert(member.id);
  }

  Outcome compare();
  std::vector<Drift> drifts() && { return std::move(drifts_); }

 private:
  void compare(const RunView& view, const Run& run);
  void add_new();
  bool made_of_ours(std::string_view name) const;
  void add(const RunView& view, const Run& run, const char* change, std::string was,
           std::string is) {
    drifts_.push_back({run.instance_id, run.name, view.wave_name, change, std::move(was),
                       std::move(is), std::string(to_string(run.state))});
  }
  bool on_target(std::string_view version) const {
    const auto live = cloud::parse_version(version);
    const auto wanted = cloud::parse_version(frozen_.plan.target_version);
    return live && wanted && cloud::matches(*live, *wanted);
  }

  const Frozen& frozen_;
  std::unordered_map<std::string, const Candidate*> live_;
  std::unordered_map<std::string, const Member*> selected_;
  std::unordered_set<std::string> unplaced_;  // selected by the plan, and by no one wave
  std::unordered_set<std::string> known_;     // frozen by the rollout, or made by this store
  std::unordered_set<std::string> names_;     // of the rollout's instances
  std::vector<Drift> drifts_;
};

void Comparison::compare(const RunView& view, const Run& run) {
  const auto live = live_.find(run.instance_id);
  const std::string before(run.facts.get(fact::source_version));
  if (live == live_.end()) return add(view, run, "gone", before, "");
  const std::string& now = live->second->version;
  const auto selected = selected_.find(run.instance_id);
  if (!before.empty() && before != now) {
    const bool elsewhere = on_target(now) && run.state != RunState::succeeded;
    add(view, run, elsewhere ? "upgraded" : "version", before, now);
  }
  if (selected == selected_.end()) return add(view, run, "unmatched", view.wave_name, "");
  const std::string& wave = frozen_.plan.waves[selected->second->wave].name;
  if (wave != view.wave_name) add(view, run, "wave", view.wave_name, wave);
}

/// It is called after an instance of the rollout, as what an upgrade makes is.
bool Comparison::made_of_ours(std::string_view name) const {
  while (!names_.contains(std::string(name))) {
    const std::size_t cut = name.rfind('-');
    if (cut == std::string_view::npos) return false;
    name = name.substr(0, cut);
  }
  return true;
}

/// What the rollout did not freeze and no upgrade of this store has made: selected by the plan
/// now, or made by somebody else's upgrade.
void Comparison::add_new() {
  for (const auto& [id, live] : live_) {
    if (known_.contains(id)) continue;
    const auto selected = selected_.find(id);
    const bool upgraded = on_target(live->version) && made_of_ours(live->name);
    if (selected == selected_.end() && !upgraded && !unplaced_.contains(id)) continue;
    const std::string wave =
        selected == selected_.end() ? "" : frozen_.plan.waves[selected->second->wave].name;
    drifts_.push_back({id, live->name, wave, upgraded ? "upgraded" : "new", "", live->version, ""});
  }
}

Outcome Comparison::compare() {
  for (const RunView& view : frozen_.view.runs) {
    const Result<Run> run = run_of(view);
    if (!run) return run.error();
    known_.insert(run->instance_id);
    names_.insert(run->name);
    compare(view, *run);
  }
  const auto of_runs = static_cast<std::ptrdiff_t>(drifts_.size());
  add_new();
  std::sort(drifts_.begin() + of_runs, drifts_.end(),
            [](const Drift& a, const Drift& b) { return a.name < b.name; });
  return Done{};
}

void print_rows(Format format, const std::string& rollout, const std::vector<Drift>& drifts) {
  RowPrinter rows(format,
                  {{"rollout", "", 0},
                   id_column(),
                   {"name", "NAME", 24},
                   {"wave", "WAVE", 16},
                   {"change", "CHANGE", 10},
                   {"was", "WAS", 16},
                   {"is", "IS", 16},
                   {"state", "RUN", 14}},
                  stdout);
  for (const Drift& drift : drifts) {
    rows.row({Cell::of(rollout), Cell::of(drift.instance_id), Cell::of(drift.name),
              Cell::of(drift.wave), Cell::of(drift.change), Cell::of(drift.was), Cell::of(drift.is),
              Cell::of(drift.state)});
  }
  rows.end();
}

void print_object(const Frozen& frozen, const std::vector<Drift>& drifts) {
  Json object{{"rollout", frozen.view.summary.record.id},
              {"instances", frozen.view.runs.size()},
              {"drift", Json::array()}};
  for (const Drift& drift : drifts) {
    object["drift"].push_back({{"instance_id", drift.instance_id},
                               {"name", text_or_null(drift.name)},
                               {"wave", text_or_null(drift.wave)},
                               {"change", drift.change},
                               {"was", text_or_null(drift.was)},
                               {"is", text_or_null(drift.is)},
                               {"state", text_or_null(drift.state)}});
  }
  print_line(dump(object));
}

/// Whom the plan takes of the live fleet. That no rollout could be started so is told; how the
/// fleet has drifted is worth seeing all the more.
Selection selection_told(const Plan& plan, const Fleet& fleet, const Log& log) {
  Ids live;
  for (const Candidate& candidate : fleet.instances)
    live.insert(candidate.id);
  Selection selection = resolve_in_part(plan, fleet.instances, &live);
  if (!selection.left_out.empty()) log.warn(selection.left_out);
  if (!selection.mistakes.empty()) {
    log.warn(
        fmt::format("no rollout could be started with this plan now; whom that is about is "
                    "shown in no wave:\n{}",
                    selection.mistakes));
  }
  return selection;
}

Result<int> show_drift(const Options& options, const Log& log, const PlanArguments& arguments) {
  auto store = Store::open_for_reading(options.store, wall_time());
  if (!store) return store.error();
  AuditReader audit((*store)->database());
  auto frozen = frozen_of(audit, log, arguments);
  if (!frozen) return frozen.error();
  auto cloud = CloudReader::open(frozen->plan, options, log, &(*store)->database());
  if (!cloud) return cloud.error();
  tell_of_listing(log, frozen->plan);
  auto fleet = (*cloud)->fleet();
  if (!fleet) return fleet.error();
  const Selection selection = selection_told(frozen->plan, *fleet, log);
  auto past = past_runs((*store)->database());
  if (!past) return past.error();
  Comparison comparison(*frozen, fleet->instances, selection, *past);
  if (Outcome compared = comparison.compare(); !compared) return compared.error();
  const std::vector<Drift> drifts = std::move(comparison).drifts();
  const std::string& rollout = frozen->view.summary.record.id;
  if (options.format == Format::json) {
    print_object(*frozen, drifts);
    return exit_code::finished;
  }
  if (options.format == Format::table && drifts.empty()) {
    print_line(fmt::format("the fleet is as {} froze it: {} instances", rollout,
                           frozen->view.runs.size()));
    return exit_code::finished;
  }
  print_rows(options.format, rollout, drifts);
  return exit_code::finished;
}

}  // namespace

int drift_command(const Options& options, const Log& log, const PlanArguments& arguments) {
  const Result<int> code = show_drift(options, log, arguments);
  return code ? *code : fail(log, code.error());
}

}  // namespace pawl
