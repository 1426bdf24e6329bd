#include <fmt/format.h>

#include <string_view>

#include "cli/commands.h"
#include "cli/history_rows.h"
#include "cli/json_field.h"
#include "cli/rows.h"
#include "cli/run_facts.h"
#include "cli/status_view.h"
#include "cli/text.h"
#include "cli/time_option.h"
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
    // Found by its new id as well: the history stands under the one that the run began with.
    const auto runs = audit.runs_of(filter.instance, filter.rollout);
    if (!runs) return runs.error();
    if (runs->empty()) {
      return Error{Fault::usage, fmt::format("no run of the store is about instance `{}`",
                                             printable(filter.instance))};
    }
    if (runs->front().record.name != filter.instance) {
      filter.instance = runs->front().record.instance_id;
    }
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

void print_run(const RunView& view, const Run& run) {
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
  line("last change", format_utc(view.updated));
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
  HistoryFilter filter;
  filter.rollout = view->rollout;
  filter.instance = view->record.instance_id;
  if (options.format == Format::table) {
    print_run(*view, *run);
    if (Outcome printed = print_history(options.format, audit, filter); !printed) {
      return printed.error();
    }
    return exit_code::finished;
  }
  const auto text = instance_json(*view);
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
