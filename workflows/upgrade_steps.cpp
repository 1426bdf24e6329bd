#include "workflows/upgrade_steps.h"

#include <fmt/format.h>

#include "workflows/upgrade_facts.h"

namespace pawl {

namespace {

Step make_precheck(const Timeouts& timeouts, const Check& check) {
  Step step;
  step.name = "precheck";
  step.before = RunState::pending;
  step.during = RunState::checking;
  step.place = Gate::check;
  step.submits = true;
  step.before_look = look::instance;
  step.gate_look = look::check_status;
  step.doubt_look = look::check_status;
  step.patience = timeouts.check;
  step.timeout = timeouts.check;
  step.overdue = WhenOverdue::renew;
  step.absences_needed = 1;
  step.attempts_max = static_cast<std::uint16_t>(check.attempts);
  step.events = {"precheck_requested", "precheck_accepted", "precheck_adopted", "precheck_unsure",
                 "precheck_passed",    "precheck_failed",   "precheck_expired"};
  return step;
}

Step make_upgrade(const Timeouts& timeouts) {
  Step step;
  step.name = "upgrade";
  step.before = RunState::ready;
  step.during = RunState::upgrading;
  step.place = Gate::upgrade;
  step.submits = true;
  step.needs_valid = true;
  step.before_look = look::instance;
  step.gate_look = look::upgrade_status;
  step.doubt_look = look::upgrade_status;
  step.patience = timeouts.check;
  step.timeout = timeouts.upgrade;
  step.overdue = WhenOverdue::ask_operator;
  step.events = {"upgrade_requested",
                 "upgrade_accepted",
                 "upgrade_adopted",
                 "upgrade_unsure",
                 "upgrade_succeeded",
                 "upgrade_failed",
                 ""};
  return step;
}

Step make_verify(const Timeouts& timeouts) {
  Step step;
  step.name = "verify";
  step.before = RunState::verifying;
  step.during = RunState::verifying;
  step.gate_look = look::new_instance;
  step.timeout = timeouts.verify;
  step.overdue = WhenOverdue::fail;
  step.events = {"", "", "", "", "verify_passed", "verify_failed", ""};
  return step;
}

/// Restricted as the upgrade is (decision 22), and shown as `ready` (decision 27). A second one
/// does no harm but its cost, so one look without a trace lets it be sent again.
Step make_backup(const Timeouts& timeouts) {
  Step step;
  step.name = "backup";
  step.before = step.during = RunState::ready;
  step.place = Gate::upgrade;
  step.submits = true;
  step.needs_valid = true;
  step.before_look = look::instance;
  step.gate_look = look::backup;
  step.doubt_look = look::backups;
  step.patience = timeouts.check;
  step.timeout = timeouts.upgrade;
  step.overdue = WhenOverdue::fail;
  step.absences_needed = 1;
  step.once = true;
  step.events = {"backup_requested",
                 "backup_accepted",
                 "backup_adopted",
                 "backup_unsure",
                 "backup_completed",
                 "backup_failed",
                 ""};
  return step;
}

}  // namespace

std::vector<Step> upgrade_steps(const Timeouts& timeouts, const Check& check,
                                const Around& around) {
  std::vector<Step> steps(steps_max);
  std::vector<std::uint8_t> order;
  const auto add = [&](std::uint8_t position, Step step) {
    steps[position] = step;
    order.push_back(position);
  };
  add(upgrade_step::precheck, make_precheck(timeouts, check));
  if (around.backup) add(upgrade_step::backup, make_backup(timeouts));
  add(upgrade_step::upgrade, make_upgrade(timeouts));
  add(upgrade_step::verify, make_verify(timeouts));
  for (std::size_t i = 0; i + 1 < order.size(); ++i)
    steps[order[i]].next = order[i + 1];
  return steps;
}

std::string shown_phase(const Run& run) {
  if (run.phase == Phase::over) return "";
  if (run.step == upgrade_step::backup) return fmt::format("backup_{}", to_string(run.phase));
  return std::string(to_string(run.phase));
}

}  // namespace pawl
