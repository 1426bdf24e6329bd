#include "cli/check_report.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/failures.h"
#include "cli/json.h"
#include "cli/rollout_start.h"
#include "cli/rows.h"
#include "cli/run_facts.h"
#include "cli/status_view.h"
#include "cli/text.h"
#include "workflows/upgrade_facts.h"

namespace pawl {

namespace {

/// One instance's check, in the words of a report.
struct Checked {
  Run run;
  std::string wave, result, signature;
};

Checked checked_of(const RunView& view, Run run) {
  Checked checked{std::move(run), view.wave_name, "", ""};
  const bool ended_well = checked.run.state == RunState::succeeded;
  // An upgrade of someone else's that is followed ends the run without a check of its own.
  checked.result = !ended_well               ? std::string(to_string(checked.run.state))
                   : checked.run.valid_until ? "passed"
                                             : "skipped";
  if (is_failure(checked.run.state)) checked.signature = signature_of(checked.run.reason).id;
  return checked;
}

std::string expiry_of(const Run& run) {
  return run.valid_until ? format_utc(run.valid_until->at) : "";
}

void print_rows(Format format, const RolloutView& view, const std::vector<Checked>& all) {
  RowPrinter rows(format,
                  {{"rollout", "", 0},
                   id_column(),
                   {"name", "NAME", 24},
                   {"wave", "", 0},
                   {"result", "CHECK", 14},
                   {"source_version", "FROM", 8},
                   {"target_version", "TO", 8},
                   {"expires", "COUNTS UNTIL", 24},
                   {"report_id", "", 0},
                   {"signature", "KIND", 8},
                   {"reason", "WHY", any_columns, "why", true}},
                  stdout);
  for (const Checked& one : all) {
    const auto fact = [&one](FactKey key) { return Cell::of(std::string(one.run.facts.get(key))); };
    rows.row({Cell::of(view.summary.record.id), Cell::of(one.run.instance_id),
              Cell::of(one.run.name), Cell::of(one.wave), Cell::of(one.result),
              fact(fact::source_version), fact(fact::target_version), Cell::of(expiry_of(one.run)),
              fact(fact::report_id), Cell::of(one.signature), Cell::of(one.run.reason)});
  }
  rows.end();
}

Json report_json(const RolloutView& view, const std::vector<Checked>& all,
                 const std::vector<FailureKind>& failures) {
  const auto count = [&](std::string_view result) {
    return std::count_if(all.begin(), all.end(),
                         [&](const Checked& one) { return one.result == result; });
  };
  Json object{{"rollout", view.summary.record.id},
              {"plan", plan_of_count(view.summary.record.plan_name)},
              {"state", shown_state(view.summary)},
              {"passed", count("passed")},
              {"failed", count("failed")},
              {"skipped", count("skipped")},
              {"needs_operator", count("needs_operator")},
              {"failures", failures_json(failures)},
              {"instances", Json::array()}};
  for (const Checked& one : all) {
    const Facts& facts = one.run.facts;
    object["instances"].push_back(
        {{"instance_id", one.run.instance_id},
         {"name", text_or_null(one.run.name)},
         {"wave", one.wave},
         {"result", one.result},
         {"source_version", text_or_null(facts.get(fact::source_version))},
         {"target_version", text_or_null(facts.get(fact::target_version))},
         {"expires", text_or_null(expiry_of(one.run))},
         {"report_id", text_or_null(facts.get(fact::report_id))},
         {"signature", text_or_null(one.signature)},
         {"reason", text_or_null(one.run.reason)}});
  }
  return object;
}

}  // namespace

Outcome print_check_report(Format format, const RolloutView& view) {
  std::vector<Checked> all;
  for (const RunView& stored : view.runs) {
    Result<Run> run = run_of(stored);
    if (!run) return run.error();
    all.push_back(checked_of(stored, std::move(*run)));
  }
  const auto failures = failures_of(view);
  if (!failures) return failures.error();
  if (format == Format::json) {
    print_line(dump(report_json(view, all, *failures)));
    return Done{};
  }
  print_rows(format, view, all);
  if (format != Format::table) return Done{};
  for (const std::string& line : fitted({failures_part(*failures, terminal_columns(1, 0))}, 0))
    print_line(line);
  return Done{};
}

}  // namespace pawl
