// `pawl why`: the ordered reasons why an instance is not moving, as admission itself has them.
#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/json.h"
#include "cli/last_driver.h"
#include "cli/meant.h"
#include "cli/rollout_start.h"
#include "cli/rows.h"
#include "cli/slowed.h"
#include "cli/stored_plan.h"
#include "cli/text.h"
#include "engine/io/system_clock.h"
#include "storage/load.h"
#include "storage/store.h"
#include "workflows/upgrade_steps.h"

namespace pawl {

namespace {

struct Answer {
  RunView view;
  Run run;
  std::vector<Reason> why;
  CloudInstant at{};
  Standstill still{};
  std::optional<LastDriver> driver{};  ///< where nothing drives the rollout, which is to go on
};

/// The other runs that keep it from its place, by name; a few of them.
std::string holders(const Standing& standing, const Run& run, bool same_value) {
  const auto& waves = standing.rollout.rules().waves;
  const auto rules_of = [&waves](const Run& one) -> const WaveRules& {
    return waves[static_cast<std::size_t>(one.wave)];
  };
  std::vector<std::string> names;
  for (const Run& other : standing.runs) {
    if (!holds_upgrade_place(other)) continue;
    if (same_value ? other.spread != run.spread || !counts_with(rules_of(other), rules_of(run))
                   : other.wave != run.wave)
      continue;
    const std::string name = printable(other.name.empty() ? other.instance_id : other.name);
    names.push_back(other.state == RunState::needs_operator ? name + " (needs an operator)" : name);
  }
  return names.empty() ? "" : ": " + first_of(names);
}

/// Says of the places and values that are taken who takes them: admission only counts.
void name_holders(std::vector<Reason>& why, const Standing& standing, const StoredRun& stored,
                  const Run& run, Gate gate) {
  for (Reason& reason : why) {
    if (reason.what == to_string(Obstacle::spread)) {
      reason.text += fmt::format(" (`{}`){}", stored.record.spread, holders(standing, run, true));
    } else if (reason.what == to_string(Obstacle::places) && gate == Gate::upgrade) {
      reason.text += holders(standing, run, false);
    }
  }
}

/// Says of what a person can decide, how: admission knows no commands about runs.
void name_levers(std::vector<Reason>& why, const Rollout& rollout, const std::string& id,
                 const Run& run, const Standstill& still) {
  const bool decides = run.state == RunState::needs_operator ||
                       (run.state == RunState::failed && rollout.may_be_decided());
  for (Reason& reason : why) {
    if (decides) {
      reason.text += "; " + how_to_decide(id, run);
    } else if (reason.what == to_string(Obstacle::halted) && !still.what_to_do.empty() &&
               rollout.state() == RolloutState::halted) {
      reason.text += ": " + still.what_to_do;
    }
  }
}

/// Says of what the cloud is asked about, how long that goes on: admission knows only who goes
/// next. `ahead`: the cloud's clock, by which `why` tells times, of this machine's.
void name_patience(std::vector<Reason>& why, const Run& run, Instant now, Duration ahead) {
  if (run.phase != Phase::submitted && run.phase != Phase::unsure) return;
  for (Reason& reason : why) {
    if (reason.what != "under_way") continue;
    reason.text +=
        fmt::format("; since {}, and its time {} over at {}", format_utc(run.since + ahead),
                    run.deadline > now ? "is" : "was", format_utc(run.deadline + ahead));
  }
}

/// Not of admission: calls wait for the account's bucket whatever they are about. `ahead` as above.
Reason reason_of(Slowed slowed, Duration ahead) {
  if (slowed.quiet_until) *slowed.quiet_until += ahead;
  Reason reason{"quota", words_of(slowed), {}};
  if (slowed.quiet_until) reason.earliest = CloudInstant{*slowed.quiet_until};
  return reason;
}

Result<Answer> answer(const Options& options, const std::string& instance,
                      const std::string& rollout) {
  auto store = Store::open_for_reading(options.store, wall_time());
  if (!store) return store.error();
  AuditReader audit((*store)->database());
  auto view = one_run_of(audit, instance, rollout);
  if (!view) return view.error();
  auto stored = load_rollout((*store)->database(), view->rollout);
  if (!stored) return stored.error();
  auto plan = stored_plan(std::move(*stored));
  if (!plan) return plan.error();
  const Instant now = wall_time();
  const auto at = cloud_time(audit, now);
  if (!at) return at.error();
  const Duration ahead = at->at - now;
  auto admission = admission_of(*plan, *at);
  if (!admission) return admission.error();
  std::optional<LastDriver> driver;
  if (!ended(admission->standing.rollout.state())) {
    auto last = last_driver((*store)->database(), audit, view->rollout);
    if (!last) return last.error();
    driver = std::move(*last);
  }
  const auto& runs = admission->standing.runs;
  const auto position = static_cast<std::size_t>(view->record.run - runs.front().id);
  check(position < runs.size(), "a run stands in its rollout");
  auto why = reasons(admission->standing.rollout, view->rollout, position, runs[position],
                     admission->gates[position], admission->present);
  if (const auto gate = admission->gates[position]) {
    name_holders(why, admission->standing, plan->stored.runs[position], runs[position], *gate);
  }
  name_patience(why, runs[position], now, ahead);
  if (!ended(runs[position].state) && runs[position].state != RunState::needs_operator) {
    const auto few = slowed((*store)->database(), account_of(plan->stored.record), now);
    if (!few) return few.error();
    if (*few) why.push_back(reason_of(**few, ahead));
  }
  Standstill still = standstill_of(*admission, view->rollout);
  name_levers(why, admission->standing.rollout, view->rollout, runs[position], still);
  return Answer{std::move(*view), runs[position],   std::move(why), *at,
                std::move(still), std::move(driver)};
}

void print_table(const Answer& answer) {
  const Run& run = answer.run;
  print_words(fmt::format("{}{}{}: {}{} in {}, wave {}", run.instance_id,
                          run.name.empty() ? "" : " ", printable(run.name), to_string(run.state),
                          run.phase == Phase::over ? "" : fmt::format(" ({})", shown_phase(run)),
                          answer.view.rollout, answer.view.wave_name));
  if (answer.why.empty())
    print_words("nothing keeps it: it is the next that the driver lets go on");
  std::size_t number = 0;
  for (const Reason& reason : answer.why) {
    print_words(fmt::format("{}. {}: {}", ++number, reason.what, printable(reason.text)), 3);
    if (reason.earliest) {
      print_words(
          fmt::format("   at the earliest out of the way at {}", format_utc(reason.earliest->at)),
          3);
    }
  }
  if (answer.driver) {
    print_words(words_of(*answer.driver, answer.view.rollout, answer.still));
  } else if (!answer.still.what_to_do.empty()) {
    print_words(fmt::format("{}: {}", answer.view.rollout, words_of(answer.still)));
  }
}

void print_object(const Answer& answer) {
  const Run& run = answer.run;
  Json object{{"rollout", answer.view.rollout},
              {"instance_id", run.instance_id},
              {"name", text_or_null(run.name)},
              {"wave", answer.view.wave_name},
              {"state", to_string(run.state)},
              {"phase", run.phase == Phase::over ? Json() : Json(shown_phase(run))},
              {"at", format_utc(answer.at.at)},
              {"go", answer.why.empty()},
              {"last_driver", last_driver_json(answer.driver)},
              {"reasons", Json::array()}};
  for (const Reason& reason : answer.why) {
    object["reasons"].push_back({{"what", reason.what},
                                 {"text", reason.text},
                                 {"earliest", time_or_null(reason.earliest)}});
  }
  print_line(dump(object));
}

void print_rows(Format format, const Answer& answer) {
  RowPrinter rows(format,
                  {{"rollout", "", 0},
                   {"instance_id", "", 0},
                   {"what", "", 0},
                   {"text", "", 0},
                   {"earliest", "", 0}},
                  stdout);
  for (const Reason& reason : answer.why) {
    rows.row({Cell::of(answer.view.rollout), Cell::of(answer.run.instance_id),
              Cell::of(std::string(reason.what)), Cell::of(reason.text),
              Cell::of(reason.earliest ? format_utc(reason.earliest->at) : "")});
  }
  rows.end();
}

}  // namespace

int why_command(const Options& options, const Log& log, const std::string& instance,
                const std::string& rollout) {
  const auto found = answer(options, instance, rollout);
  if (!found) return fail(log, found.error());
  if (options.format == Format::table) {
    print_table(*found);
  } else if (options.format == Format::json) {
    print_object(*found);
  } else {
    print_rows(options.format, *found);
  }
  return exit_code::finished;
}

}  // namespace pawl
