// What upgrades left for people to do: listed, and closed by whoever has done it.
#include <fmt/core.h>

#include <algorithm>
#include <set>
#include <utility>

#include "cli/commands.h"
#include "cli/levers_pulled.h"
#include "cli/lock_wait.h"
#include "cli/meant.h"
#include "cli/obligation_rows.h"
#include "cli/text.h"
#include "engine/io/system_clock.h"
#include "storage/lineage.h"
#include "storage/store.h"

namespace pawl {

namespace {

constexpr std::size_t closed_at_once = 1'000;

/// Table columns about the closing only where there can be any.
void print(const Options& options, const std::vector<StoredObligation>& all, bool closed_too) {
  auto columns = obligation_columns();
  for (Column& column : columns) {
    if (!closed_too && column.name.starts_with("closed")) column.heading.clear();
  }
  print_obligations(options.format, all, std::move(columns));
}

Result<ObligationFilter> filter_of(Database& database, const ObligationArguments& arguments) {
  ObligationFilter filter;
  filter.rollout = arguments.rollout;
  filter.kind = arguments.kind;
  filter.closed_too = arguments.all;
  if (!arguments.rollout.empty()) {
    const auto known = AuditReader(database).plan_of(arguments.rollout);
    if (!known) return known.error();
  }
  if (!arguments.instance.empty()) {
    auto runs = runs_around(database, arguments.instance, arguments.rollout);
    if (!runs) return runs.error();
    filter.runs = std::move(*runs);
  }
  return filter;
}

Result<std::vector<StoredObligation>> read(Database& database, const ObligationFilter& filter) {
  std::vector<StoredObligation> found;
  Outcome read = each_obligation(database, filter, [&](const StoredObligation& obligation) {
    found.push_back(obligation);
    return true;
  });
  if (!read) return read.error();
  return found;
}

Result<int> list(const Options& options, const ObligationArguments& arguments) {
  auto store = Store::open_for_reading(options.store, wall_time());
  if (!store) return store.error();
  Database& database = (*store)->database();
  const auto filter = filter_of(database, arguments);
  if (!filter) return filter.error();
  const auto found = read(database, *filter);
  if (!found) return found.error();
  print(options, *found, arguments.all);
  return exit_code::finished;
}

/// Those named by number, each of which must be open.
Result<std::vector<StoredObligation>> named(Database& database,
                                            const ObligationArguments& arguments) {
  ObligationFilter filter;
  filter.numbers = arguments.numbers;
  filter.closed_too = true;
  auto found = read(database, filter);
  if (!found) return found;
  std::set<std::int64_t> known;
  for (const StoredObligation& obligation : *found) {
    known.insert(obligation.number);
    if (!obligation.closed) continue;
    return Error{Fault::usage, fmt::format("obligation {} is closed already, by {} at {}: {}; "
                                           "nothing was done",
                                           obligation.number, obligation.closed->by,
                                           format_utc(obligation.closed->at),
                                           printable(obligation.closed->reason))};
  }
  for (const std::int64_t number : arguments.numbers) {
    if (known.count(number) > 0) continue;
    return Error{Fault::usage,
                 fmt::format("there is no obligation {}; `pawl obligations` lists those that are "
                             "open; nothing was done",
                             number)};
  }
  return found;
}

/// Several instances may bear one name, and what was done was done to one of them. An id names one,
/// and those that it came from or led to.
Outcome of_one_instance(Database& database, const ObligationArguments& arguments,
                        const std::vector<StoredObligation>& found) {
  if (arguments.instance.empty() || found.empty()) return Done{};
  const auto lineage = lineage_of(database, arguments.instance);
  if (!lineage) return lineage.error();
  std::set<std::string> same{found.front().instance_id};
  for (std::size_t before = 0; before < same.size();) {
    before = same.size();
    for (const Descent& descent : *lineage) {
      const bool leads_on = !descent.new_instance_id.empty();
      if (same.contains(descent.instance_id)) {
        if (leads_on) same.insert(descent.new_instance_id);
      } else if (leads_on && same.contains(descent.new_instance_id)) {
        same.insert(descent.instance_id);
      }
    }
  }
  for (const StoredObligation& one : found) {
    if (same.contains(one.instance_id)) continue;
    return Error{
        Fault::usage,
        fmt::format("several instances bear the name `{}`; give the id of one, such as {} "
                    "or {}; nothing was done",
                    printable(arguments.instance), found.front().instance_id, one.instance_id)};
  }
  return Done{};
}

Result<std::vector<StoredObligation>> meant(Database& database,
                                            const ObligationArguments& arguments) {
  const bool filtered =
      !arguments.rollout.empty() || !arguments.instance.empty() || !arguments.kind.empty();
  if (arguments.numbers.empty() != filtered) {
    return Error{Fault::usage,
                 "name the obligations to close, either by their numbers or by --rollout, "
                 "--instance and --kind; nothing was done"};
  }
  if (!filtered) return named(database, arguments);
  const auto filter = filter_of(database, arguments);
  if (!filter) return filter.error();
  auto found = read(database, *filter);
  if (!found) return found;
  if (found->empty()) {
    return Error{Fault::usage, "no open obligation is one of these; nothing was done"};
  }
  if (Outcome one = of_one_instance(database, arguments, *found); !one) return one.error();
  return found;
}

std::vector<Lever> levers_for(const std::vector<StoredObligation>& all, const std::string& reason) {
  Lever lever;
  lever.kind = LeverKind::close;
  lever.at = wall_time();
  lever.by = present_actor();
  lever.reason = reason;
  std::vector<Lever> levers;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i % closed_at_once == 0) levers.push_back(lever);
    std::string& target = levers.back().target;
    target += fmt::format("{}{}", target.empty() ? "" : " ", all[i].number);
  }
  return levers;
}

