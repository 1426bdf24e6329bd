#include "workflows/major_upgrade.h"

#include <fmt/format.h>

#include <utility>

#include "workflows/cloud_api.h"
#include "workflows/cloud_instances.h"
#include "workflows/upgrade_evidence.h"
#include "workflows/upgrade_facts.h"
#include "workflows/upgrade_looks.h"

// The way of one database, top to bottom:
//
//   precheck   1. run the pre-check                   POST inspection
//              2. poll the check's status             GET  status?action=check
//              3. verify check_expiration_time        from that answer, else from the history
//   upgrade    4. trigger the upgrade                 POST upgrade
//              5. poll the upgrade's status           GET  status?action=upgrade
//   verify        the new instance, and the addresses GET  upgrade-histories, instances
//
// The engine asks the questions before a submit, keeps the intent, and comes back after a crash;
// what those questions prove stands in upgrade_looks.h, and whose an answer is in
// upgrade_evidence.h.

namespace pawl {

namespace {

using cloud::Task;
using cloud::TaskState;
using cloud::TaskStatus;

constexpr std::uint8_t upgrade_step = 1;

std::array<Step, 3> make_steps(const Timeouts& timeouts, const Check& check) {
  Step precheck;
  precheck.name = "precheck";
  precheck.before = RunState::pending;
  precheck.during = RunState::checking;
  precheck.place = Gate::check;
  precheck.submits = true;
  precheck.before_look = look::instance;
  precheck.gate_look = look::check_status;
  precheck.doubt_look = look::check_status;
  precheck.patience = timeouts.check;
  precheck.timeout = timeouts.check;
  precheck.overdue = WhenOverdue::renew;
  precheck.absences_needed = 1;
  precheck.attempts_max = static_cast<std::uint16_t>(check.attempts);
  precheck.events = {"precheck_requested", "precheck_accepted", "precheck_adopted",
                     "precheck_unsure",    "precheck_passed",   "precheck_failed",
                     "precheck_expired"};

  Step upgrade;
  upgrade.name = "upgrade";
  upgrade.before = RunState::ready;
  upgrade.during = RunState::upgrading;
  upgrade.place = Gate::upgrade;
  upgrade.submits = true;
  upgrade.needs_valid = true;
  upgrade.before_look = look::instance;
  upgrade.gate_look = look::upgrade_status;
  upgrade.doubt_look = look::upgrade_status;
  upgrade.patience = timeouts.check;
  upgrade.timeout = timeouts.upgrade;
  upgrade.overdue = WhenOverdue::ask_operator;
  upgrade.events = {"upgrade_requested",
                    "upgrade_accepted",
                    "upgrade_adopted",
                    "upgrade_unsure",
                    "upgrade_succeeded",
                    "upgrade_failed",
                    ""};

  Step verify;
  verify.name = "verify";
  verify.before = RunState::verifying;
  verify.during = RunState::verifying;
  verify.gate_look = look::new_instance;
  verify.timeout = timeouts.verify;
  verify.overdue = WhenOverdue::fail;
  verify.events = {"", "", "", "", "verify_passed", "verify_failed", ""};
  return {precheck, upgrade, verify};
}

cloud::InstanceKey key_of(const UpgradeGoal& goal, const std::string& instance_id) {
  return {goal.project_id, instance_id};
}

Reading again(std::string reason) {
  return {Verdict::again, std::move(reason), Look::none, {}};
}

// 1. Run the pre-check.

HttpRequest run_precheck(const UpgradeGoal& goal, const Run& run) {
  return cloud::post_inspection(key_of(goal, run.instance_id), run.facts.get(fact::target_version));
}

// 2. Poll the check's status. What has ended is taken from the history, which knows our report by
// its id; where the history is late, a status that is certainly ours decides.

Reading poll_check_status(const Looked& looked) {
  const auto status = cloud::read_status(looked.answer);
  if (!status) return not_readable(looked.run, status.unreadable());
  const auto* task = std::get_if<TaskStatus>(&*status);
  const bool settled = looked.event.at - looked.run.since > looked.rules.settle;
  const Ours ours = task ? is_ours(*task, looked.run, fact::seen_check) : Ours::no;
  looked.facts.forget(fact::claim);
  if (ours == Ours::no && !settled) {
    return again(task ? "the status still shows an earlier check" : "the check is not shown yet");
  }
  if (ours != Ours::no && task->state == TaskState::running) return again("the check is running");
  if (ours == Ours::yes) note_claim(looked.facts, *task);
  return {Verdict::next, "the history settles it", look::check_history, {}};
}

// 3. Verify check_expiration_time, of the report itself where the history shows it. The engine
// compares it with the cloud's clock, now and once more before the trigger.

Reading verify_check_expiration_time(const Looked& looked) {
  const auto history = cloud::read_inspection_history(looked.answer);
  if (!history) return not_readable(looked.run, history.unreadable());
  std::optional<Claim> claim = claim_of(looked.run);
  for (const cloud::InspectionReport& report : history->entries) {
    if (report.id != looked.run.facts.get(fact::report_id)) continue;
    if (report.state == TaskState::running) return again("the check is running");
    const bool success = report.state == TaskState::success;
    const auto expires = certain_time(report.expires);
    claim = Claim{success, expires || !claim ? expires : claim->expires, report.detail};
  }
  if (!claim) return again("the history does not show the report yet");
  if (!claim->success) {
    return {Verdict::failed, fmt::format("the pre-check failed: {}", claim->detail), {}, {}};
  }
  if (!claim->expires) {
    return {Verdict::renew, "the report says nowhere when it expires", {}, {}};
  }
  if (looked.run.intended && looked.event.cloud) {
    looked.facts.set(fact::checked_between, to_fact(looked.run.intended->earliest) + ' ' +
                                                to_fact(looked.event.cloud->latest));
  }
  return {Verdict::passed,
          fmt::format("the check counts until {}", format_utc(claim->expires->at)),
          {},
          claim->expires};
}

// 4. Trigger the upgrade.

HttpRequest trigger_upgrade(const UpgradeGoal& goal, const Run& run) {
  return cloud::post_upgrade(key_of(goal, run.instance_id), run.facts.get(fact::target_version),
                             goal.cutover, goal.statistics);
}

// 5. Poll the upgrade's status, by the same rule; the history also names the new instance.

Reading poll_upgrade_status(const Looked& looked) {
  const auto status = cloud::read_status(looked.answer);
  if (!status) return not_readable(looked.run, status.unreadable());
  const auto* task = std::get_if<TaskStatus>(&*status);
  const bool settled = looked.event.at - looked.run.since > looked.rules.settle;
  const Ours ours = task ? is_ours(*task, looked.run, fact::seen_upgrade) : Ours::no;
  looked.facts.forget(fact::claim);
  if (ours == Ours::no && !settled) {
    return again(task ? "the status still shows an earlier upgrade"
                      : "the upgrade is not shown yet");
  }
  if (ours != Ours::no && task->state == TaskState::running) return again("the upgrade is running");
  if (ours == Ours::yes) note_claim(looked.facts, *task);
  return {Verdict::next, "the history settles it", look::upgrade_history, {}};
}

Reading read_upgrade_result(const Looked& looked) {
  const auto history = cloud::read_upgrade_history(looked.answer);
  if (!history) return not_readable(looked.run, history.unreadable());
  std::optional<Claim> claim = claim_of(looked.run);
  if (const auto* entry = our_entry(*history, looked.run, looked.goal.cutover)) {
    note_entry(looked.facts, *entry);
    if (entry->state == TaskState::running) return again("the upgrade is running");
    claim = Claim{entry->state == TaskState::success, std::nullopt, entry->detail};
  }
  if (!claim) return again("the history does not show the upgrade yet");
  if (claim->success) return {Verdict::passed, "", {}, {}};
  return {Verdict::failed, fmt::format("the upgrade failed: {}", claim->detail), {}, {}};
}

}  // namespace

MajorUpgrade::MajorUpgrade(UpgradeGoal goal, const Timeouts& timeouts, const Check& check)
    : goal_(std::move(goal)),
      rules_{timeouts.settle, check.margin, timeouts.request},
      steps_(make_steps(timeouts, check)) {}

std::span<const FactKey> MajorUpgrade::fact_keys() const {
  return upgrade_facts;
}

bool MajorUpgrade::sound(const Run& run) const {
  if (!cloud::is_path_segment(run.instance_id)) return false;
  const std::string& made = run.facts.get(fact::new_instance_id);
  if (!made.empty() && !cloud::is_path_segment(made)) return false;
  const bool before_target = run.step == 0 && run.phase == Phase::waiting &&
                             (run.look == look::instance || run.look == look::versions);
  return before_target || run.phase == Phase::over ||
         cloud::parse_version(run.facts.get(fact::target_version)).has_value();
}

HttpRequest MajorUpgrade::submit(const Run& run) const {
  return run.step == upgrade_step ? trigger_upgrade(goal_, run) : run_precheck(goal_, run);
}

HttpRequest MajorUpgrade::ask(const Run& run, Look what) const {
  const cloud::InstanceKey key = key_of(goal_, run.instance_id);
  if (what == look::versions) return cloud::ask_available_versions(key);
  if (what == look::check_status) return cloud::ask_status(key, Task::check);
  if (what == look::check_history) return cloud::ask_inspection_history(key, {});
  if (what == look::upgrade_status) return cloud::ask_status(key, Task::upgrade);
  if (what == look::upgrade_history) return cloud::ask_upgrade_history(key, {});
  if (what == look::made_instances) {
    return cloud::ask_instances_named(goal_.project_id, run.name, {});
  }
  if (what == look::new_instance) {
    const std::string& made = run.facts.get(fact::new_instance_id);
    if (made.empty()) return cloud::ask_upgrade_history(key, {});
    return cloud::ask_instance(key_of(goal_, made));
  }
  return cloud::ask_instance(key);
}

Priority MajorUpgrade::priority(const Run& run, Look) const {
  if (run.phase == Phase::unsure) return Priority::doubt;
  const bool cutover = goal_.cutover == cloud::Cutover::yes && run.step >= upgrade_step &&
                       run.phase == Phase::submitted;
  return cutover ? Priority::cutover : Priority::poll;
}

Reading MajorUpgrade::read(const Run& run, const HttpResponse& answer, const Event& event,
                           Facts& facts) const {
  const Looked looked{goal_, rules_, run, answer, event, facts};
  if (answer.status < 200 || answer.status > 299) return read_refusal(looked);
  const bool upgrade = run.step == upgrade_step;
  if (run.phase == Phase::waiting) {
    return upgrade ? look_before_upgrade(looked) : look_before_check(looked);
  }
  if (run.phase == Phase::unsure) {
    return upgrade ? look_for_upgrade(looked) : look_for_check(looked);
  }
  if (run.step > upgrade_step) return look_at_outcome(looked);
  if (run.look == look::check_status) return poll_check_status(looked);
  if (run.look == look::check_history) return verify_check_expiration_time(looked);
  if (run.look == look::upgrade_status) return poll_upgrade_status(looked);
  return read_upgrade_result(looked);
}

/// A 2xx without the id, and every refusal that does not prove itself, leave doubt (decision 5).
Reading MajorUpgrade::read_submit(const Run& run, const HttpResponse& answer, Facts& facts) const {
  const bool upgrade = run.step == upgrade_step;
  if (answer.status >= 200 && answer.status <= 299) {
    if (upgrade) {
      const auto accepted = cloud::read_upgrade_accepted(answer);
      if (!accepted) return {Verdict::doubt, accepted.unreadable().text, {}, {}};
      facts.set(fact::job_id, accepted->job_id);
    } else {
      const auto accepted = cloud::read_inspection_accepted(answer);
      if (!accepted) return {Verdict::doubt, accepted.unreadable().text, {}, {}};
      facts.set(fact::report_id, accepted->report_id);
    }
    return {Verdict::accepted, "", {}, {}};
  }
  const cloud::CloudError error = cloud::read_error(answer);
  std::string words = cloud::describe(error);
  const auto trigger = upgrade ? cloud::Trigger::upgrade : cloud::Trigger::inspection;
  if (!cloud::certainly_refused(error, trigger)) return {Verdict::doubt, std::move(words), {}, {}};
  switch (cloud::classify(error, Method::post)) {
    case cloud::ErrorClass::wait:
    case cloud::ErrorClass::throttled:
    case cloud::ErrorClass::retry:
      return {Verdict::wait, std::move(words), {}, {}};
    case cloud::ErrorClass::renew_credentials:
      return {Verdict::stop, std::move(words), {}, {}};
    case cloud::ErrorClass::stop:
    case cloud::ErrorClass::halt_rollout:
    case cloud::ErrorClass::feature_absent:
    case cloud::ErrorClass::gone:
      return {Verdict::failed, std::move(words), {}, {}};
    case cloud::ErrorClass::look:
      break;
  }
  return {Verdict::doubt, std::move(words), {}, {}};
}

}  // namespace pawl
