#include "workflows/major_upgrade.h"

#include <fmt/core.h>

#include <utility>

#include "workflows/cloud_api.h"
#include "workflows/cloud_backups.h"
#include "workflows/hook_command.h"
#include "workflows/looks_at_backup.h"
#include "workflows/looks_at_foreign.h"
#include "workflows/obligations.h"
#include "workflows/readings.h"
#include "workflows/upgrade_evidence.h"
#include "workflows/upgrade_facts.h"
#include "workflows/upgrade_looks.h"

// The way of one database, top to bottom:
//
//   precheck   1. run the pre-check                   POST inspection
//              2. poll the check's status             GET  status?action=check
//              3. verify check_expiration_time        from that answer, else from the history
//   backup        where the plan asks for one         POST backups, GET backups
//   hooks         where the plan has any              a command's exit code
//   upgrade    4. trigger the upgrade                 POST upgrade
//              5. poll the upgrade's status           GET  status?action=upgrade
//   verify        the new instance, and the addresses GET  upgrade-histories, instances
//   hooks         where the plan has any              a command's exit code
//
// The engine asks the questions before a submit, keeps the intent, and comes back after a crash;
// what those questions prove stands in upgrade_looks.h, and whose an answer is in
// upgrade_evidence.h.

namespace pawl {

namespace {

using cloud::Task;
using cloud::TaskState;
using cloud::TaskStatus;

cloud::InstanceKey key_of(const UpgradeGoal& goal, std::string_view instance_id) {
  return {goal.project_id, instance_id};
}

using reading::again;
using reading::unclear;

// 1. Run the pre-check.

HttpRequest run_precheck(const UpgradeGoal& goal, const Run& run) {
  return cloud::post_inspection(key_of(goal, run.instance_id), run.facts.get(fact::target_version));
}

// 2. Poll the check's status. What has ended is taken from the history, which knows our report by
// its id; where the history is late, a status that is certainly ours decides.

/// So long after it was accepted or found, at our clock, everything of a task shows.
bool settled(const Looked& looked) {
  return looked.event.at - looked.run.since > looked.rules.settle;
}

/// Nothing of what was sent until `last` is still to show: the settle time is over, at the cloud's
/// clock and at ours.
bool all_shows(const Looked& looked, CloudInstant last) {
  return looked.event.cloud && looked.event.cloud->earliest >= last + looked.rules.settle &&
         settled(looked);
}

/// The rule of both gates: what the status shows of `task`, and where to look further.
Reading poll_status(const Looked& looked, Task task, Look history) {
  const auto status = read_shown(looked);
  if (!status) return not_readable(looked.run, status.unreadable());
  const std::string_view what = task == Task::check ? "check" : "upgrade";
  const auto* shown = std::get_if<TaskStatus>(&*status);
  const Ours ours = shown ? is_ours(*shown, looked.run, task) : Ours::no;
  looked.facts.forget(fact::claim);
  if (ours == Ours::no && !settled(looked)) {
    return again(shown ? fmt::format("the status still shows an earlier {}", what)
                       : fmt::format("the {} is not shown yet", what));
  }
  if (ours != Ours::no && shown->state == TaskState::running) {
    return again(fmt::format("the {} is running", what));
  }
  if (task == Task::check && ours == Ours::yes) note_claim(looked.facts, *shown);
  return reading::next(history);
}

Reading poll_check_status(const Looked& looked) {
  return poll_status(looked, Task::check, look::check_history);
}

// 3. Verify check_expiration_time: of a status that is certainly ours, else of our report in the
// history (decision 9). The engine compares it with the cloud's clock, now and once more before the
// trigger.

/// What is known of the end of our check; a success once told is final (decision 8).
std::optional<Claim> end_of_check(const Run& run, const cloud::InspectionReport* report) {
  std::optional<Claim> claim = claim_of(run);
  if (!report || report->state == TaskState::running) return claim;
  const auto expires = certain_time(report->expires);
  const auto told = claim && claim->success ? claim->expires : std::nullopt;
  return Claim{report->state == TaskState::success, told ? told : expires, report->detail};
}

/// The changes of the instance that may be the check's own trace lie in this time.
void note_time_of_check(const Looked& looked) {
  const std::string_view adopted = looked.run.facts.get(fact::adopted_check);
  if (adopted.empty() && !looked.run.intended) return;
  const std::string from =
      adopted.empty() ? to_fact(looked.run.intended->earliest) : std::string(adopted);
  looked.facts.set(fact::checked_between, to_fact({from, to_fact(looked.event.cloud->latest)}));
}

/// That the promised id is a report's is documented nowhere (trap 3). Once the history shows all
/// that there is, at the cloud's clock and at ours, and has no such report, those count that fit by
/// target and time.
std::vector<const cloud::InspectionReport*> reports_by_other_ids(
    const Looked& looked, const cloud::History<cloud::InspectionReport>& history) {
  const auto& intended = looked.run.intended;
  if (!intended || !complete(history) || !all_shows(looked, intended->latest)) return {};
  return possible_reports(history, looked.run);
}

Reading verify_check_expiration_time(const Looked& looked) {
  const auto history = cloud::read_inspection_history(looked.answer);
  if (!history) return not_readable(looked.run, history.unreadable());
  const auto* report = our_report(*history, looked.run);
  const auto others = report ? std::vector<const cloud::InspectionReport*>{}
                             : reports_by_other_ids(looked, *history);
  if (others.size() == 1) report = others.front();
  if (report && !matches(report->target.version, target_of(looked.run))) {
    return reading::of(Verdict::renew, fmt::format("its report {} is of a check for version {}",
                                                   report->id, report->target.text));
  }
  const std::optional<Claim> claim = end_of_check(looked.run, report);
  if (report) looked.facts.set(fact::report_id, report->id);
  if (!claim && others.size() > 1) {
    return unclear(fmt::format("the history has no report {}, and {} of which each may be ours",
                               looked.run.facts.get(fact::report_id), others.size()));
  }
  if (!claim && report) return again("the check is running");
  if (!claim) return unclear("the history does not show the report yet");
  if (!claim->success) {
    return reading::failed(fmt::format("the pre-check failed: {}", claim->detail));
  }
  if (!claim->expires && report && report->state == TaskState::running) {
    return again("the history does not show the end of the check yet");
  }
  if (!claim->expires)
    return reading::of(Verdict::renew, "the report says nowhere when it expires");
  // Without it, what the check itself changed of the instance could not be told from what others do
  // later.
  if (!looked.event.cloud) return again("the cloud's answers do not tell its time");
  note_time_of_check(looked);
  return {Verdict::passed, fmt::format("the check counts until {}", format_utc(claim->expires->at)),
          Look::none, claim->expires};
}

// 4. Trigger the upgrade.

HttpRequest trigger_upgrade(const UpgradeGoal& goal, const Run& run) {
  return cloud::post_upgrade(key_of(goal, run.instance_id), run.facts.get(fact::target_version),
                             goal.cutover, goal.statistics);
}

// 5. Poll the upgrade's status, by the same rule; the history also names the new instance.

/// An upgrade that was found in doubt is known by its target and its start alone. It may be someone
/// else's, begun in the very moment of our intent, while ours is still to show.
bool found_in_doubt(const Run& run) {
  return run.intended && !run.facts.has(fact::job_id);
}

Reading poll_upgrade_status(const Looked& looked) {
  Reading reading = poll_status(looked, Task::upgrade, look::upgrade_history);
  const bool ended = reading.verdict == Verdict::next;
  const auto& gone = looked.run.sender_gone;
  if (ended && found_in_doubt(looked.run) && !(gone && all_shows(looked, *gone))) {
    return again("it was found in doubt, and another one that is ours may still come to show");
  }
  return reading;
}

/// Nothing of an upgrade that was accepted is still to show in the history. One that was found has
/// waited for that already, and of one that was adopted nothing was sent.
bool shows_all_of_job(const Looked& looked, const cloud::History<cloud::UpgradeReport>& history) {
  if (!looked.run.facts.has(fact::job_id)) return true;
  const auto& intended = looked.run.intended;
  return intended && complete(history) && all_shows(looked, intended->latest);
}

/// That the job's id is an entry's is documented nowhere (trap 3). So an entry without it counts
/// for an upgrade that was accepted where it began while that was on its way, or once the history
/// shows all that there is.
bool alone_for_good(const Looked& looked, const cloud::History<cloud::UpgradeReport>& history,
                    const cloud::UpgradeReport& entry) {
  const auto answered = instant_from_fact(looked.run.facts.get(fact::answered));
  const bool on_its_way = answered && looked.run.intended && complete(history) &&
                          entry.start.offset_given && entry.start.at <= *answered;
  return on_its_way || shows_all_of_job(looked, history);
}

std::string words_of(const cloud::UpgradeReport& entry) {
  constexpr std::array words{"is running", "succeeded", "failed"};
  return fmt::format("upgrade {}, begun {}, {}", entry.id, format_utc(entry.start.at.at),
                     words.at(static_cast<std::size_t>(entry.state)));
}

/// The status does not tell the cutover, so what it says of an upgrade that has ended may be said
/// of somebody else's: the history decides, which knows ours by its id.
Reading read_upgrade_result(const Looked& looked) {
  const auto history = cloud::read_upgrade_history(looked.answer);
  if (!history) return not_readable(looked.run, history.unreadable());
  const UpgradeTrace trace = trace_of(*history, looked.run, looked.goal.cutover);
  if (trace.alone && began_too_late(*trace.ours, looked.run, looked.rules.settle)) {
    return unclear(
        fmt::format("the history does not show the upgrade, only {}: nothing that was "
                    "sent could land any more when that one began",
                    words_of(*trace.ours)));
  }
  if (trace.alone && !alone_for_good(looked, *history, *trace.ours)) {
    return again(
        fmt::format("the history shows upgrade {}, which may be somebody else's: none has "
                    "the id of our job, {}, yet",
                    trace.ours->id, looked.run.facts.get(fact::job_id)));
  }
  if (trace.ours) {
    note_entry(looked.facts, *trace.ours);
    if (trace.ours->state == TaskState::running) return again("the upgrade is running");
    if (trace.rival && looked.run.intended && !trace.by_job) {
      return reading::ask(fmt::format("which upgrade is ours cannot be told: {}; {}",
                                      words_of(*trace.ours), words_of(*trace.rival)));
    }
    if (trace.ours->state == TaskState::success) {
      const bool beside = trace.unseen && sent_beside(looked.run) > 0;
      looked.facts.set(fact::another_upgrade, beside ? trace.unseen->id : "");
      return reading::of(Verdict::passed);
    }
    // Of two that were sent in one second the cloud may show first the one that lost.
    if (!trace.by_job && !shows_all_of_job(looked, *history)) {
      return again(fmt::format("{}, but none has the id of our job, {}, yet", words_of(*trace.ours),
                               looked.run.facts.get(fact::job_id)));
    }
    return reading::failed(fmt::format("the upgrade failed: {}", trace.ours->detail));
  }
  if (trace.begun_since) {
    return unclear(
        fmt::format("the history shows upgrade {}, which does not fit or is not the only "
                    "one, and none that is certainly ours",
                    trace.begun_since->id));
  }
  if (trace.unseen) {
    return unclear(
        fmt::format("the history does not show the upgrade yet, only {}: that one began "
                    "before ours was sent",
                    words_of(*trace.unseen)));
  }
  return unclear("the history does not show the upgrade yet");
}

cloud::Trigger trigger_of(const Run& run) {
  if (run.step == upgrade_step::backup) return cloud::Trigger::backup;
  return run.step == upgrade_step::upgrade ? cloud::Trigger::upgrade : cloud::Trigger::inspection;
}

/// Keeps the id that a 2xx to a submit gives.
Reading read_accepted(const Run& run, const HttpResponse& answer, Facts& facts) {
  const auto keep = [&facts](FactKey key, const auto& accepted, auto id) {
    if (!accepted) return reading::of(Verdict::doubt, accepted.unreadable().text);
    facts.set(key, (*accepted).*id);
    return reading::accepted({});
  };
  switch (trigger_of(run)) {
    case cloud::Trigger::backup:
      return keep(fact::backup_id, cloud::read_backup_accepted(answer),
                  &cloud::BackupAccepted::backup_id);
    case cloud::Trigger::upgrade:
      facts.set(fact::answered, answer.date ? to_fact(*answer.date) : "");
      return keep(fact::job_id, cloud::read_upgrade_accepted(answer),
                  &cloud::UpgradeAccepted::job_id);
    case cloud::Trigger::inspection:
      break;
  }
  return keep(fact::report_id, cloud::read_inspection_accepted(answer),
              &cloud::InspectionAccepted::report_id);
}

}  // namespace

MajorUpgrade::MajorUpgrade(UpgradeGoal goal, const Timeouts& timeouts, const Check& check,
                           Extent extent)
    : goal_(std::move(goal)),
      rules_{timeouts.settle, check.margin, timeouts.request},
      steps_(upgrade_steps(timeouts, check, goal_.around)),
      extent_(extent) {
  if (extent_ == Extent::check) steps_[upgrade_step::precheck].next.reset();
}

std::span<const FactKey> MajorUpgrade::fact_keys() const {
  return upgrade_facts;
}

bool MajorUpgrade::sound(const Run& run) const {
  if (!cloud::is_path_segment(run.instance_id)) return false;
  const std::string_view made = run.facts.get(fact::new_instance_id);
  if (!made.empty() && !cloud::is_path_segment(made)) return false;
  if (extent_ == Extent::check && run.checked_once && run.phase != Phase::over) return false;
  const bool before_target =
      run.step == 0 && run.phase == Phase::waiting && run.look != look::check_status;
  return before_target || run.phase == Phase::over ||
         cloud::parse_version(run.facts.get(fact::target_version)).has_value();
}

Look MajorUpgrade::first_look(const Run& run, const Event& event) const {
  return run.step == upgrade_step::precheck ? first_look_before_check(goal_, run, event.at)
                                            : steps_[run.step].before_look;
}

HttpRequest MajorUpgrade::submit(const Run& run) const {
  if (run.step == upgrade_step::backup) return request_backup(goal_, run);
  return run.step == upgrade_step::upgrade ? trigger_upgrade(goal_, run) : run_precheck(goal_, run);
}

Command MajorUpgrade::command(const Run& run) const {
  return hook_command(goal_, run);
}

HttpRequest MajorUpgrade::ask(const Run& run, Look what) const {
  const cloud::InstanceKey key = key_of(goal_, run.instance_id);
  if (what == look::versions) return cloud::ask_available_versions(key);
  if (what == look::check_status) return cloud::ask_status(key, Task::check);
  if (what == look::check_history) return cloud::ask_inspection_history(key, {});
  if (what == look::upgrade_status || what == look::upgrade_while_busy) {
    return cloud::ask_status(key, Task::upgrade);
  }
  if (what == look::upgrade_history) return cloud::ask_upgrade_history(key, {});
  if (what == look::backups) return cloud::ask_backups(key, {listed_of(run.facts)});
  if (what == look::backup) return cloud::ask_backup(key, run.facts.get(fact::backup_id));
  if (what == look::made_instances) {
    const bool searchable = !run.name.empty() && run.name.find('*') == std::string::npos &&
                            !run.facts.has(fact::renamed);
    const cloud::Page page{listed_of(run.facts)};
    return searchable ? cloud::ask_instances_named(goal_.project_id, run.name, page)
                      : cloud::ask_instances(goal_.project_id, page);
  }
  if (what == look::new_instance) {
    const std::string_view made = run.facts.get(fact::new_instance_id);
    if (made.empty()) return cloud::ask_upgrade_history(key, {});
    return cloud::ask_instance(key_of(goal_, made));
  }
  return cloud::ask_instance(key);
}

HttpRequest MajorUpgrade::ask_time() const {
  return cloud::ask_instances(goal_.project_id, {0, 1});
}

Priority MajorUpgrade::priority(const Run& run, Look) const {
  if (run.phase == Phase::unsure) return Priority::doubt;
  const bool cutover = goal_.cutover == cloud::Cutover::yes && run.phase == Phase::submitted &&
                       (run.step == upgrade_step::upgrade || run.step == upgrade_step::verify);
  return cutover ? Priority::cutover : Priority::poll;
}

Reading MajorUpgrade::read(const Run& run, const HttpResponse& answer, const Event& event,
                           Facts& facts) const {
  const Looked looked{goal_, rules_, run, answer, event, facts};
  if (!succeeded(answer) && !shows_nothing(looked)) return read_refusal(looked);
  if (run.step == upgrade_step::backup) return look_at_backup(looked);
  if (is_before_hook(run.step)) return look_before_hook(looked);
  const bool upgrade = run.step == upgrade_step::upgrade;
  if (run.phase == Phase::waiting) {
    return upgrade ? look_before_upgrade(looked) : look_before_check(looked);
  }
  if (run.phase == Phase::unsure) {
    return upgrade ? look_for_upgrade(looked) : look_for_check(looked);
  }
  if (run.step == upgrade_step::verify) return look_at_outcome(looked);
  if (!upgrade && has_adopted_upgrade(run)) return pass_without_check(looked);
  if (run.look == look::check_status) return poll_check_status(looked);
  if (run.look == look::check_history) return verify_check_expiration_time(looked);
  if (run.look == look::upgrade_status) return poll_upgrade_status(looked);
  return read_upgrade_result(looked);
}

std::optional<Throttle> MajorUpgrade::throttle(const HttpResponse& answer) const {
  return cloud::throttle_of(answer);
}

std::optional<std::string> MajorUpgrade::refuses_all(const HttpResponse& answer) const {
  if (answer.status < 400) return std::nullopt;
  const cloud::CloudError error = cloud::read_error(answer);
  if (cloud::classify(error, Method::get) != cloud::ErrorClass::renew_credentials)
    return std::nullopt;
  return cloud::describe(error);
}

std::vector<Obligation> MajorUpgrade::leaves(const Run& before, const Run& after) const {
  return obligations_of(goal_, before, after);
}

/// A 2xx without the id, and every refusal that does not prove itself, leave doubt (decision 5).
Reading MajorUpgrade::read_submit(const Run& run, const HttpResponse& answer, Facts& facts) const {
  if (succeeded(answer)) return read_accepted(run, answer, facts);
  const cloud::CloudError error = cloud::read_error(answer);
  std::string words = cloud::describe(error);
  const cloud::ErrorClass kind = cloud::classify(error, Method::post);
  if (!cloud::certainly_refused(error, trigger_of(run))) {
    Reading in_doubt = reading::of(Verdict::doubt, std::move(words));
    in_doubt.ends_calls = kind == cloud::ErrorClass::renew_credentials;
    return in_doubt;
  }
  switch (kind) {
    case cloud::ErrorClass::wait:
    case cloud::ErrorClass::throttled:
    case cloud::ErrorClass::retry:
      return reading::of(Verdict::wait, std::move(words));
    case cloud::ErrorClass::renew_credentials:
      return reading::of(Verdict::stop, std::move(words));
    case cloud::ErrorClass::halt_rollout:
      return reading::failed_for_all(std::move(words));
    case cloud::ErrorClass::stop:
    case cloud::ErrorClass::feature_absent:
    case cloud::ErrorClass::gone:
      return reading::of(Verdict::failed, std::move(words));
    case cloud::ErrorClass::look:
      break;
  }
  return reading::of(Verdict::doubt, std::move(words));
}

}  // namespace pawl
