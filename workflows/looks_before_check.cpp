// The looks before a pre-check: is there anything to do, and could the check be told apart
// afterwards?
#include <fmt/core.h>

#include <utility>

#include "workflows/cloud_api.h"
#include "workflows/left_alone.h"
#include "workflows/looks_at_foreign.h"
#include "workflows/looks_before.h"
#include "workflows/readings.h"
#include "workflows/upgrade_evidence.h"

namespace pawl {

namespace {

using cloud::TaskState;
using cloud::TaskStatus;

std::optional<std::string> left_alone_for_its_role(const UpgradeGoal& goal, const Run& run) {
  const auto role = cloud::dr_role_from(run.facts.get(fact::dr_role));
  return role ? left_alone(*role, goal.cutover) : std::nullopt;
}

Reading instance_before_check(const Looked& looked) {
  const auto page = cloud::read_instances(looked.answer);
  if (!page) return not_readable(looked.run, page.unreadable());
  looked.facts.forget(fact::listed_at);
  looked.facts.forget(fact::adopted_check);
  // Whoever began that upgrade chose its version, which the plan need not take.
  if (has_adopted_upgrade(looked.run)) looked.facts.forget(fact::target_version);
  looked.facts.forget(fact::adopted_upgrade);
  if (const auto words = looked.run.facts.get(fact::replaced); !words.empty()) {
    return reading::skip(std::string(words));
  }
  const cloud::Instance* instance = find_instance(*page, looked.run.instance_id);
  if (!instance && !page->unreadable.empty()) {
    return reading::wait(
        fmt::format("the list cannot be read: {}", page->unreadable.front().why.text));
  }
  if (!instance) {
    // The next answer says in the cloud's own words that there is no such instance.
    looked.facts.forget(fact::source_version);
    return reading::next(look::versions);
  }
  looked.facts.set(fact::source_version, instance->version);
  looked.facts.set(fact::source_updated, instance->updated);
  note_surroundings(looked.facts, *instance);
  if (auto why = left_alone(*instance, looked.goal.target_version)) {
    if (!may_still_show(looked.run)) return reading::skip(std::move(*why));
    return reading::ask(*why + "; an upgrade was sent before, and this may be its doing");
  }
  if (auto why = left_alone_for_its_role(looked.goal, looked.run)) {
    return reading::skip(std::move(*why));
  }
  if (!cloud::ready_status(instance->status)) {
    looked.facts.set(fact::source_status, instance->status);
    return reading::next(look::upgrade_while_busy);
  }
  looked.facts.forget(fact::source_status);
  const bool target_known = looked.facts.has(fact::target_version);
  return reading::next(target_known ? look::check_status : look::upgrade_status);
}

Reading upgrade_shown_before_check(const Looked& looked) {
  const auto status = read_shown(looked);
  if (!status) return reading::next(look::upgrade_history);
  const auto* task = std::get_if<TaskStatus>(&*status);
  if (task && task->state == TaskState::running) return meet_running_upgrade(looked, *task);
  const bool ended_well = task && task->state == TaskState::success;
  return reading::next(ended_well || shows_nothing(looked) ? look::upgrade_history
                                                           : look::versions);
}

/// A page of the list is enough for a check alone. The outcome of an upgrade that is followed is
/// told by the addresses, which only the look at the instance notes.
Reading upgrade_status_before_check(const Looked& looked) {
  const bool by_page = looked.run.facts.has(fact::listed_at);
  Reading reading = upgrade_shown_before_check(looked);
  if (!by_page) return reading;
  looked.facts.forget(fact::listed_at);
  if (reading.look == look::versions) return reading;
  looked.facts.forget(fact::adopted_upgrade);
  return reading::next(look::instance);
}

Reading upgrade_history_before_check(const Looked& looked) {
  const auto history = cloud::read_upgrade_history(looked.answer);
  if (!history) return not_readable(looked.run, history.unreadable());
  if (auto forbidden = history_forbids(looked, *history)) return *forbidden;
  return reading::next(look::versions);
}

/// The offered spelling is frozen once a run: a newer minor that appears later changes nothing.
Reading choose_target(const Looked& looked) {
  const auto offered = cloud::read_available_versions(looked.answer);
  if (!offered) return not_readable(looked.run, offered.unreadable());
  const std::string_view source = looked.run.facts.get(fact::source_version);
  if (source.empty()) {
    return reading::failed("the instance list does not show it, or not with its version");
  }
  const auto choice = cloud::newest_offered(offered->versions, looked.goal.target_version, source);
  if (const auto* none = std::get_if<cloud::NotOffered>(&choice)) {
    return reading::skip(none->reason);
  }
  looked.facts.set(fact::target_version, std::get<cloud::Offered>(choice).text);
  return reading::next(look::check_status);
}

Reading check_status_before_check(const Looked& looked) {
  const auto status = read_shown(looked);
  if (!status) return not_readable(looked.run, status.unreadable());
  looked.facts.forget(fact::claim);
  looked.facts.forget(fact::report_id);
  looked.facts.forget(fact::checked_between);
  const auto* task = std::get_if<TaskStatus>(&*status);
  if (!task) {
    looked.facts.forget(fact::seen_check);
    return reading::clear();
  }
  if (task->state == TaskState::running) {
    // After a check of ours that did not end in time, this is that one.
    if (looked.run.attempts[0] > 0) return reading::wait("an earlier check is still running");
    return meet_running_check(looked, *task);
  }
  if (!later_second(task->start, looked.event)) {
    return reading::wait(looked.event.cloud ? "the last check has only just begun"
                                            : "the cloud's answers do not tell its time");
  }
  looked.facts.set(fact::seen_check, to_fact(task->start.at));
  return reading::clear();
}

}  // namespace

Look first_look_before_check(const UpgradeGoal& goal, const Run& run, Instant now) {
  constexpr Duration counts_for = std::chrono::minutes{15};
  const auto listed = parse_utc(run.facts.get(fact::listed_at));
  const bool known = listed && *listed <= now && now <= *listed + counts_for &&
                     run.facts.has(fact::source_version);
  const bool skipped = run.facts.has(fact::replaced) || left_alone_for_its_role(goal, run);
  return known && !skipped ? look::upgrade_status : look::instance;
}

void note_listed(Facts& facts, const ListedAs& listed) {
  facts.set(fact::listed_at, format_utc(listed.at));
  facts.set(fact::source_version, listed.version);
  facts.set(fact::source_updated, listed.updated);
}

Reading look_before_check(const Looked& looked) {
  if (looked.run.look == look::instance) return instance_before_check(looked);
  if (looked.run.look == look::upgrade_while_busy) return look_while_busy(looked);
  if (looked.run.look == look::upgrade_status) return upgrade_status_before_check(looked);
  if (looked.run.look == look::upgrade_history) return upgrade_history_before_check(looked);
  if (looked.run.look == look::versions) return choose_target(looked);
  return check_status_before_check(looked);
}

}  // namespace pawl
