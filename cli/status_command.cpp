#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "cli/commands.h"
#include "cli/rows.h"
#include "cli/run_facts.h"
#include "cli/status_view.h"
#include "storage/store.h"

namespace pawl {

namespace {

constexpr std::chrono::milliseconds watch_every{500};

Result<int> status(const Options& options, const std::string& named, bool watch) {
  auto store = Store::open_for_reading(options.store);
  if (!store) return store.error();
  AuditReader audit((*store)->database());
  const auto id = meant_rollout(audit, named);
  if (!id) return id.error();
  Instant shown{};
  while (true) {
    const auto view = audit.rollout(*id);
    if (!view) return view.error();
    const bool changed = view->summary.updated != shown;
    if (changed && watch && options.format == Format::table && isatty(STDOUT_FILENO) == 1) {
      fmt::print("\033[H\033[2J");
    }
    if (changed) {
      shown = view->summary.updated;
      Outcome printed = print_status(options.format, *view, StatusDetail::full);
      if (!printed) return printed.error();
      std::fflush(stdout);
    }
    if (!watch || view->summary.finished) return exit_code::finished;
    if (std::ferror(stdout) != 0) return exit_code::finished;  // nobody reads any more
    std::this_thread::sleep_for(watch_every);
  }
}

Result<int> list(const Options& options) {
  auto store = Store::open_for_reading(options.store);
  if (!store) return store.error();
  AuditReader audit((*store)->database());
  const auto rollouts = audit.rollouts();
  if (!rollouts) return rollouts.error();
  RowPrinter rows(options.format,
                  {{"rollout", "ROLLOUT", 70},
                   {"plan", "", 0},
                   {"state", "STATE", 10},
                   {"started", "STARTED", 24},
                   {"updated", "LAST CHANGE", 24},
                   {"finished", "FINISHED", 24},
                   {"instances", "INSTANCES", 10},
                   {"succeeded", "SUCCEEDED", 10},
                   {"failed", "FAILED", 10},
                   {"needs_operator", "NEEDS OPERATOR", 14}},
                  stdout);
  for (const RolloutSummary& summary : *rollouts) {
    std::int64_t all = 0;
    for (const StateCount& count : summary.counts)
      all += count.count;
    const auto count = [&](std::string_view state) {
      return Cell::of(count_of(summary.counts, state));
    };
    rows.row({Cell::of(summary.record.id), Cell::of(summary.record.plan_name),
              Cell::of(shown_state(summary)), Cell::of(format_utc(summary.record.started)),
              Cell::of(format_utc(summary.updated)),
              Cell::of(summary.finished ? format_utc(*summary.finished) : ""), Cell::of(all),
              count("succeeded"), count("failed"), count("needs_operator")});
  }
  rows.end();
  return exit_code::finished;
}

}  // namespace

int status_command(const Options& options, const Log& log, const std::string& rollout, bool watch) {
  const Result<int> code = status(options, rollout, watch);
  return code ? *code : fail(log, code.error());
}

int list_command(const Options& options, const Log& log) {
  const Result<int> code = list(options);
  return code ? *code : fail(log, code.error());
}

}  // namespace pawl
