#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/commands.h"
#include "cli/history_rows.h"
#include "cli/meant.h"
#include "cli/rows.h"
#include "cli/run_facts.h"
#include "cli/standstill.h"
#include "cli/status_view.h"
#include "cli/text.h"
#include "engine/io/system_clock.h"
#include "storage/lineage.h"
#include "storage/obligations.h"
#include "storage/store.h"
#include "workflows/upgrade_facts.h"
#include "workflows/upgrade_steps.h"

namespace pawl {

namespace {

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

/// Empty where neither is known.
std::string words_of_versions(std::string_view source, std::string_view target) {
  if (source.empty() && target.empty()) return "";
  return fmt::format("{} to {}", source.empty() ? "-" : source, target.empty() ? "-" : target);
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
       words_of_versions(facts.get(fact::source_version), facts.get(fact::target_version)));
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
  print_line("");
}

Result<int> show(const Options& options, const std::string& instance, const std::string& rollout) {
  auto store = Store::open_for_reading(options.store, wall_time());
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
  const auto object = instance_json(*view, *beside);
  if (!object) return object.error();
  print_object(options.format, dump(*object));
  return exit_code::finished;
}

}  // namespace

int show_command(const Options& options, const Log& log, const std::string& instance,
                 const std::string& rollout) {
  const Result<int> code = show(options, instance, rollout);
  return code ? *code : fail(log, code.error());
}

}  // namespace pawl
