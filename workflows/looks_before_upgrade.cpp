// The looks before an upgrade: is all still as the check found it, and is nothing of its kind under
// way? They also take the snapshot by which ours is told apart afterwards (decision 3).
#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "engine/breakable.h"
#include "workflows/cloud_api.h"
#include "workflows/cloud_time.h"
#include "workflows/looks_at_foreign.h"
#include "workflows/looks_before.h"
#include "workflows/readings.h"
#include "workflows/upgrade_evidence.h"

namespace pawl {

namespace {

using cloud::TaskState;
using cloud::TaskStatus;

/// `at` lies between the two times of such a fact, as far as whole seconds tell.
bool within(CloudInstant at, std::string_view two_times) {
  const std::vector<std::string> window = words_from_fact(two_times);
  if (window.size() != 2) return false;
  const auto from = instant_from_fact(window[0]);
  const auto until = instant_from_fact(window[1]);
  constexpr Duration grain{1'000};
  return from && until && at >= *from - grain && at <= *until;
}

/// A change of `updated` tells of a change of the instance, unless it is the trace of the check or
/// of the backup.
bool changed_since_check(const Run& run, const cloud::Instance& instance) {
  if (instance.updated == run.facts.get(fact::source_updated)) return false;
  const auto updated = cloud::parse_cloud_time(instance.updated);
  if (!updated || !updated->offset_given) return true;
  return !within(updated->at, run.facts.get(fact::checked_between)) &&
         !within(updated->at, run.facts.get(fact::backed_up_between));
}

Reading too_soon(const Looked& looked) {
  return reading::wait(looked.event.cloud ? "the last upgrade has only just begun"
                                          : "the cloud's answers do not tell its time");
}

Reading instance_before_upgrade(const Looked& looked) {
  const auto page = cloud::read_instances(looked.answer);
  if (!page && broken(Guard::fail_closed)) return reading::clear();
  if (!page) return not_readable(looked.run, page.unreadable());
  if (has_adopted_upgrade(looked.run)) {
    return reading::accepted("someone else's upgrade in progress is followed as ours");
  }
  const cloud::Instance* instance = find_instance(*page, looked.run.instance_id);
  if (!instance) return reading::wait("the instance list does not show it");
  note_surroundings(looked.facts, *instance);
  if (!cloud::ready_status(instance->status)) {
    if (!cloud::busy_status(instance->status)) {
      return reading::failed(fmt::format("its status is `{}`", instance->status));
    }
    looked.facts.set(fact::source_status, instance->status);
    return reading::next(look::upgrade_while_busy);
  }
  looked.facts.forget(fact::source_status);
  if (!cloud::parse_version(instance->version)) {
    return reading::wait(fmt::format("the list shows no version of it: `{}`", instance->version));
  }
  const std::string_view checked = looked.run.facts.get(fact::source_version);
  if (instance->version != checked) {
    return reading::stale(
        fmt::format("its version was {} at the check and is {}", checked, instance->version));
  }
  if (changed_since_check(looked.run, *instance)) {
    return reading::stale(fmt::format("it was changed after its check, at {}", instance->updated));
  }
  if (looked.goal.cutover == cloud::Cutover::yes && instance->private_ips.empty()) {
    return reading::wait("the instance list does not show its addresses");
  }
  return reading::next(look::upgrade_status);
}

/// The snapshot of before the attempt's first upgrade stays: what has come to show since may be
/// that one.
void forget_another(const Looked& looked) {
  for (const FactKey of_another : {fact::unexplained, fact::adopted_upgrade, fact::upgrade_id,
                                   fact::new_instance_id, fact::job_id, fact::answered}) {
    looked.facts.forget(of_another);
  }
  if (may_still_show(looked.run)) return;
  looked.facts.forget(fact::seen_upgrade);
  looked.facts.forget(fact::seen_history);
}

/// An upgrade that has ended may have replaced the instance, so the history has to tell: one to the
/// plan's target, or one that succeeded, to a later major version than it runs. (One to its own may
/// tell how it was made itself, whatever minor versions it has been given since.)
bool wants_explaining(const Looked& looked, const TaskStatus& task) {
  if (matches(task.target.version, target_of(looked.run))) return true;
  const auto own = cloud::parse_version(looked.run.facts.get(fact::source_version));
  return task.state == TaskState::success && !(own && task.target.version.major() <= own->major());
}

Reading upgrade_status_before_upgrade(const Looked& looked) {
  forget_another(looked);
  const auto status = read_shown(looked);
  if (!status || shows_nothing(looked)) return reading::next(look::upgrade_history);
  const auto* task = std::get_if<TaskStatus>(&*status);
  if (!task) return reading::next(look::upgrade_history);
  if (task->state == TaskState::running) return meet_running_upgrade(looked, *task);
  if (!later_second(task->start, looked.event)) return too_soon(looked);
  const bool known = instant_from_fact(looked.facts.get(fact::seen_upgrade)) == task->start.at;
  if (may_still_show(looked.run) && !known) {
    return reading::ask(
        fmt::format("the status shows an upgrade, begun {}, that it did not show "
                    "before one was sent, and that may be that one, come late: look at it, and "
                    "`pawl skip` leaves the instance as it is",
                    format_utc(task->start.at.at)));
  }
  looked.facts.set(fact::seen_upgrade, to_fact(task->start.at));
  if (wants_explaining(looked, *task)) {
    looked.facts.set(fact::unexplained, to_fact(task->start.at));
  }
  return reading::next(look::upgrade_history);
}

/// Everything in the history now is not ours. It is asked even where the status shows nothing: what
/// that shows of an instance that has been replaced is documented nowhere (decision 7).
Reading upgrade_history_before_upgrade(const Looked& looked) {
  const auto history = cloud::read_upgrade_history(looked.answer);
  if (!history) return not_readable(looked.run, history.unreadable());
  if (auto forbidden = history_forbids(looked, *history)) return *forbidden;
  const auto shown = instant_from_fact(looked.run.facts.get(fact::unexplained));
  constexpr Duration grain{1'000};  // the two may cut the time differently
  const bool explained =
      shown &&
      std::any_of(history->entries.begin(), history->entries.end(), [&](const auto& entry) {
        return entry.start.at <= *shown + grain && *shown <= entry.start.at + grain;
      });
  if (shown && !explained) {
    return reading::wait(
        fmt::format("the status shows an upgrade, begun {}, that the history does not show",
                    format_utc(shown->at)));
  }
  looked.facts.forget(fact::unexplained);
  std::vector<std::string> ids;
  for (const cloud::UpgradeReport& entry : history->entries) {
    if (!later_second(entry.start, looked.event)) return too_soon(looked);
    ids.push_back(entry.id);
  }
  // That of before the first one stays, whatever a copy of the history has lost since.
  if (!may_still_show(looked.run)) looked.facts.set(fact::seen_history, to_fact(ids));
  return reading::clear();
}

}  // namespace

Reading look_before_upgrade(const Looked& looked) {
  if (looked.run.look == look::instance) return instance_before_upgrade(looked);
  if (looked.run.look == look::upgrade_while_busy) return look_while_busy(looked);
  if (looked.run.look == look::upgrade_status) return upgrade_status_before_upgrade(looked);
  return upgrade_history_before_upgrade(looked);
}

Reading look_before_hook(const Looked& looked) {
  Reading found = look_before_upgrade(looked);
  if (found.verdict != Verdict::accepted) return found;
  return reading::of(Verdict::passed, std::move(found.reason));
}

}  // namespace pawl
