#include "cli/status_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "cli/failures.h"
#include "cli/in_flight.h"
#include "cli/json_field.h"
#include "cli/obligation_rows.h"
#include "cli/rollout_start.h"
#include "cli/rows.h"
#include "cli/run_facts.h"
#include "cli/text.h"
#include "workflows/failure_signature.h"
#include "workflows/upgrade_facts.h"
#include "workflows/upgrade_steps.h"

namespace pawl {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t instances_shown = 40;

std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json text_or_null(std::string_view text) {
  return text.empty() ? Json() : Json(text);
}

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
          {"check_expires", run.valid_until ? Json(format_utc(run.valid_until->at)) : Json()},
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
  const auto time_or_null = [](const std::optional<CloudInstant>& at) {
    return at ? Json(format_utc(at->at)) : Json();
  };
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

Json still_json(const Standstill& still) {
  if (still.why.empty()) return nullptr;
  return {{"why", still.why}, {"what_to_do", text_or_null(still.what_to_do)}};
}

/// Only what a person may want to do something about.
void print_stale(const std::vector<StaleChecks>& all) {
  for (const StaleChecks& wave : all) {
    if (!wave.instances.empty()) {
      fmt::print("wave {}: {} of {} checks go stale before their turn and are made anew then\n",
                 wave.wave, wave.instances.size(), wave.remaining);
    } else if (wave.approval && wave.from) {
      fmt::print("wave {}: its checks go stale from {} on, should its approval take so long\n",
                 wave.wave, format_utc(wave.from->at));
    }
  }
}

Result<Json> view_json(const RolloutView& view, const StatusTimes& times) {
  const RolloutSummary& summary = view.summary;
  const auto failures = failures_of(view);
  if (!failures) return failures.error();
  const auto flying = in_flight_of(view.runs);
  if (!flying) return flying.error();
  Json object = {{"rollout", summary.record.id},
                 {"plan", plan_of_count(summary.record.plan_name)},
                 {"kind", to_string(kind_of(summary.record.workflow))},
                 {"state", shown_state(summary, times.still)},
                 {"started", format_utc(summary.record.started)},
                 {"updated", format_utc(summary.updated)},
                 {"finished", summary.finished ? Json(format_utc(*summary.finished)) : Json()},
                 {"halted_because", text_or_null(text_of_halt(summary))},
                 {"quiesced", flying->all() == 0},
                 {"frozen", times.as_of ? Json() : Json(times.frozen)},
                 {"in_flight", Json::parse(in_flight_json(*flying))},
                 {"failed_of", text_or_null(summary.failed_of)},
                 {"followed_by", text_or_null(summary.followed_by)},
                 {"open_obligations", summary.open_obligations},
                 {"standstill", still_json(times.still)},
                 {"last_driver", Json::parse(last_driver_json(times.driver))},
                 {"as_of", times.as_of ? Json(format_utc(*times.as_of)) : Json()},
                 {"failures", Json::parse(failures_json(*failures))},
                 {"stale_checks", stale_json(times.stale)},
                 {"counts", all_counts(summary.counts)},
                 {"waves", Json::array()},
                 {"instances", Json::array()}};
  for (const WaveView& wave : view.waves) {
    object["waves"].push_back({{"name", wave.name},
                               {"state", wave.state.empty() ? "pending" : wave.state},
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

std::int64_t done_of(const std::vector<StateCount>& counts) {
  std::int64_t done = 0;
  for (const StateCount& count : counts) {
    const auto state = run_state_from(count.state);
    if (state && ended(*state)) done += count.count;
  }
  return done;
}

void print_heading(const RolloutView& view, const InFlight& flying, const Standstill& still) {
  const RolloutSummary& summary = view.summary;
  std::string counts;
  for (std::size_t i = 0; i < run_states; ++i) {
    const auto word = to_string(static_cast<RunState>(i));
    const std::int64_t count = count_of(summary.counts, word);
    if (count > 0) counts += fmt::format("{}{} {}", counts.empty() ? "" : ", ", count, word);
  }
  const std::string state = shown_state(summary, still);
  const bool held = !summary.finished && state != "running" && flying.all() == 0;
  fmt::print("{}: {}{}, started {}, last change {}\n", summary.record.id, state,
             held ? " (quiesced)" : "", format_utc(summary.record.started),
             format_utc(summary.updated));
  if (const std::string why = text_of_halt(summary); !why.empty()) {
    fmt::print("halted because {}\n", printable(why));
  }
  if (!summary.failed_of.empty()) {
    fmt::print("takes up what did not succeed in {}\n", summary.failed_of);
  }
  if (!summary.followed_by.empty()) {
    fmt::print("what did not succeed is taken up by {}\n", summary.followed_by);
  }
  fmt::print("{} of {} done: {}\n", done_of(summary.counts), view.runs.size(), counts);
  if (flying.all() > 0) fmt::print("{}\n", in_flight_words(flying));
  if (summary.open_obligations > 0) {
    const bool one = summary.open_obligations == 1;
    fmt::print("{} {} open; `pawl obligations --rollout {}` lists {}\n", summary.open_obligations,
               one ? "obligation is" : "obligations are", summary.record.id, one ? "it" : "them");
  }
}

void print_waves(const RolloutView& view) {
  std::vector<std::int64_t> flying(view.waves.size());
  for (const RunView& run : view.runs)
    flying[static_cast<std::size_t>(run.record.wave)] += is_in_flight(run) ? 1 : 0;
  RowPrinter rows(Format::table,
                  {{"wave", "WAVE", 40},
                   {"state", "STATE", 17},
                   {"total", "TOTAL", 10},
                   {"done", "DONE", 10},
                   {"in_flight", "IN FLIGHT", 10},
                   {"failed", "FAILED", 10},
                   {"needs_operator", "NEEDS OPERATOR", 14}},
                  stdout);
  for (std::size_t i = 0; i < view.waves.size(); ++i) {
    const WaveView& wave = view.waves[i];
    const auto count = [&](std::string_view state) { return count_of(wave.counts, state); };
    rows.row({Cell::of(wave.name), Cell::of(wave.state.empty() ? "pending" : wave.state),
              Cell::of(wave.total), Cell::of(done_of(wave.counts)), Cell::of(flying[i]),
              Cell::of(count("failed")), Cell::of(count("needs_operator"))});
  }
  rows.end();
}

/// Those that a person asks about first: what needs them, what failed, then what moves.
int rank(const RunView& run, StatusDetail detail) {
  const auto state = run_state_from(run.word);
  if (!state || state == RunState::needs_operator) return 0;
  if (state == RunState::failed) return 1;
  if (detail == StatusDetail::brief || !is_in_flight(run)) return -1;
  return state == RunState::checking ? 3 : 2;
}

/// A failure in the words of the table of failures: a report begins with what went well.
std::string gist_of(const Run& run) {
  return run.state == RunState::failed ? signature_of(run.reason).text : run.reason;
}

/// How many instances fit below everything else on a screen of `rows`, a few at the least.
std::size_t instances_that_fit(const RolloutView& view, std::size_t rows, std::size_t stale,
                               std::size_t failures) {
  if (rows == 0) return instances_shown;
  constexpr std::size_t around = 14, least = 3;  // the heading's lines, headings, blank lines
  const std::size_t taken = around + view.waves.size() + stale + (failures > 0 ? failures + 2 : 0);
  return std::min(instances_shown, std::max(rows, taken + least) - taken);
}

Outcome print_instances(const RolloutView& view, StatusDetail detail, std::size_t shown_max) {
  std::array<std::vector<std::pair<const RunView*, Run>>, 4> ranked;
  std::size_t found = 0;
  for (const RunView& stored : view.runs) {
    const int place = rank(stored, detail);
    if (place < 0) continue;
    Result<Run> run = run_of(stored);
    if (!run) return run.error();
    ++found;
    ranked[static_cast<std::size_t>(place)].emplace_back(&stored, std::move(*run));
  }
  if (found == 0) return Done{};
  bool all_named = true;
  for (const auto& group : ranked) {
    for (const auto& [stored, run] : group)
      all_named = all_named && !run.name.empty();
  }
  fmt::print("\n");
  RowPrinter rows(Format::table, instance_columns(terminal_columns(1, 160), all_named), stdout);
  std::size_t shown = 0;
  for (const auto& group : ranked) {
    for (const auto& [stored, run] : group) {
      if (shown++ >= shown_max) continue;
      rows.row({Cell::of(run.instance_id), Cell::of(run.name), Cell::of(stored->wave_name),
                Cell::of(std::string(to_string(run.state))), Cell::of(shown_phase(run)),
                Cell::of(gist_of(run))});
    }
  }
  rows.end();
  if (found > shown_max) {
    fmt::print("and {} more; --json shows all\n", found - shown_max);
  }
  return Done{};
}

}  // namespace

std::vector<Column> instance_columns(std::size_t width, bool all_named) {
  constexpr std::size_t room_for_ids = 110;
  return {{"instance_id", all_named && width < room_for_ids ? "" : "INSTANCE", 40},
          {"name", "NAME", width < 60 ? 14U : 24U},
          {"wave", "WAVE", width < 60 ? 8U : 16U},
          {"state", "STATE", 14},
          {"phase", "PHASE", 21},
          {"reason", "WHY", std::max<std::size_t>(width, 130) - 95}};
}

std::string text_of_halt(const RolloutSummary& summary) {
  return summary.state == "halted" ? text_field(summary.state_data, "reason") : "";
}

Result<std::string> instance_json(const RunView& view, const RunBeside& beside) {
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
    object["obligations"].push_back(Json::parse(obligation_json(obligation)));
  return dump(object);
}

Outcome print_status(Format format, const RolloutView& view, StatusDetail detail,
                     const StatusTimes& times) {
  if (format == Format::table) {
    if (times.as_of) fmt::print("as of {}\n", format_utc(*times.as_of));
    const auto flying = in_flight_of(view.runs);
    if (!flying) return flying.error();
    print_heading(view, *flying, times.still);
    if (times.frozen && !view.summary.finished) {
      fmt::print("the store is frozen: nothing new starts until `pawl unfreeze`\n");
    } else if (!times.still.why.empty()) {
      fmt::print("{}\n", times.driver ? times.still.why : words_of(times.still));
    }
    if (!times.left_over.empty()) fmt::print("{}\n", times.left_over);
    if (view.summary.finished && view.summary.followed_by.empty() && !times.as_of) {
      const auto code = exit_code_of(view);
      if (!code) return code.error();
      if (*code != exit_code::finished &&
          kind_of(view.summary.record.workflow) == RolloutKind::upgrade)
        fmt::print("`pawl run PLAN --failed-of {}` takes up what did not succeed\n",
                   view.summary.record.id);
    }
    if (times.driver)
      fmt::print("{}\n", words_of(*times.driver, view.summary.record.id, times.still));
    fmt::print("\n");
    print_waves(view);
    print_stale(times.stale);
    const auto failures = failures_of(view);
    if (!failures) return failures.error();
    print_failures(*failures);
    const std::size_t fit =
        instances_that_fit(view, times.rows, times.stale.size(), failures->size());
    return print_instances(view, detail, fit);
  }
  Result<Json> json = view_json(view, times);
  if (!json) return json.error();
  if (format == Format::json) {
    fmt::print("{}\n", dump(*json));
    return Done{};
  }
  const std::array names{"instance_id", "name",           "wave",           "state",
                         "phase",       "source_version", "target_version", "attempts",
                         "report_id",   "check_expires",  "job_id",         "new_instance_id",
                         "reason",      "updated"};
  std::vector<Column> columns{{"rollout", "", 0}};
  for (const char* name : names)
    columns.push_back({name, "", 0});
  RowPrinter rows(format, std::move(columns), stdout);
  for (const Json& instance : (*json)["instances"]) {
    std::vector<Cell> cells{Cell::of(view.summary.record.id)};
    for (const char* name : names) {
      const Json& value = instance[name];
      cells.push_back(value.is_null()     ? Cell{}
                      : value.is_string() ? Cell::of(value.get<std::string>())
                                          : Cell::json(dump(value)));
    }
    rows.row(std::move(cells));
  }
  rows.end();
  return Done{};
}

}  // namespace pawl
