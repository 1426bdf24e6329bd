#include <fmt/format.h>

#include <cstdio>

#include "cli/commands.h"
#include "cli/driver.h"
#include "cli/run_facts.h"
#include "cli/status_view.h"
#include "workflows/plan_difference.h"

namespace pawl {

namespace {

/// What has come of a rollout, on stdout, and the exit code that goes with it.
Result<int> report(const Options& options, const Log& log, Driver& driver,
                   const std::string& rollout, const Driven& driven) {
  AuditReader audit(driver.store().database());
  auto view = audit.rollout(rollout);
  if (!view) return view.error();
  if (Outcome printed = print_status(options.format, *view, StatusDetail::brief); !printed) {
    return printed.error();
  }
  switch (driven.ending) {
    case Ending::finished:
      break;
    case Ending::halted:
      log.warn(fmt::format("{} is halted: {}; nothing new is started", rollout,
                           text_of_halt(view->summary)));
      return exit_code::failures;
    case Ending::attention:
      log.warn(fmt::format(
          "{} needs a person: {} {} an operator; `pawl show INSTANCE` says why", rollout,
          count_of(view->summary.counts, "needs_operator"),
          count_of(view->summary.counts, "needs_operator") == 1 ? "run needs" : "runs need"));
      return exit_code::failures;
    case Ending::waiting:
      log.info(
          fmt::format("{} waits: {}; `pawl resume {}` goes on", rollout, driven.waits, rollout));
      return exit_code::waits;
    case Ending::cancelled:
      break;
    case Ending::interrupted: {
      const std::int64_t flying = count_of(view->summary.counts, "checking") +
                                  count_of(view->summary.counts, "upgrading") +
                                  count_of(view->summary.counts, "verifying");
      log.info(
          fmt::format("{} is interrupted with {} in flight at the cloud, where they go on; "
                      "`pawl resume {}` goes on from here",
                      rollout, flying, rollout));
      return 128 + driven.signal;
    }
    case Ending::refused:
      log.error(
          fmt::format("{}: the cloud refuses the credentials: {}\nno run has failed by it; "
                      "renew the credentials, then `pawl resume {}`",
                      rollout, driven.refused, rollout));
      return exit_code::remote;
  }
  return exit_code_of(*view);
}

Result<int> drive_to_end(const Options& options, const Log& log, Driver& driver,
                         const std::string& rollout, AtWait at_wait) {
  auto driven = driver.drive(rollout, at_wait);
  if (!driven) return driven.error();
  return report(options, log, driver, rollout, *driven);
}

/// A rollout goes on only as it was started (decision 17).
Outcome same_as_started(const PlanFile& file, const RolloutRecord& rollout) {
  if (file.bytes != rollout.plan) {
    return Error{
        Fault::usage,
        fmt::format("{} is unfinished, and its plan has changed since it was started:\n"
                    "{}\nput the plan back and run again, or `pawl resume {}` to go on "
                    "with the plan that it was started with",
                    rollout.id, describe_difference(rollout.plan, file.bytes), rollout.id)};
  }
  if (file.plan.cloud.project_id != rollout.project_id) {
    return Error{Fault::usage,
                 fmt::format("{} was started in project {}, and the environment now names {}; "
                             "nothing was done",
                             rollout.id, rollout.project_id, file.plan.cloud.project_id)};
  }
  return Done{};
}

/// The same plan after its end: nothing is started.
Result<int> already_ended(const Log& log, AuditReader& audit, const std::string& rollout) {
  auto view = audit.rollout(rollout);
  if (!view) return view.error();
  auto code = exit_code_of(*view);
  if (!code) return code;
  if (*code == exit_code::finished) {
    log.info(
        fmt::format("nothing to do: {} has finished, and all is well; --new starts the plan "
                    "once more",
                    rollout));
  } else {
    log.warn(
        fmt::format("nothing was started: {} has finished, with runs that did not succeed "
                    "(`pawl status {}`); --new starts the plan once more",
                    rollout, rollout));
  }
  return code;
}

Result<int> run_plan(const Options& options, const Log& log, const RunArguments& arguments) {
  const AtWait at_wait = arguments.no_wait ? AtWait::leave : AtWait::stay;
  auto file = read_plan_file(arguments.plan, log);
  if (!file) return file.error();
  auto driver = Driver::open(options, log);
  if (!driver) return driver.error();
  AuditReader audit((*driver)->store().database());
  auto latest = audit.latest_of(file->plan.name);
  if (!latest) return latest.error();
  if (*latest && !(*latest)->finished) {
    const RolloutRecord& record = (*latest)->record;
    if (Outcome same = same_as_started(*file, record); !same) return same.error();
    if (arguments.anew) {
      return Error{Fault::usage, fmt::format("{} is unfinished, so --new does not start another; "
                                             "`pawl resume {}` goes on with it",
                                             record.id, record.id)};
    }
    log.info(fmt::format("{}: going on", record.id));
    return drive_to_end(options, log, **driver, record.id, at_wait);
  }
  if (*latest && (*latest)->record.plan == file->bytes && !arguments.anew) {
    if (Outcome told = (*driver)->deliver((*latest)->record.id); !told) return told.error();
    return already_ended(log, audit, (*latest)->record.id);
  }
  auto started = (*driver)->start(*file);
  if (!started) return started.error();
  return drive_to_end(options, log, **driver, *started, at_wait);
}

Result<int> resume_all(const Options& options, const Log& log, const std::string& rollout,
                       AtWait at_wait) {
  auto driver = Driver::open(options, log);
  if (!driver) return driver.error();
  AuditReader audit((*driver)->store().database());
  std::vector<std::string> ids{rollout};
  if (rollout.empty()) {
    auto open = audit.unfinished();
    if (!open) return open.error();
    ids = std::move(*open);
  } else {
    auto view = audit.rollout(rollout);
    if (!view) return view.error();
    if (view->summary.finished) {
      if (Outcome told = (*driver)->deliver(rollout); !told) return told.error();
      return already_ended(log, audit, rollout);
    }
  }
  if (rollout.empty()) {
    if (Outcome told = (*driver)->deliver(""); !told) return told.error();
  }
  if (ids.empty()) log.info("nothing to do: no rollout of the store is unfinished");
  int worst = exit_code::finished;
  for (const std::string& id : ids) {
    log.info(fmt::format("{}: going on", id));
    auto code = drive_to_end(options, log, **driver, id, at_wait);
    if (!code || *code > exit_code::failures) return code;
    worst = std::max(worst, *code);
  }
  return worst;
}

}  // namespace

int run_command(const Options& options, const Log& log, const RunArguments& arguments) {
  const Result<int> code = run_plan(options, log, arguments);
  return code ? *code : fail(log, code.error());
}

int resume_command(const Options& options, const Log& log, const std::string& rollout,
                   bool no_wait) {
  const Result<int> code =
      resume_all(options, log, rollout, no_wait ? AtWait::leave : AtWait::stay);
  return code ? *code : fail(log, code.error());
}

}  // namespace pawl
