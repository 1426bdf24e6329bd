#include <fmt/format.h>

#include <string_view>
#include <utility>
#include <vector>

#include "cli/commands.h"
#include "cli/history_rows.h"
#include "cli/json_field.h"
#include "cli/rows.h"
#include "cli/run_facts.h"
#include "cli/status_view.h"
#include "cli/text.h"
#include "cli/time_option.h"
#include "storage/lineage.h"
#include "storage/obligations.h"
#include "storage/store.h"
#include "workflows/upgrade_facts.h"
#include "workflows/upgrade_steps.h"

namespace pawl {

namespace {

Outcome print_history(Format format, AuditReader& audit, const HistoryFilter& filter) {
  RowPrinter rows(format, history_columns(terminal_columns(1, 160)), stdout);
  Outcome read = audit.history(filter, [&](const StoredEntry& stored) {
    rows.row(history_cells(format, stored));
    return std::ferror(stdout) == 0;
  });
  rows.end();
  return read;
}

Result<int> history(const Options& options, const HistoryArguments& arguments) {
  HistoryFilter filter = arguments.filter;
  const auto since = time_option("--since", arguments.since);
  if (!since) return since.error();
  const auto until = time_option("--until", arguments.until);
  if (!until) return until.error();
  filter.since = *since;
  filter.until = *until;
  auto store = Store::open_for_reading(options.store);
  if (!store) return store.error();
  AuditReader audit((*store)->database());
  if (!filter.instance.empty()) {
    // Of what the instance was before, and of what became of it, as well.
    const auto runs = runs_around((*store)->database(), filter.instance, filter.rollout);
    if (!runs) return runs.error();
    filter.runs = *runs;
    filter.instance.clear();
  }
  if (!filter.rollout.empty()) {
    const auto known = audit.rollout(filter.rollout);
    if (!known) return known.error();
  }
  if (Outcome printed = print_history(options.format, audit, filter); !printed) {
    return printed.error();
  }
  return exit_code::finished;
}

/// From each instance to what came of it, one line where each led to the next.
std::vector<std::string> lines_of(const std::vector<Descent>& lineage) {
  std::vector<std::string> lines;
  std::string_view last;
  for (const Descent& descent : lineage) {
    if (lines.empty() || descent.instance_id != last) lines.push_back(descent.instance_id);
    lines.back() += fmt::format(" -> {} ({})", descent.new_instance_id, descent.rollout);
    last = descent.new_instance_id;
  }
  return lines;
}

/// What is known besides of a run, by what was asked for.
Result<RunBeside> beside_of(Database& database, const RunView& view) {
  RunBeside beside;
  auto lineage = lineage_of(database, view.record.instance_id);
  if (!lineage) return lineage.error();
  for (Descent& descent : *lineage) {
    if (!descent.new_instance_id.empty()) beside.lineage.push_back(std::move(descent));
  }
  ObligationFilter filter;
  filter.runs = {view.record.run};
  filter.closed_too = true;
  Outcome read = each_obligation(database, filter, [&](const StoredObligation& obligation) {
    beside.obligations.push_back(obligation);
    return true;
  });
  if (!read) return read.error();
  return beside;
}

void print_run(const RunView& view, const Run& run, const RunBeside& beside) {
  const Facts& facts = run.facts;
  const auto line = [](std::string_view name, std::string_view text) {
    if (!text.empty()) fmt::print("{:<16}{}\n", name, printable(text));
  };
  line("instance", run.instance_id);
  line("name", run.name);
  line("rollout", fmt::format("{}, wave {}", view.rollout, view.wave_name));
  const std::string phase = shown_phase(run);
  line("state", fmt::format("{}{}{}", to_string(run.state), phase.empty() ? "" : ", ", phase));
  line("why", run.reason);
  line("versions",
       fmt::format("{} to {}", facts.get(fact::source_version), facts.get(fact::target_version)));
  line("attempts", fmt::format("precheck {}, upgrade {}", run.attempts[0], run.attempts[1]));
  line("check report", facts.get(fact::report_id));
  line("check expires", run.valid_until ? format_utc(run.valid_until->at) : "");
  line("backup", facts.get(fact::backup_id));
  line("upgrade job", facts.get(fact::job_id));
  line("new instance", facts.get(fact::new_instance_id));
  for (const std::string& descents : lines_of(beside.lineage))
    line("lineage", descents);
  line("last change", format_utc(view.updated));
  for (const StoredObligation& left : beside.obligations) {
    if (!left.closed) {
      line("left to do", fmt::format("{}, {}: {}", left.number, left.kind, left.text));
    }
  }
  fmt::print("\n");
}

Result<int> show(const Options& options, const std::string& instance, const std::string& rollout) {
  auto store = Store::open_for_reading(options.store);
  if (!store) return store.error();
  AuditReader audit((*store)->database());
  const auto view = one_run_of(audit, instance, rollout);
  if (!view) return view.error();
  const auto run = run_of(*view);
  if (!run) return run.error();
  const auto beside = beside_of((*store)->database(), *view);
  if (!beside) return beside.error();
  HistoryFilter filter;
  filter.runs = {view->record.run};
  if (options.format == Format::table) {
    print_run(*view, *run, *beside);
    if (Outcome printed = print_history(options.format, audit, filter); !printed) {
      return printed.error();
    }
    return exit_code::finished;
  }
  const auto text = instance_json(*view, *beside);
  if (!text) return text.error();
  fmt::print("{}\n", *text);
  return exit_code::finished;
}

}  // namespace

int history_command(const Options& options, const Log& log, const HistoryArguments& arguments) {
  const Result<int> code = history(options, arguments);
  return code ? *code : fail(log, code.error());
}

int show_command(const Options& options, const Log& log, const std::string& instance,
                 const std::string& rollout) {
  const Result<int> code = show(options, instance, rollout);
  return code ? *code : fail(log, code.error());
}

}  // namespace pawl
