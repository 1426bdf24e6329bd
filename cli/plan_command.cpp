// `pawl plan`: what a plan would do to the fleet as it is. Starts nothing and writes nothing.
#include <fmt/core.h>

#include <algorithm>
#include <set>

#include "cli/cloud_reader.h"
#include "cli/commands.h"
#include "cli/plan_view.h"
#include "cli/planning.h"
#include "cli/rollout_start.h"
#include "cli/slowed.h"
#include "engine/io/system_clock.h"
#include "storage/store.h"
#include "storage/store_file.h"
#include "workflows/plan_warnings.h"

namespace pawl {

namespace {

/// Null where there is no store yet.
Result<std::unique_ptr<Store>> open_if_there(const std::string& named) {
  auto path = store_path(named);
  if (!path) return path.error();
  auto presence = look_at_store(*path);
  if (!presence) return presence.error();
  if (*presence != Presence::present) return std::unique_ptr<Store>();
  return Store::open_for_reading(*path, wall_time());
}

std::vector<WaveShape> shapes_of(const Plan& plan, const PlannedRollout& planned) {
  std::vector<WaveShape> shapes(plan.waves.size());
  std::vector<std::set<std::string>> values(plan.waves.size());
  std::size_t first = plan.waves.size();  // the wave of the first upgrade
  for (const PlannedInstance& instance : planned.instances) {
    WaveShape& shape = shapes[instance.member.wave];
    ++shape.total;
    if (instance.fate == Fate::upgrade) first = std::min<std::size_t>(first, instance.member.wave);
    shape.unknown += instance.fate == Fate::fail ? 1 : 0;
    if (instance.member.spread.empty()) {
      ++shape.spread_free;
    } else {
      values[instance.member.wave].insert(instance.member.spread);
    }
  }
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    shapes[i].spread_values = values[i].size();
    const Timetable::Wave& times = planned.outlook.table.waves[i];
    shapes[i].untimed =
        i == first && !planned.times.upgrade_known && !plan.waves[i].windows.empty();
    shapes[i].never_starts = times.opens && !times.ends && planned.times.upgrade_known;
  }
  return shapes;
}

Result<int> show_plan(const Options& options, const Log& log, const PlanArguments& arguments) {
  auto file = read_plan_file(arguments.plan, log, PlanUse::to_start);
  if (!file) return file.error();
  Plan& plan = file->plan;
  auto store = open_if_there(options.store);
  if (!store) return store.error();
  Database* database = *store ? &(*store)->database() : nullptr;
  auto cloud = CloudReader::open(plan, options, log, database);
  if (!cloud) return cloud.error();
  tell_of_listing(log, plan);
  auto fleet = (*cloud)->fleet();
  if (!fleet) return fleet.error();
  auto members = members_among(plan, *fleet, nullptr, log);
  if (!members) return members.error();
  auto known = known_of(plan, *members, database);
  if (!known) return known.error();
  auto instances = fates_of(plan, *members, fleet->instances, *known);
  const auto offers = ask_offers(**cloud, plan, instances, log);
  if (!offers) return offers.error();
  const PlannedRollout planned = planned_rollout(
      plan, std::move(instances), *offers, *known,
      fleet->date.value_or(CloudInstant{(*cloud)->now()}));  // windows go by the cloud's clock
  const auto of_fleet =
      fleet_warnings(file->bytes, plan, shapes_of(plan, planned), planned.times.upgrade);
  if (!of_fleet.empty()) log.warn(render_mistakes(of_fleet, arguments.plan));
  if (database != nullptr) {
    const auto few = slowed(*database, account_of(plan), (*cloud)->now());
    if (!few) return few.error();
    if (*few && (*few)->calls_per_minute < plan.cloud.calls_per_minute)
      log.warn(fmt::format("{}; the estimate counts with {}, as the plan has it", words_of(**few),
                           plan.cloud.calls_per_minute));
  }
  if (known->frozen) log.warn("the store is frozen: nothing starts until `pawl unfreeze`");
  if (const std::string failed = rehearsal_warning(known->rehearsal); !failed.empty()) {
    log.warn(failed);
  }
  if (!known->unfinished.empty()) {
    log.warn(
        fmt::format("{} of this plan is unfinished, and `pawl run` goes on with it; this is "
                    "what a rollout started now would do",
                    known->unfinished));
  }
  std::vector<Mistake> warnings = file->warnings;
  warnings.insert(warnings.end(), of_fleet.begin(), of_fleet.end());
  print_plan(options.format, {plan, planned, *known, warnings});
  return exit_code::finished;
}

}  // namespace

int plan_command(const Options& options, const Log& log, const PlanArguments& arguments) {
  if (!arguments.against.empty()) return drift_command(options, log, arguments);
  if (arguments.plan.empty()) {
    return fail(log, {Fault::usage,
                      "name a plan, or a rollout with --against; `pawl plan --help` "
                      "tells more"});
  }
  const Result<int> code = show_plan(options, log, arguments);
  return code ? *code : fail(log, code.error());
}

}  // namespace pawl
