// The looks before an intent.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "workflows/cloud_api.h"
#include "workflows/cloud_instances.h"
#include "workflows/cloud_time.h"
#include "workflows/upgrade_evidence.h"
#include "workflows/upgrade_looks.h"

namespace pawl {

namespace {

using cloud::TaskState;
using cloud::TaskStatus;

const Reading clear{Verdict::clear, "", Look::none, {}};

Reading next(Look look) {
  return {Verdict::next, "", look, {}};
}
Reading skip(std::string reason) {
  return {Verdict::skip, std::move(reason), Look::none, {}};
}
Reading wait(std::string reason) {
  return {Verdict::wait, std::move(reason), Look::none, {}};
}

/// The one instance that was asked for, or null; the filter of the list is not trusted.
const cloud::Instance* find(const cloud::InstancePage& page, const std::string& id) {
  const auto found = std::find_if(page.instances.begin(), page.instances.end(),
                                  [&id](const auto& instance) { return instance.id == id; });
  return found == page.instances.end() ? nullptr : &*found;
}

void note_instance(Facts& facts, const cloud::Instance& instance) {
  facts.set(fact::source_version, instance.version);
  facts.set(fact::source_updated, instance.updated);
}

// Before the check.

Reading instance_before_check(const Looked& looked) {
  const auto page = cloud::read_instances(looked.answer);
  if (!page) return not_readable(looked.run, page.unreadable());
  const cloud::Instance* instance = find(*page, looked.run.instance_id);
  const bool target_known = looked.run.facts.has(fact::target_version);
  if (!instance && !page->unreadable.empty()) {
    return wait(fmt::format("the list cannot be read: {}", page->unreadable.front().why.text));
  }
  if (!instance) {
    // The next answer says in the cloud's own words that there is no such instance.
    looked.facts.forget(fact::source_version);
    return next(look::versions);
  }
  if (!instance->engine.empty() && instance->engine != "PostgreSQL") {
    return skip(fmt::format("it is a {} instance, not PostgreSQL", instance->engine));
  }
  if (instance->type == "Replica") {
    return skip("it is a read replica; upgrade its primary, then make the replica anew");
  }
  if (!cloud::ready_status(instance->status)) {
    const std::string words = fmt::format("its status is `{}`", instance->status);
    return cloud::busy_status(instance->status) ? wait(words) : skip(words);
  }
  note_instance(looked.facts, *instance);
  return next(target_known ? look::check_status : look::versions);
}

/// The offered spelling is frozen once a run: a newer minor that appears later changes nothing.
Reading choose_target(const Looked& looked) {
  const auto offered = cloud::read_available_versions(looked.answer);
  if (!offered) return not_readable(looked.run, offered.unreadable());
  const std::string& source = looked.run.facts.get(fact::source_version);
  const auto version = cloud::parse_version(source);
  if (source.empty()) {
    return {Verdict::failed, "the instance list does not show it", Look::none, {}};
  }
  const auto wanted = cloud::parse_version(looked.goal.target_version);
  if (version && wanted && cloud::matches(*version, *wanted)) {
    return skip(fmt::format("already on its target: it runs version {}", source));
  }
  const auto choice = cloud::newest_offered(offered->versions, looked.goal.target_version, source);
  if (const auto* none = std::get_if<cloud::NotOffered>(&choice)) return skip(none->reason);
  looked.facts.set(fact::target_version, std::get<cloud::Offered>(choice).text);
  return next(look::upgrade_status);
}

/// An id that has been replaced keeps its name, tags and version (trap 13, decision 7).
Reading find_replacement(const Looked& looked) {
  const auto history = cloud::read_upgrade_history(looked.answer);
  if (!history) return not_readable(looked.run, history.unreadable());
  if (!history->unreadable.empty()) return wait(history->unreadable.front().why.text);
  const cloud::UpgradeReport* made = replaced_by(*history);
  if (!made) return next(look::check_status);
  looked.facts.set(fact::new_instance_id, made->destination_id);
  const bool on_target = made->destination_version &&
                         cloud::matches(made->destination_version->version, target_of(looked.run));
  return skip(
      fmt::format("{}: an upgrade with cutover has made {} of it",
                  on_target ? "already on its target" : "it has been replaced",
                  made->destination_id.empty() ? "another instance" : made->destination_id));
}

Reading upgrade_status_before_check(const Looked& looked) {
  const auto status = cloud::read_status(looked.answer);
  if (!status) return not_readable(looked.run, status.unreadable());
  const auto* task = std::get_if<TaskStatus>(&*status);
  if (task && task->state == TaskState::running) {
    return {Verdict::ask,
            fmt::format("someone else's upgrade to {} is in progress, begun {}", task->target.text,
                        format_utc(task->start.at.at)),
            Look::none,
            {}};
  }
  return next(task && task->state == TaskState::success ? look::upgrade_history
                                                        : look::check_status);
}

Reading check_status_before_check(const Looked& looked) {
  const auto status = cloud::read_status(looked.answer);
  if (!status) return not_readable(looked.run, status.unreadable());
  looked.facts.forget(fact::claim);
  looked.facts.forget(fact::report_id);
  const auto* task = std::get_if<TaskStatus>(&*status);
  if (!task) {
    looked.facts.forget(fact::seen_check);
    return clear;
  }
  if (task->state == TaskState::running) {
    // After a check of ours that did not end in time, this is that one.
    if (looked.run.attempts[0] > 0) return wait("an earlier check is still running");
    return {Verdict::ask,
            fmt::format("someone else's check for {} is in progress, begun {}", task->target.text,
                        format_utc(task->start.at.at)),
            Look::none,
            {}};
  }
  if (!later_second(task->start, looked.event)) return wait("the last check has only just begun");
  looked.facts.set(fact::seen_check, to_fact(task->start.at));
  return clear;
}

// Before the upgrade.

/// A change of `updated` tells of a change of the instance, unless it is the check's own trace.
bool changed_since_check(const Run& run, const cloud::Instance& instance) {
  if (instance.updated == run.facts.get(fact::source_updated)) return false;
  const std::vector<std::string> window = words_from_fact(run.facts.get(fact::checked_between));
  const auto updated = cloud::parse_cloud_time(instance.updated);
  if (window.size() != 2 || !updated || !updated->offset_given) return true;
  const auto from = instant_from_fact(window[0]);
  const auto until = instant_from_fact(window[1]);
  constexpr Duration grain{1'000};
  return !from || !until || updated->at < *from - grain || updated->at > *until;
}

Reading instance_before_upgrade(const Looked& looked) {
  const auto page = cloud::read_instances(looked.answer);
  if (!page) return not_readable(looked.run, page.unreadable());
  const cloud::Instance* instance = find(*page, looked.run.instance_id);
  if (!instance) return wait("the instance list does not show it");
  if (!cloud::ready_status(instance->status)) {
    std::string words = fmt::format("its status is `{}`", instance->status);
    if (cloud::busy_status(instance->status)) return wait(std::move(words));
    return {Verdict::failed, std::move(words), Look::none, {}};
  }
  const std::string& checked = looked.run.facts.get(fact::source_version);
  if (instance->version != checked) {
    return {Verdict::stale,
            fmt::format("its version was {} at the check and is {}", checked, instance->version),
            Look::none,
            {}};
  }
  if (changed_since_check(looked.run, *instance)) {
    return {Verdict::stale,
            fmt::format("it was changed after its check, at {}", instance->updated),
            Look::none,
            {}};
  }
  looked.facts.set(fact::source_addresses, to_fact(instance->private_ips));
  return next(look::upgrade_status);
}

Reading upgrade_status_before_upgrade(const Looked& looked) {
  const auto status = cloud::read_status(looked.answer);
  if (!status) return not_readable(looked.run, status.unreadable());
  looked.facts.forget(fact::seen_upgrade);
  looked.facts.forget(fact::seen_history);
  looked.facts.forget(fact::upgrade_id);
  const auto* task = std::get_if<TaskStatus>(&*status);
  if (!task) return clear;
  if (task->state == TaskState::running) {
    return {Verdict::ask,
            fmt::format("an upgrade to {} that is not known to be ours is in progress, begun {}",
                        task->target.text, format_utc(task->start.at.at)),
            Look::none,
            {}};
  }
  if (!later_second(task->start, looked.event)) return wait("the last upgrade has only just begun");
  looked.facts.set(fact::seen_upgrade, to_fact(task->start.at));
  return next(look::upgrade_history);
}

/// Everything in the history now is not ours; a cutover in it has replaced the instance.
Reading upgrade_history_before_upgrade(const Looked& looked) {
  const auto history = cloud::read_upgrade_history(looked.answer);
  if (!history) return not_readable(looked.run, history.unreadable());
  std::vector<std::string> ids;
  for (const cloud::UpgradeReport& entry : history->entries) {
    if (entry.state == TaskState::running) {
      return {Verdict::ask,
              fmt::format("the history shows an upgrade in progress that is not known to be ours: "
                          "{}, begun {}",
                          entry.id, format_utc(entry.start.at.at)),
              Look::none,
              {}};
    }
    ids.push_back(entry.id);
  }
  looked.facts.set(fact::seen_history, to_fact(ids));
  const Reading found = find_replacement(looked);
  return found.verdict == Verdict::next ? clear : found;
}

}  // namespace

Reading look_before_check(const Looked& looked) {
  if (looked.run.look == look::instance) return instance_before_check(looked);
  if (looked.run.look == look::versions) return choose_target(looked);
  if (looked.run.look == look::upgrade_status) return upgrade_status_before_check(looked);
  if (looked.run.look == look::upgrade_history) return find_replacement(looked);
  return check_status_before_check(looked);
}

Reading look_before_upgrade(const Looked& looked) {
  if (looked.run.look == look::instance) return instance_before_upgrade(looked);
  if (looked.run.look == look::upgrade_status) return upgrade_status_before_upgrade(looked);
  return upgrade_history_before_upgrade(looked);
}

}  // namespace pawl
