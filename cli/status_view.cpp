#include "cli/status_view.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "cli/asked.h"
#include "cli/failures.h"
#include "cli/in_flight.h"
#include "cli/json.h"
#include "cli/json_field.h"
#include "cli/obligation_rows.h"
#include "cli/rollout_start.h"
#include "cli/rows.h"
#include "cli/run_facts.h"
#include "cli/status_table.h"
#include "cli/text.h"
#include "workflows/upgrade_facts.h"
#include "workflows/upgrade_steps.h"

namespace pawl {

namespace {

Json to_json(const RunView& view, const Run& run) {
  const Facts& facts = run.facts;
  return {{"instance_id", run.instance_id},
          {"name", text_or_null(run.name)},
          {"wave", view.wave_name},
          {"state", to_string(run.state)},
          {"phase", text_or_null(shown_phase(run))},
          {"source_version", text_or_null(facts.get(fact::source_version))},
          {"target_version", text_or_null(facts.get(fact::target_version))},
          {"attempts", {{"precheck", run.attempts[0]}, {"upgrade", run.attempts[1]}}},
          {"report_id", text_or_null(facts.get(fact::report_id))},
          {"check_expires", time_or_null(run.valid_until)},
          {"job_id", text_or_null(facts.get(fact::job_id))},
          {"new_instance_id", text_or_null(facts.get(fact::new_instance_id))},
          {"reason", text_or_null(run.reason)},
          {"updated", format_utc(view.updated)}};
}

/// In the order of a run's life.
Json all_counts(const std::vector<StateCount>& counts) {
  Json object = Json::object();
  for (std::size_t i = 0; i < run_states; ++i) {
    const auto word = to_string(static_cast<RunState>(i));
    object[std::string(word)] = count_of(counts, word);
  }
  return object;
}

Json wave_counts(const std::vector<StateCount>& counts) {
  Json object = Json::object();
  for (std::size_t i = 0; i < run_states; ++i) {
    const auto word = to_string(static_cast<RunState>(i));
    if (const auto count = count_of(counts, word); count > 0) object[std::string(word)] = count;
  }
  return object;
}

Json stale_json(const std::vector<StaleChecks>& all) {
  Json list = Json::array();
  for (const StaleChecks& wave : all) {
    list.push_back({{"wave", wave.wave},
                    {"remaining", wave.remaining},
                    {"approval", wave.approval},
                    {"starts", time_or_null(wave.starts)},
                    {"from", time_or_null(wave.from)},
                    {"stale", wave.instances.size()},
                    {"instances", wave.instances}});
  }
  return list;
}

Json throttled_json(const std::optional<Slowed>& slowed) {
  if (!slowed) return {};
  return {
      {"calls_per_minute", slowed->calls_per_minute == 0 ? Json() : Json(slowed->calls_per_minute)},
      {"quiet_until", time_or_null(slowed->quiet_until)}};
}

Json still_json(const Standstill& still) {
  if (still.why.empty()) return nullptr;
  return {{"why", still.why}, {"what_to_do", text_or_null(still.what_to_do)}};
}

Result<Json> view_json(const RolloutView& view, const StatusBeside& beside) {
  const RolloutSummary& summary = view.summary;
  const auto failures = failures_of(view);
  if (!failures) return failures.error();
  const auto flying = in_flight_of(view.runs);
  if (!flying) return flying.error();
  Json object = {{"rollout", summary.record.id},
                 {"plan", plan_of_count(summary.record.plan_name)},
                 {"kind", to_string(kind_of(summary.record.workflow))},
                 {"state", shown_state(summary, beside.still)},
                 {"started", format_utc(summary.record.started)},
                 {"updated", format_utc(summary.updated)},
                 {"finished", time_or_null(summary.finished)},
                 {"halted_because", text_or_null(text_of_halt(summary))},
                 {"quiesced", flying->all() == 0},
                 {"frozen", beside.as_of ? Json() : Json(beside.frozen)},
                 {"asked", beside.asked ? asked_json(*beside.asked) : Json()},
                 {"in_flight", in_flight_json(*flying)},
                 {"failed_of", text_or_null(summary.failed_of)},
                 {"followed_by", text_or_null(summary.followed_by)},
                 {"open_obligations", summary.open_obligations},
                 {"standstill", still_json(beside.still)},
                 {"last_driver", last_driver_json(beside.driver)},
                 {"as_of", time_or_null(beside.as_of)},
                 {"failures", failures_json(*failures)},
                 {"stale_checks", stale_json(beside.stale)},
                 {"throttled", throttled_json(beside.slowed)},
                 {"counts", all_counts(summary.counts)},
                 {"waves", Json::array()},
                 {"instances", Json::array()}};
  for (const WaveView& wave : view.waves) {
    object["waves"].push_back({{"name", wave.name},
                               {"state", shown_state(wave, summary)},
                               {"total", wave.total},
                               {"counts", wave_counts(wave.counts)}});
  }
  for (const RunView& stored : view.runs) {
    Result<Run> run = run_of(stored);
    if (!run) return run.error();
    object["instances"].push_back(to_json(stored, *run));
  }
  return object;
}

}  // namespace

std::string text_of_halt(const RolloutSummary& summary) {
  return summary.state == "halted" ? text_field(summary.state_data, "reason") : "";
}

Result<Json> instance_json(const RunView& view, const RunBeside& beside) {
  Result<Run> run = run_of(view);
  if (!run) return run.error();
  Json object = to_json(view, *run);
  object["rollout"] = view.rollout;
  object["backup_id"] = text_or_null(run->facts.get(fact::backup_id));
  object["lineage"] = Json::array();
  for (const Descent& descent : beside.lineage) {
    object["lineage"].push_back({{"rollout", descent.rollout},
                                 {"instance_id", descent.instance_id},
                                 {"new_instance_id", descent.new_instance_id}});
  }
  object["obligations"] = Json::array();
  for (const StoredObligation& obligation : beside.obligations)
    object["obligations"].push_back(obligation_json(obligation));
  return object;
}

Outcome print_status(Format format, const RolloutView& view, StatusDetail detail,
                     const StatusBeside& beside, std::size_t rows) {
  if (format == Format::table) {
    const std::size_t width = terminal_columns(STDOUT_FILENO, 0);
    const auto parts = status_parts(view, detail, beside, width);
    if (!parts) return parts.error();
    for (const std::string& line : fitted(*parts, rows))
      print_line(rows > 0 && width > 0 ? cut(line, width) : line);
    return Done{};
  }
  Result<Json> json = view_json(view, beside);
  if (!json) return json.error();
  if (format == Format::json) {
    print_line(dump(*json));
    return Done{};
  }
  const std::array names{"instance_id", "name",           "wave",           "state",
                         "phase",       "source_version", "target_version", "attempts",
                         "report_id",   "check_expires",  "job_id",         "new_instance_id",
                         "reason",      "updated"};
  std::vector<Column> columns{{"rollout", "", 0}};
  for (const char* name : names)
    columns.push_back({name, "", 0});
  RowPrinter printer(format, std::move(columns), stdout);
  for (const Json& instance : (*json)["instances"]) {
    std::vector<Cell> cells{Cell::of(view.summary.record.id)};
    for (const char* name : names) {
      const Json& value = instance[name];
      cells.push_back(value.is_null()     ? Cell{}
                      : value.is_string() ? Cell::of(value.get<std::string>())
                                          : Cell::json(dump(value)));
    }
    printer.row(std::move(cells));
  }
  printer.end();
  return Done{};
}

}  // namespace pawl
