#include "workflows/upgrade_steps.h"

#include <fmt/core.h>

#include <array>
#include <string_view>

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
  step.repeat = Repeat::costly;
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

constexpr std::array<std::string_view, hooks_max> before_names{"before_hook_1", "before_hook_2",
                                                               "before_hook_3", "before_hook_4",
                                                               "before_hook_5", "before_hook_6"};
constexpr std::array<std::string_view, hooks_max> after_names{
    "after_hook_1", "after_hook_2", "after_hook_3", "after_hook_4", "after_hook_5", "after_hook_6"};

Step make_hook(std::string_view name, const Timeouts& timeouts) {
  Step step;
  step.name = name;
  step.submits = true;
  step.runs_command = true;
  step.patience = timeouts.check;
  step.events = {"hook_started", "", "", "", "hook_passed", "hook_failed", ""};
  return step;
}

/// It runs only where everything else would admit the upgrade (decision 23): it asks the upgrade's
/// own questions, waits for its leave, and needs its proof.
Step make_before_hook(std::size_t index, const Timeouts& timeouts) {
  Step step = make_hook(before_names[index], timeouts);
  step.before = step.during = RunState::ready;
  step.place = Gate::upgrade;
  step.needs_valid = true;
  step.before_look = look::instance;
  step.once = true;
  return step;
}

Step make_after_hook(std::size_t index, const Timeouts& timeouts) {
  Step step = make_hook(after_names[index], timeouts);
  step.before = step.during = RunState::verifying;
  step.place = Gate::after;
  return step;
}

}  // namespace

bool is_before_hook(std::uint8_t step) {
  return step >= upgrade_step::before_hooks && step < upgrade_step::before_hooks + hooks_max;
}

bool is_after_hook(std::uint8_t step) {
  return step >= upgrade_step::after_hooks && step < upgrade_step::after_hooks + hooks_max;
}

bool comes_after_upgrade(std::uint8_t step) {
  return step == upgrade_step::verify || is_after_hook(step);
}

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
  for (std::size_t i = 0; i < around.before.size(); ++i) {
    add(static_cast<std::uint8_t>(upgrade_step::before_hooks + i), make_before_hook(i, timeouts));
  }
  add(upgrade_step::upgrade, make_upgrade(timeouts));
  add(upgrade_step::verify, make_verify(timeouts));
  for (std::size_t i = 0; i < around.after.size(); ++i) {
    add(static_cast<std::uint8_t>(upgrade_step::after_hooks + i), make_after_hook(i, timeouts));
  }
  for (std::size_t i = 0; i + 1 < order.size(); ++i)
    steps[order[i]].next = order[i + 1];
  return steps;
}

std::string shown_phase(const Run& run) {
  if (run.phase == Phase::over) return "";
  if (run.step == upgrade_step::backup) return fmt::format("backup_{}", to_string(run.phase));
  const bool before = is_before_hook(run.step);
  if (!before && !is_after_hook(run.step)) return std::string(to_string(run.phase));
  const auto& names = before ? before_names : after_names;
  const auto first = before ? upgrade_step::before_hooks : upgrade_step::after_hooks;
  return fmt::format("{}_{}", names[run.step - first],
                     run.phase == Phase::intended ? "running" : to_string(run.phase));
}

}  // namespace pawl
