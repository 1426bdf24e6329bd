#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/commands.h"
#include "cli/history_rows.h"
#include "cli/json_field.h"
#include "cli/rows.h"
#include "cli/run_facts.h"
#include "cli/standstill.h"
#include "cli/status_view.h"
#include "cli/text.h"
#include "cli/time_option.h"
#include "engine/rollout.h"
#include "storage/lineage.h"
#include "storage/obligations.h"
#include "storage/store.h"
#include "workflows/audit_events.h"
#include "workflows/upgrade_facts.h"
#include "workflows/upgrade_steps.h"

namespace pawl {

namespace {

Outcome print_history(Format format, AuditReader& audit, const HistoryFilter& filter) {
  const HistoryOf of = filter.runs.size() == 1   ? HistoryOf::one_run
                       : !filter.rollout.empty() ? HistoryOf::one_rollout
                                                 : HistoryOf::several;
  RowPrinter rows(format, history_columns(terminal_columns(1, 160), of), stdout);
  Outcome read = audit.history(filter, [&](const StoredEntry& stored) {
    rows.row(history_cells(format, stored));
    return std::ferror(stdout) == 0;
  });
  rows.end();
  return read;
}

/// Every word that an entry's `to` can be.
std::vector<std::string_view> states() {
  std::vector<std::string_view> words;
  for (std::size_t i = 0; i < run_states; ++i)
    words.push_back(to_string(static_cast<RunState>(i)));
  for (const RolloutState state :
       {RolloutState::running, RolloutState::paused, RolloutState::halted, RolloutState::cancelling,
        RolloutState::finished})
    words.push_back(to_string(state));
  for (const WaveState state :
       {WaveState::awaiting_approval, WaveState::denied, WaveState::approved, WaveState::open,
        WaveState::soaking, WaveState::closed})
    words.push_back(to_string(state));
  return words;
}

/// A state is one of a closed list; an event that is not known may be one of a later version.
Outcome check_words(const Log& log, const HistoryFilter& filter) {
  const auto words = states();
  if (!filter.state.empty() && std::find(words.begin(), words.end(), filter.state) == words.end()) {
    return Error{Fault::usage,
                 fmt::format("no run, wave or rollout is ever `{}`{}; the states are {}",
                             printable(filter.state), did_you_mean(filter.state, words),
                             fmt::join(words, ", "))};
  }
  std::vector<std::string_view> events(audit_events.begin(), audit_events.end());
  events.insert(events.end(), further_events.begin(), further_events.end());
  if (!filter.event.empty() &&
      std::find(events.begin(), events.end(), filter.event) == events.end()) {
    log.warn(fmt::format("`{}` is no event that this version writes{}", printable(filter.event),
                         did_you_mean(filter.event, events)));
  }
  return Done{};
}

Result<int> history(const Options& options, const Log& log, const HistoryArguments& arguments) {
  HistoryFilter filter = arguments.filter;
  if (Outcome known = check_words(log, filter); !known) return known.error();
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

/// The runs that made what is told of there. One that went on behind an upgrade, or found it made,
/// names the new instance as well, after the one that made it.
std::vector<Descent> made_in(std::vector<Descent> lineage) {
  std::vector<Descent> made;
  for (Descent& descent : lineage) {
    const bool told = std::any_of(made.begin(), made.end(), [&](const Descent& before) {
      return before.instance_id == descent.instance_id &&
             before.new_instance_id == descent.new_instance_id;
    });
    if (!told && !descent.new_instance_id.empty()) made.push_back(std::move(descent));
  }
  return made;
}

/// What is known besides of a run, by what was asked for.
Result<RunBeside> beside_of(Database& database, const RunView& view) {
  RunBeside beside;
  auto lineage = lineage_of(database, view.record.instance_id);
  if (!lineage) return lineage.error();
  beside.lineage = made_in(std::move(*lineage));
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

void print_run(const RunView& view, const Run& run, const RunBeside& beside, bool unfinished) {
  const Facts& facts = run.facts;
  const auto line = [](std::string_view name, std::string_view text) {
    if (!text.empty()) print_words(fmt::format("{:<16}{}", name, printable(text)), 16);
  };
  line("instance", run.instance_id);
  line("name", run.name);
  line("rollout", fmt::format("{}, wave {}", view.rollout, view.wave_name));
  const std::string phase = shown_phase(run);
  line("state", fmt::format("{}{}{}", to_string(run.state), phase.empty() ? "" : ", ", phase));
  line("why", run.reason);
  if (run.state == RunState::needs_operator || (run.state == RunState::failed && unfinished))
    line("what to do", how_to_decide(view.rollout, run));
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
    const auto summary = audit.summary(view->rollout, RunCounts::left_out);
    if (!summary) return summary.error();
    print_run(*view, *run, *beside, !summary->finished);
    if (Outcome printed = print_history(options.format, audit, filter); !printed) {
      return printed.error();
    }
    return exit_code::finished;
  }
  const auto text = instance_json(*view, *beside);
  if (!text) return text.error();
  print_object(options.format, *text);
  return exit_code::finished;
}

}  // namespace

int history_command(const Options& options, const Log& log, const HistoryArguments& arguments) {
  const Result<int> code = history(options, log, arguments);
  return code ? *code : fail(log, code.error());
}

int show_command(const Options& options, const Log& log, const std::string& instance,
                 const std::string& rollout) {
  const Result<int> code = show(options, instance, rollout);
  return code ? *code : fail(log, code.error());
}

}  // namespace pawl
