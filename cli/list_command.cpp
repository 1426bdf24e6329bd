#include <fmt/core.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/last_driver.h"
#include "cli/rollout_start.h"
#include "cli/rows.h"
#include "cli/run_facts.h"
#include "cli/status_table.h"
#include "cli/text.h"
#include "engine/io/system_clock.h"
#include "storage/store.h"

namespace pawl {

namespace {

Result<int> list(const Options& options) {
  auto store = Store::open_for_reading(options.store, wall_time());
  if (!store) return store.error();
  AuditReader audit((*store)->database());
  const auto rollouts = audit.rollouts();
  if (!rollouts) return rollouts.error();
  std::optional<LastDriver> gone;   // which no rollout has any more
  std::vector<std::string> beside;  // of those beside the one that is driven
  Standstill any;
  RowPrinter rows(options.format, rollout_columns(terminal_columns(STDOUT_FILENO, 160)), stdout);
  const Instant now = wall_time();
  const auto at = cloud_time(audit, now);
  if (!at) return at.error();
  for (const RolloutSummary& summary : *rollouts) {
    Result<Standstill> still = Standstill{};
    Result<std::optional<LastDriver>> last = std::optional<LastDriver>{};
    if (!summary.finished) {
      const std::string& id = summary.record.id;
      still = standstill_of((*store)->database(), id, *at);
      last = last_driver((*store)->database(), audit, id);
    }
    if (!still) return still.error();
    if (!last) return last.error();
    std::int64_t all = 0;
    for (const StateCount& count : summary.counts)
      all += count.count;
    const auto count = [&](std::string_view state) {
      return Cell::of(count_of(summary.counts, state));
    };
    if (*last && (*last)->drives.empty()) gone = *last;
    if (*last && !(*last)->drives.empty())
      beside.push_back(words_of(**last, summary.record.id, *still));
    if (!still->what_to_do.empty())
      any.what_to_do = "`pawl status ROLLOUT` says what is to be done";
    rows.row({Cell::of(summary.record.id), Cell::of(plan_of_count(summary.record.plan_name)),
              Cell::of(shown_state(summary, *still)), Cell::of(format_utc(summary.record.started)),
              Cell::of(format_utc(summary.updated)),
              Cell::of(summary.finished ? format_utc(*summary.finished) : ""), Cell::of(all),
              count("succeeded"), count("failed"), count("needs_operator"),
              Cell::of(std::string(to_string(kind_of(summary.record.workflow)))),
              Cell::of(summary.failed_of), Cell::of(summary.followed_by),
              Cell::of(summary.open_obligations),
              *last ? Cell::json(dump(last_driver_json(*last))) : Cell()});
  }
  rows.end();
  if (options.format != Format::table) return exit_code::finished;
  if (gone) print_words(words_of(*gone, "", any));
  for (const std::string& words : beside)
    print_words(words);
  return exit_code::finished;
}

}  // namespace

int list_command(const Options& options, const Log& log) {
  const Result<int> code = list(options);
  return code ? *code : fail(log, code.error());
}

}  // namespace pawl
