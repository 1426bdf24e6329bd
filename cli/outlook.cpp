#include "cli/outlook.h"

#include <algorithm>

#include "engine/pacing.h"
#include "workflows/plan_warnings.h"
#include "workflows/upgrade_steps.h"

namespace pawl {

namespace {

// What is assumed where no run has taught it; the user guide says "several minutes".
constexpr Duration assumed_check = std::chrono::minutes{5};

// Calls of a run besides its polls, when all goes well: the looks before, the submit, the look that
// settles the end. The first runs take one less, for which a page of the list stands.
constexpr std::int64_t calls_around_check = 6;
constexpr std::int64_t calls_around_upgrade = 4;
constexpr std::int64_t calls_around_verify = 2;

/// Looks at the status until a step that takes `takes` has ended, at the pace of the driver.
std::int64_t polls(const Pacing& pacing, std::size_t step, Duration takes) {
  std::int64_t count = 1;
  for (Duration at = pacing.poll(step, Duration{0}); at < takes; ++count)
    at += pacing.poll(step, std::max(at, Duration{1}));
  return count;
}

/// The time in which the quota lets so many calls leave; a tenth of it is kept for bursts.
Duration time_of_calls(std::int64_t calls, std::uint32_t calls_per_minute) {
  const std::int64_t flow = std::max<std::int64_t>(1, std::int64_t{calls_per_minute} * 9);
  return Duration{calls * 600'000 / flow};
}

}  // namespace

StepTimes step_times(std::span<const StepTook> took) {
  Pacing pacing({});
  for (const StepTook& step : took) {
    if (step.took < Duration{0}) continue;
    pacing.took(step.event == "precheck_passed"     ? upgrade_step::precheck
                : step.event == "upgrade_succeeded" ? upgrade_step::upgrade
                                                    : upgrade_step::verify,
                step.took);
  }
  StepTimes times{pacing.likely(upgrade_step::precheck), pacing.likely(upgrade_step::upgrade),
                  pacing.likely(upgrade_step::verify)};
  times.check_known = times.check > Duration{0};
  times.upgrade_known = times.upgrade > Duration{0};
  if (!times.check_known) times.check = assumed_check;
  if (!times.upgrade_known) times.upgrade = sample_upgrade;
  return times;
}

Outlook outlook(const Plan& plan, const RolloutRules& rules, std::span<const Remaining> runs,
                const StepTimes& times, CloudInstant from, CloudInstant upgrades_from) {
  Pacing pacing({plan.polling.first, plan.polling.min, plan.polling.max});
  if (times.check_known) pacing.took(upgrade_step::precheck, times.check);
  if (times.upgrade_known) pacing.took(upgrade_step::upgrade, times.upgrade);
  if (times.verify > Duration{0}) pacing.took(upgrade_step::verify, times.verify);
  const std::int64_t check_calls =
      calls_around_check + polls(pacing, upgrade_step::precheck, times.check);
  const std::int64_t upgrade_calls =
      calls_around_upgrade + polls(pacing, upgrade_step::upgrade, times.upgrade) +
      calls_around_verify + polls(pacing, upgrade_step::verify, times.verify);

  TimetablePace pace;
  pace.check = times.check;
  pace.upgrade = times.upgrade + times.verify;
  pace.fits = times.upgrade_known ? times.upgrade : Duration{0};
  pace.between_checks = time_of_calls(check_calls, plan.cloud.calls_per_minute);
  pace.between_upgrades = time_of_calls(upgrade_calls, plan.cloud.calls_per_minute);
  pace.from = from;
  pace.upgrades_from = upgrades_from;
  std::vector<TimetableRun> timed;
  timed.reserve(runs.size());
  for (const Remaining& run : runs)
    timed.push_back({run.wave, run.spread, run.expires.has_value()});

  Outlook out;
  out.table = timetable(rules, timed, pace);
  for (std::size_t i = 0; i < runs.size(); ++i) {
    // A report that is still to be made counts as documented; each says itself when it expires.
    const CloudInstant expires = runs[i].expires.value_or(out.table.checked[i] + report_counts_for);
    const CloudInstant last = expires - plan.check.margin;
    const auto& starts = out.table.starts[i];
    const bool stale = starts && *starts >= last;
    out.stale.push_back(stale);
    out.stale_from.push_back(last);
    out.calls += upgrade_calls + (runs[i].expires ? 0 : check_calls) + (stale ? check_calls : 0);
  }
  if (!out.table.waves.empty()) out.ends = out.table.waves.back().ends;
  return out;
}

}  // namespace pawl
