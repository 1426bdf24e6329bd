#include <fmt/core.h>

#include <array>
#include <cstdio>

#include "cli/as_started.h"
#include "cli/check_report.h"
#include "cli/commands.h"
#include "cli/driver.h"
#include "cli/in_flight.h"
#include "cli/run_facts.h"
#include "cli/status_now.h"
#include "cli/status_view.h"
#include "cli/text.h"
#include "engine/io/system_clock.h"
#include "workflows/upgrade_steps.h"

namespace pawl {

namespace {

/// Why the exit code of a rollout that has ended is not 0, and what to do.
Result<std::string> words_of_shortfall(const RolloutView& view) {
  std::array<std::int64_t, run_states> counts{};
  std::int64_t upgraded = 0;
  for (const RunView& stored : view.runs) {
    const auto state = run_state_from(stored.word);
    if (state == RunState::succeeded) continue;
    const Result<Run> run = run_of(stored);
    if (!run) return run.error();
    if (fine(*run)) continue;
    ++counts[static_cast<std::size_t>(run->state)];
    upgraded += comes_after_upgrade(run->step) ? 1 : 0;
  }
  std::string words, states;
  for (std::size_t i = 0; i < run_states; ++i) {
    if (counts[i] == 0) continue;
    const auto state = to_string(static_cast<RunState>(i));
    words += fmt::format("{}{} {}", words.empty() ? "" : ", ", counts[i], state);
    states += fmt::format("{}--state {}", states.empty() ? "" : "` or `", state);
  }
  if (upgraded > 0) words += fmt::format(" ({} of them upgraded, and not verified)", upgraded);
  const std::string& rollout = view.summary.record.id;
  return fmt::format(
      "exit code 1, for not all of {} succeeded or was on its target before: {}; `pawl history "
      "--rollout {} {}` says why, `pawl run PLAN --failed-of {}` takes up what is left",
      rollout, words, rollout, states, rollout);
}

/// What its status does not say of how it ended, to the log; the exit code that goes with it.
/// `still` is how it stands.
Result<int> tell_ending(const Log& log, const RolloutView& view, const Standstill& still,
                        const Driven& driven) {
  const std::string& rollout = view.summary.record.id;
  switch (driven.ending) {
    case Ending::finished:
      break;
    case Ending::halted:
      log.warn(fmt::format("{} is halted: {}; nothing new is started; {}", rollout,
                           text_of_halt(view.summary), way_on(still, rollout)));
      return exit_code::failures;
    case Ending::attention:
      log.warn(fmt::format(
          "{} needs a person: {} {} an operator; `pawl show INSTANCE` says why; {}", rollout,
          count_of(view.summary.counts, "needs_operator"),
          count_of(view.summary.counts, "needs_operator") == 1 ? "run needs" : "runs need",
          way_on(still, rollout)));
      return exit_code::failures;
    case Ending::waiting:
      log.info(fmt::format("{} waits: {}; {}", rollout, driven.waits.why,
                           way_on(driven.waits, rollout)));
      return exit_code::waits;
    case Ending::cancelled:
      break;
    case Ending::interrupted: {
      const auto flying = in_flight_of(view.runs);
      if (!flying) return flying.error();
      log.info(fmt::format("{} is interrupted; {}; `pawl resume {}` goes on from here", rollout,
                           in_flight_words(*flying), rollout));
      return exit_code::by_signal + driven.signal;
    }
    case Ending::refused:
      log.error(
          fmt::format("{}: the cloud refuses the credentials: {}\nno run has failed by it; "
                      "renew the credentials, then `pawl resume {}`",
                      rollout, driven.refused, rollout));
      return exit_code::remote;
  }
  const bool checks = kind_of(view.summary.record.workflow) == RolloutKind::precheck;
  auto code = exit_code_of(view);
  if (code && *code != exit_code::finished && !checks) {
    auto words = words_of_shortfall(view);
    if (!words) return words.error();
    log.warn(*words);
  }
  return code;
}

/// What has come of a rollout, on stdout, and the exit code that goes with it.
Result<int> report(const Options& options, const Log& log, Driver& driver,
                   const std::string& rollout, const Driven& driven) {
  AuditReader audit(driver.store().database());
  auto view = audit.rollout(rollout);
  if (!view) return view.error();
  Database& database = driver.store().database();
  const Instant now = wall_time();
  auto beside = status_now(database, audit, view->summary, now);
  if (!beside) return beside.error();
  if (!view->summary.finished) {
    const auto at = cloud_time(audit, now);
    if (!at) return at.error();
    auto still = standstill_of(database, rollout, *at);
    if (!still) return still.error();
    beside->still = std::move(*still);
  }
  const bool checks = kind_of(view->summary.record.workflow) == RolloutKind::precheck;
  Outcome printed = checks ? print_check_report(options.format, *view)
                           : print_status(options.format, *view, StatusDetail::brief, *beside);
  if (!printed) return printed.error();
  return tell_ending(log, *view, beside->still, driven);
}

Result<int> drive_to_end(const Options& options, const Log& log, Driver& driver,
                         const std::string& rollout, AtWait at_wait) {
  auto driven = driver.drive(rollout, at_wait);
  if (!driven) return driven.error();
  return report(options, log, driver, rollout, *driven);
}

/// A rollout that has ended so keeps no other from being driven.
bool lets_others_go_on(int code) {
  return code == exit_code::finished || code == exit_code::failures || code == exit_code::waits;
}

/// All of them, one at a time. One that waits holds up no other: those that can go on come first,
/// and only then, with `stay`, the waiting ones are waited for.
Result<int> drive_all(const Options& options, const Log& log, Driver& driver,
                      std::vector<std::string> ids, AtWait at_wait) {
  int worst = exit_code::finished;
  for (bool all_wait = ids.size() == 1; !ids.empty(); all_wait = true) {
    std::vector<std::string> waiting;
    for (const std::string& id : ids) {
      log.info(fmt::format("{}: going on", id));
      const bool stays = all_wait && at_wait == AtWait::stay && id == ids.front();
      if (stays && ids.size() > 1) {
        const std::vector<std::string> others(ids.begin() + 1, ids.end());
        log.warn(
            fmt::format("{} is waited for first, and until it ends nothing drives {}; Ctrl-C, "
                        "then `pawl resume {}`, drives that one alone",
                        id, first_of(others), others.front()));
      }
      auto driven = driver.drive(id, stays ? AtWait::stay : AtWait::leave);
      if (!driven) return driven.error();
      if (driven->ending == Ending::waiting && at_wait == AtWait::stay) {
        log.info(fmt::format("{} waits: {}; what else can go on comes first", id,
                             words_of(driven->waits)));
        waiting.push_back(id);
        continue;
      }
      auto code = report(options, log, driver, id, *driven);
      if (!code || !lets_others_go_on(*code)) return code;
      worst = std::max(worst, *code);
    }
    ids = std::move(waiting);
  }
  return worst;
}

/// The same plan after its end: nothing is started. `latest` is the newest rollout of its name.
Result<int> already_ended(const Log& log, AuditReader& audit, const std::string& rollout,
                          const std::string& latest) {
  const auto left = left_over_of(audit, rollout);
  if (!left) return left.error();
  const std::string later =
      latest == rollout
          ? ""
          : fmt::format(" (the latest rollout of that name is {}, of another plan file)", latest);
  if (left->empty()) {
    log.info(
        fmt::format("nothing to do: {} has ended, and all is well{}; --new starts the plan "
                    "once more",
                    rollout, later));
    return exit_code::finished;
  }
  log.warn(
      fmt::format("nothing was started: {} has ended, with runs that did not succeed "
                  "(`pawl status {}`){}; {}; --new starts the plan once more",
                  rollout, rollout, later, words_of(*left)));
  return exit_code::failures;
}

/// The same for a pre-check, which leaves nothing to be taken up.
Result<int> check_ended(const Log& log, const RolloutView& view) {
  const std::string& rollout = view.summary.record.id;
  const auto code = exit_code_of(view);
  if (!code) return code;
  log.info(fmt::format("nothing to do: {} has ended{}; `pawl precheck PLAN` checks the fleet anew",
                       rollout,
                       *code == exit_code::finished
                           ? ", and all passed"
                           : fmt::format(", and not all passed (`pawl status {}`)", rollout)));
  return code;
}

/// `--failed-of` a rollout of which nothing is left.
Result<int> nothing_left(const Log& log, AuditReader& audit, const std::string& rollout) {
  const auto left = left_over_around(audit, rollout);
  if (!left) return left.error();
  if (left->empty()) {
    log.info(fmt::format("nothing to do: all is well in {}", rollout));
    return exit_code::finished;
  }
  log.warn(fmt::format("nothing was started: all is well in {}, and not in those around it; {}",
                       rollout, words_of(*left)));
  return exit_code::failures;
}

/// Whether to go on with the plan's latest rollout, which is unfinished.
Outcome may_go_on(const PlanFile& file, const RunArguments& arguments,
                  const RolloutSummary& latest) {
  const RolloutRecord& record = latest.record;
  if (Outcome same = same_as_started(file, record); !same) return same.error();
  const bool another = arguments.anew || arguments.failed_of != latest.failed_of;
  if (!another || (!arguments.anew && arguments.failed_of.empty())) return Done{};
  return Error{
      Fault::usage,
      fmt::format("{} is unfinished, so {} does not start another; `pawl resume {}` goes on "
                  "with it",
                  record.id, arguments.anew ? "--new" : "--failed-of", record.id)};
}

Result<int> run_plan(const Options& options, const Log& log, const RunArguments& arguments,
                     RolloutKind kind) {
  const AtWait at_wait = arguments.no_wait ? AtWait::leave : AtWait::stay;
  auto file = read_plan_file(arguments.plan, log, PlanUse::started);
  if (!file) return file.error();
  const Outcome fit = fit_to_start(*file, arguments.plan);
  // Only a store can tell that the plan has been started; a driver would make one.
  if (!fit && !Store::path_of_present(options.store)) return fit.error();
  auto driver = Driver::open(options, log);
  if (!driver) return driver.error();
  AuditReader audit((*driver)->store().database());
  auto latest = audit.latest_of(counted_as(file->plan, kind));
  if (!latest) return latest.error();
  if (*latest && !(*latest)->finished) {
    const std::string& id = (*latest)->record.id;
    if (Outcome may = may_go_on(*file, arguments, **latest); !may) return may.error();
    log.info(fmt::format("{}: going on", id));
    return drive_to_end(options, log, **driver, id, at_wait);
  }
  StartWish wish;
  if (!arguments.failed_of.empty()) {
    auto follow_up = follow_up_of(audit, arguments.failed_of);
    if (!follow_up) return follow_up.error();
    if (follow_up->only.empty()) return nothing_left(log, audit, arguments.failed_of);
    wish.follow_up = std::move(*follow_up);
  } else if (*latest && !arguments.anew && kind == RolloutKind::upgrade) {
    const auto ended = audit.ended_with(counted_as(file->plan, kind), file->bytes);
    if (!ended) return ended.error();
    if (*ended) {
      if (Outcome told = (*driver)->deliver(**ended); !told) return told.error();
      return already_ended(log, audit, **ended, (*latest)->record.id);
    }
  }
  if (!fit) return fit.error();
  wish.kind = kind;
  auto started = (*driver)->start(*file, std::move(wish));
  if (!started) return started.error();
  return drive_to_end(options, log, **driver, *started, at_wait);
}

Result<int> resume_all(const Options& options, const Log& log, const std::string& rollout,
                       AtWait at_wait) {
  // A driver would make one, and a mistyped name would have nothing to go on with.
  if (const auto present = Store::path_of_present(options.store); !present) return present.error();
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
      const bool checks = kind_of(view->summary.record.workflow) == RolloutKind::precheck;
      return checks ? check_ended(log, *view) : already_ended(log, audit, rollout, rollout);
    }
  }
  for (const std::string& id : ids) {
    if (Outcome same = same_as_started(audit, id); !same) return same.error();
  }
  if (ids.empty()) log.info("nothing to do: no rollout of the store is unfinished");
  const auto code = drive_all(options, log, **driver, std::move(ids), at_wait);
  // What is left of rollouts that have ended waits for those that go on.
  const bool stopped = !code || *code >= exit_code::by_signal;
  if (rollout.empty() && !stopped) {
    if (Outcome told = (*driver)->deliver(""); !told) return told.error();
  }
  return code;
}

}  // namespace

int run_command(const Options& options, const Log& log, const RunArguments& arguments) {
  const Result<int> code = run_plan(options, log, arguments, RolloutKind::upgrade);
  return code ? *code : fail(log, code.error());
}

int precheck_command(const Options& options, const Log& log, const RunArguments& arguments) {
  const Result<int> code = run_plan(options, log, arguments, RolloutKind::precheck);
  return code ? *code : fail(log, code.error());
}

int resume_command(const Options& options, const Log& log, const std::string& rollout,
                   bool no_wait) {
  const Result<int> code =
      resume_all(options, log, rollout, no_wait ? AtWait::leave : AtWait::stay);
  return code ? *code : fail(log, code.error());
}

}  // namespace pawl