/// Those of `asked` that are closed now; for programs all of them, as they stand.
Outcome print_closed(const Options& options, Database& database,
                     const std::vector<StoredObligation>& asked) {
  ObligationFilter filter;
  filter.closed_too = true;
  for (const StoredObligation& obligation : asked)
    filter.numbers.push_back(obligation.number);
  auto now = read(database, filter);
  if (!now) return now.error();
  if (options.format != Format::table) {
    print(options, *now, true);
    return Done{};
  }
  std::erase_if(*now, [](const StoredObligation& obligation) { return !obligation.closed; });
  if (now->empty()) return Done{};
  auto columns = obligation_columns();
  for (Column& column : columns) {
    const bool which = column.name == "number" || column.name == "instance_id" ||
                       column.name == "name" || column.name == "kind";
    if (!which) column.heading.clear();
  }
  print_obligations(options.format, *now, std::move(columns));
  return Done{};
}

Result<int> close(const Options& options, const Log& log, const ObligationArguments& arguments) {
  if (arguments.reason.find_first_not_of(" \t\n") == std::string::npos) {
    return Error{Fault::usage, "--reason is empty: say what was done; nothing was closed"};
  }
  auto store = Store::open_for_levers(options.store, wall_time(), lock_wait_told_by(log));
  if (!store) return store.error();
  Database& database = (*store)->database();
  const auto open = meant(database, arguments);
  if (!open) return open.error();
  const auto refusals = pull_levers(options, log, database, levers_for(*open, arguments.reason));
  if (!refusals) return refusals.error();
  for (const std::string& why : *refusals)
    log.error(why);
  const std::size_t closed = open->size() - std::min(open->size(), refusals->size());
  log.info(fmt::format("{} {} closed", closed, closed == 1 ? "obligation is" : "obligations are"));
  if (Outcome printed = print_closed(options, database, *open); !printed) return printed.error();
  return refusals->empty() ? exit_code::finished : exit_code::usage;
}

}  // namespace

int obligations_command(const Options& options, const Log& log,
                        const ObligationArguments& arguments) {
  const Result<int> code = list(options, arguments);
  return code ? *code : fail(log, code.error());
}

int close_command(const Options& options, const Log& log, const ObligationArguments& arguments) {
  const Result<int> code = close(options, log, arguments);
  return code ? *code : fail(log, code.error());
}

}  // namespace pawl
