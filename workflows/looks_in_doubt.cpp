// The looks in doubt: did the submit whose answer never came take effect?
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "workflows/cloud_api.h"
#include "workflows/cloud_instances.h"
#include "workflows/upgrade_evidence.h"
#include "workflows/upgrade_looks.h"

namespace pawl {

namespace {

using cloud::TaskState;
using cloud::TaskStatus;

Reading next(Look look) {
  return {Verdict::next, "", look, {}};
}
Reading again(std::string reason) {
  return {Verdict::again, std::move(reason), Look::none, {}};
}
Reading adopted(std::string evidence) {
  return {Verdict::accepted, std::move(evidence), Look::none, {}};
}
Reading absent(std::string evidence) {
  return {Verdict::absent, std::move(evidence), Look::none, {}};
}
Reading ask(std::string reason) {
  return {Verdict::ask, std::move(reason), Look::none, {}};
}

// In doubt a status alone decides nothing: it is noted that it shows what may be ours.
const char* const maybe = "maybe ours";

bool may_be_shown(const Looked& looked) {
  return looked.run.facts.has(fact::claim);
}

void note_shown(Facts& facts, bool may_be_ours) {
  facts.set(fact::claim, may_be_ours ? maybe : "");
}

/// The report that our check made: for our target and not begun before the intent. More than one
/// tells the same about the instance, so the newest counts.
const cloud::InspectionReport* our_report(const cloud::History<cloud::InspectionReport>& history,
                                          const Run& run) {
  const auto seen = instant_from_fact(run.facts.get(fact::seen_check));
  const cloud::InspectionReport* found = nullptr;
  for (const cloud::InspectionReport& report : history.entries) {
    if (!matches(report.target.version, target_of(run)) || seen == report.checked.at) continue;
    if (began_after(report.checked, run.intended) == Ours::no) continue;
    if (!found || report.checked.at > found->checked.at) found = &report;
  }
  return found;
}

Reading status_in_doubt(const Looked& looked, FactKey seen, Look history) {
  const auto status = cloud::read_status(looked.answer);
  if (!status) return not_readable(looked.run, status.unreadable());
  const auto* task = std::get_if<TaskStatus>(&*status);
  note_shown(looked.facts, task && is_ours(*task, looked.run, seen) != Ours::no);
  return next(history);
}

Reading check_history_in_doubt(const Looked& looked) {
  const auto history = cloud::read_inspection_history(looked.answer);
  if (!history) return not_readable(looked.run, history.unreadable());
  if (const auto* report = our_report(*history, looked.run)) {
    looked.facts.set(fact::report_id, report->id);
    looked.facts.forget(fact::claim);
    return adopted(fmt::format("the history shows report {}, begun {}", report->id,
                               format_utc(report->checked.at.at)));
  }
  if (!history->unreadable.empty()) return again(history->unreadable.front().why.text);
  if (may_be_shown(looked)) return again("the status shows a check that may be ours");
  return absent("neither status nor history shows the check");
}

Reading upgrade_history_in_doubt(const Looked& looked) {
  const auto history = cloud::read_upgrade_history(looked.answer);
  if (!history) return not_readable(looked.run, history.unreadable());
  if (const auto* entry = our_entry(*history, looked.run, looked.goal.cutover)) {
    note_entry(looked.facts, *entry);
    looked.facts.forget(fact::claim);
    return adopted(fmt::format("the history shows upgrade {}, begun {}", entry->id,
                               format_utc(entry->start.at.at)));
  }
  if (!history->unreadable.empty()) return again(history->unreadable.front().why.text);
  const auto before = words_from_fact(looked.run.facts.get(fact::seen_history));
  for (const cloud::UpgradeReport& entry : history->entries) {
    const bool known = std::find(before.begin(), before.end(), entry.id) != before.end();
    if (!known && began_after(entry.start, looked.run.intended) != Ours::no) {
      return ask(
          fmt::format("the history shows upgrade {}, begun {}, which may be ours and does "
                      "not fit what was asked for, or is not the only one",
                      entry.id, format_utc(entry.start.at.at)));
    }
  }
  if (may_be_shown(looked)) return again("the status shows an upgrade that may be ours");
  return next(look::instance);
}

Reading instance_in_doubt(const Looked& looked) {
  const auto page = cloud::read_instances(looked.answer);
  if (!page) return not_readable(looked.run, page.unreadable());
  for (const cloud::Instance& instance : page->instances) {
    if (instance.id != looked.run.instance_id) continue;
    if (!cloud::ready_status(instance.status)) {
      return again(
          fmt::format("its status is `{}`, so something may be under way", instance.status));
    }
    if (instance.version != looked.run.facts.get(fact::source_version)) {
      return ask(fmt::format("its version was {} before the upgrade was sent and is {}",
                             looked.run.facts.get(fact::source_version), instance.version));
    }
    if (to_fact(instance.private_ips) != looked.run.facts.get(fact::source_addresses)) {
      return ask("its addresses have changed since the upgrade was sent");
    }
    return next(look::made_instances);
  }
  return again("the instance list does not show it");
}

/// An upgrade makes an instance. One that was created since the intent and runs the target's
/// version is a trace, whoever made it; so is one that cannot be dated.
Reading made_instances_in_doubt(const Looked& looked) {
  const auto page = cloud::read_instances(looked.answer);
  if (!page) return not_readable(looked.run, page.unreadable());
  if (!page->unreadable.empty()) return again(page->unreadable.front().why.text);
  if (page->total_count > static_cast<std::int64_t>(page->instances.size())) {
    return again("more instances bear its name than one page of the list shows");
  }
  for (const cloud::Instance& instance : page->instances) {
    if (instance.id == looked.run.instance_id) continue;
    const auto version = cloud::parse_version(instance.version);
    if (version && version->major() != target_of(looked.run).major()) continue;
    const auto* created = std::get_if<cloud::CloudTime>(&instance.created_at);
    if (created && began_after(*created, looked.run.intended) == Ours::no) continue;
    return again(fmt::format("instance {} may have been made by it", instance.id));
  }
  return absent("status, history and list show no trace of the upgrade");
}

}  // namespace

Reading look_for_check(const Looked& looked) {
  if (looked.run.look == look::check_status) {
    return status_in_doubt(looked, fact::seen_check, look::check_history);
  }
  return check_history_in_doubt(looked);
}

Reading look_for_upgrade(const Looked& looked) {
  if (looked.run.look == look::upgrade_status) {
    return status_in_doubt(looked, fact::seen_upgrade, look::upgrade_history);
  }
  if (looked.run.look == look::upgrade_history) return upgrade_history_in_doubt(looked);
  if (looked.run.look == look::instance) return instance_in_doubt(looked);
  return made_instances_in_doubt(looked);
}

}  // namespace pawl
