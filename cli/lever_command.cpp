// Operators' levers, from the command line to what has come of them.
#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/failures.h"
#include "cli/in_flight.h"
#include "cli/json.h"
#include "cli/last_driver.h"
#include "cli/levers_pulled.h"
#include "cli/lock_wait.h"
#include "cli/meant.h"
#include "cli/obligation_rows.h"
#include "cli/rollout_start.h"
#include "cli/rows.h"
#include "cli/run_facts.h"
#include "cli/status_now.h"
#include "cli/status_view.h"
#include "cli/text.h"
#include "engine/io/system_clock.h"
#include "storage/levers.h"
#include "storage/obligations.h"
#include "storage/store.h"

namespace pawl {

namespace {

Error ended(const RolloutRecord& record, const std::string& state) {
  const std::string& rollout = record.id;
  if (kind_of(record.workflow) == RolloutKind::precheck) {
    return {Fault::usage, fmt::format("{} is {}: no lever moves it any more; `pawl precheck PLAN` "
                                      "checks the fleet anew",
                                      rollout, state)};
  }
  return {
      Fault::usage,
      fmt::format("{} is {}: no lever moves it any more; `pawl run PLAN --failed-of {}` takes up "
                  "what did not succeed, `pawl run PLAN --new` starts the plan once more",
                  rollout, state, rollout)};
}

/// `lever` for each run of its rollout that failed with this signature.
Result<std::vector<Lever>> by_signature(AuditReader& audit, Lever lever,
                                        const std::string& signature) {
  auto view = audit.rollout(lever.rollout);
  if (!view) return view.error();
  auto failures = failures_of(*view);
  if (!failures) return failures.error();
  std::vector<Lever> levers;
  for (const FailureKind& kind : *failures) {
    if (kind.signature.id != signature) continue;
    for (const std::string& instance : kind.instances) {
      lever.target = instance;
      levers.push_back(lever);
    }
    return levers;
  }
  return Error{Fault::usage,
               fmt::format("no run of {} has failed with the signature `{}`; `pawl status {}` "
                           "shows which there are; nothing was done",
                           lever.rollout, printable(signature), lever.rollout)};
}

/// `lever` for each of `instances`, ids or names, once.
Result<std::vector<Lever>> by_name(AuditReader& audit, Lever lever,
                                   const std::vector<std::string>& instances) {
  if (instances.empty()) {
    return Error{Fault::usage, "name the instances to retry, or a --signature of failures"};
  }
  std::vector<Lever> levers;
  for (const std::string& instance : instances) {
    auto runs = audit.runs_of(instance, lever.rollout);
    if (!runs) return runs.error();
    if (runs->size() != 1) {
      return Error{Fault::usage, fmt::format("{} is about instance `{}` of {}; nothing was done",
                                             runs->empty() ? "no run" : "more than one run",
                                             printable(instance), lever.rollout)};
    }
    lever.target = runs->front().record.instance_id;
    const bool again = std::any_of(levers.begin(), levers.end(), [&lever](const Lever& before) {
      return before.target == lever.target;
    });
    if (!again) levers.push_back(lever);
  }
  return levers;
}

/// What of the command line becomes levers, each checked against the store as it stands.
Result<std::vector<Lever>> levers_of(AuditReader& audit, const LeverArguments& arguments) {
  Lever lever;
  lever.kind = arguments.kind;
  lever.at = wall_time();
  lever.by = present_actor();
  lever.reason = arguments.reason;
  if (lever.kind == LeverKind::freeze || lever.kind == LeverKind::unfreeze) {
    return std::vector{lever};
  }
  auto rollout = meant_rollout(audit, arguments.rollout);
  if (!rollout) return rollout.error();
  // Of a large fleet more than this takes longer to read than a lever may take to act.
  auto summary = audit.summary(*rollout, RunCounts::left_out);
  if (!summary) return summary.error();
  const std::string state = shown_state(*summary);
  if (state == "finished" || state == "cancelled") return ended(summary->record, state);
  lever.rollout = *rollout;
  lever.target = arguments.wave;
  if (lever.kind != LeverKind::retry && lever.kind != LeverKind::skip) return std::vector{lever};

  if (!arguments.signature.empty()) return by_signature(audit, lever, arguments.signature);
  return by_name(audit, lever, arguments.instances);
}

/// "fleet-1: retried orders-1 and orders-2"; empty for levers that are not pulled on runs.
/// `named`: as a person named their runs, if one did, and each once; `refused`: how many were.
std::string words_of_decided(const std::vector<Lever>& levers,
                             const std::vector<std::string>& named, std::size_t refused) {
  const Lever& first = levers.front();
  if (first.kind != LeverKind::retry && first.kind != LeverKind::skip) return "";
  const std::string_view did = first.kind == LeverKind::retry ? "retried" : "skipped";
  if (refused > 0) {
    return fmt::format("{}: {} {} of {} runs", first.rollout, did, levers.size() - refused,
                       levers.size());
  }
  std::vector<std::string> words;
  if (named.size() == levers.size()) {
    for (const std::string& name : named)
      words.push_back(printable(name));
  }
  if (!words.empty()) return fmt::format("{}: {} {}", first.rollout, did, first_of(words));
  for (const Lever& lever : levers)
    words.push_back(lever.target);
  return fmt::format("{}: {} {}", first.rollout, did, first_of(words));
}

/// What was asked for stands, but nothing comes of it by itself.
Outcome tell_driver(const Log& log, Database& database, AuditReader& audit,
                    const std::string& rollout, const Standstill& still) {
  const auto last = last_driver(database, audit, rollout);
  if (!last) return last.error();
  if (*last) log.info(words_of(**last, rollout, still));
  return Done{};
}

Result<Standstill> still_now(Database& database, AuditReader& audit, const std::string& rollout) {
  const auto at = cloud_time(audit, wall_time());
  if (!at) return at.error();
  return standstill_of(database, rollout, *at);
}

Outcome tell(const Log& log, Database& database, AuditReader& audit, const std::string& rollout) {
  auto summary = audit.summary(rollout, RunCounts::taken);
  if (!summary) return summary.error();
  const auto flying = in_flight_of(audit, rollout);
  if (!flying) return flying.error();
  const auto still = still_now(database, audit, rollout);
  if (!still) return still.error();
  const std::string state = shown_state(*summary, *still);
  const bool told = still->why.empty() || state == "paused" || state == "halted";
  const std::string why = told ? "" : fmt::format(" ({})", still->why);
  log.info(fmt::format("{} is {}{}; {}", rollout, state, why, in_flight_words(*flying)));
  if (summary->finished) return Done{};
  return tell_driver(log, database, audit, rollout, *still);
}

Outcome print(Format format, Database& database, AuditReader& audit, const std::string& rollout) {
  auto view = audit.rollout(rollout);
  if (!view) return view.error();
  const Instant now = wall_time();
  auto beside = status_now(database, audit, view->summary, now);
  if (!beside) return beside.error();
  if (!view->summary.finished) {
    auto still = still_now(database, audit, rollout);
    if (!still) return still.error();
    beside->still = std::move(*still);
  }
  return print_status(format, *view, StatusDetail::brief, *beside);
}

/// The store's freeze is no rollout's status.
Outcome print_freeze(Format format, Database& database, AuditReader& audit) {
  const auto frozen = store_frozen(database);
  if (!frozen) return frozen.error();
  const auto open = audit.unfinished();
  if (!open) return open.error();
  const Json object{{"frozen", *frozen}, {"unfinished", *open}};
  print_object(format, dump(object));
  return Done{};
}

/// As the journal has it by now, whatever was asked for.
Outcome tell_freeze(const Log& log, Database& database, AuditReader& audit) {
  const auto frozen = store_frozen(database);
  if (!frozen) return frozen.error();
  log.info(*frozen ? "the store is frozen: nothing new starts until `pawl unfreeze`"
                   : "the freeze is lifted");
  const auto open = audit.unfinished();
  if (!open) return open.error();
  if (open->empty()) return Done{};
  return tell_driver(log, database, audit, "", {});
}

Result<int> pull(const Options& options, const Log& log, const LeverArguments& arguments) {
  auto store = Store::open_for_levers(options.store, wall_time(), lock_wait_told_by(log));
  if (!store) return store.error();
  Database& database = (*store)->database();
  AuditReader audit(database);
  auto levers = levers_of(audit, arguments);
  if (!levers) return levers.error();
  const std::string& rollout = levers->front().rollout;
  const auto owed = open_obligations(database, rollout);
  if (!owed) return owed.error();
  const auto refusals = pull_levers(options, log, database, *levers);
  if (!refusals) return refusals.error();
  for (const std::string& why : *refusals)
    log.error(why);
  if (rollout.empty()) {
    if (options.format != Format::table) {
      if (Outcome told = print_freeze(options.format, database, audit); !told) return told.error();
    } else if (refusals->empty()) {
      if (Outcome told = tell_freeze(log, database, audit); !told) return told.error();
    }
    return refusals->empty() ? exit_code::finished : exit_code::usage;
  }
  if (refusals->size() < levers->size()) {
    const std::string did = words_of_decided(*levers, arguments.instances, refusals->size());
    if (!did.empty()) log.info(did);
  }
  const auto owes = open_obligations(database, rollout);
  if (!owes) return owes.error();
  if (*owes > *owed) log.warn(fmt::format("{}: {}", rollout, words_of_open(*owes, rollout)));
  Outcome told = options.format == Format::table ? tell(log, database, audit, rollout)
                                                 : print(options.format, database, audit, rollout);
  if (!told) return told.error();
  return refusals->empty() ? exit_code::finished : exit_code::usage;
}

}  // namespace

int lever_command(const Options& options, const Log& log, const LeverArguments& arguments) {
  const Result<int> code = pull(options, log, arguments);
  return code ? *code : fail(log, code.error());
}

}  // namespace pawl
