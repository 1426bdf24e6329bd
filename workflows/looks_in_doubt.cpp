// The looks in doubt: did the submit whose answer never came take effect?
#include <fmt/core.h>

#include <algorithm>
#include <optional>
#include <string_view>

#include "engine/breakable.h"
#include "workflows/cloud_api.h"
#include "workflows/looks_before.h"
#include "workflows/readings.h"
#include "workflows/upgrade_evidence.h"
#include "workflows/upgrade_looks.h"

namespace pawl {

namespace {

using cloud::TaskStatus;

using reading::again;
using reading::ask;

// What the status showed, for the history's reading. Of an upgrade it decides nothing by itself,
// for it does not tell the cutover.
constexpr std::string_view maybe_shown = "maybe ours";
constexpr std::string_view surely_shown = "ours";

Reading status_in_doubt(const Looked& looked, cloud::Task kind, Look history) {
  const auto status = read_shown(looked);
  if (!status) return not_readable(looked.run, status.unreadable());
  const auto* task = std::get_if<TaskStatus>(&*status);
  const Ours ours = task ? is_ours(*task, looked.run, kind) : Ours::no;
  looked.facts.forget(fact::claim);
  if (ours == Ours::cannot_tell) looked.facts.set(fact::claim, std::string(maybe_shown));
  if (ours == Ours::yes) looked.facts.set(fact::claim, std::string(surely_shown));
  Reading reading = reading::next(history);
  if (ours == Ours::no && kind == cloud::Task::upgrade && task &&
      instant_from_fact(looked.run.facts.get(fact::seen_upgrade)) != task->start.at) {
    // Its clock may be another one than that of the answers.
    reading.sighted = !broken(Guard::sight_kept);
    reading.reason = fmt::format(
        "the status shows an upgrade, begun {}, that it did not show "
        "before",
        format_utc(task->start.at.at));
  }
  if (ours == Ours::no) return reading;
  reading.sighted = true;
  reading.reason =
      fmt::format("the status shows {} {}, begun {}", ours == Ours::yes ? "our" : "what may be our",
                  kind == cloud::Task::check ? "check" : "upgrade", format_utc(task->start.at.at));
  return reading;
}

Reading check_history_in_doubt(const Looked& looked) {
  const auto history = cloud::read_inspection_history(looked.answer);
  if (!history) return not_readable(looked.run, history.unreadable());
  const std::string_view shown = looked.run.facts.get(fact::claim);
  looked.facts.forget(fact::claim);
  if (const auto* report = our_report(*history, looked.run)) {
    looked.facts.set(fact::report_id, report->id);
    return reading::accepted(fmt::format("the history shows report {}, begun {}", report->id,
                                         format_utc(report->checked.at.at)));
  }
  if (shown == surely_shown) return reading::accepted("the status shows a check begun since");
  if (!history->unreadable.empty()) return again(history->unreadable.front().why.text);
  if (shown == maybe_shown) return again("the status shows a check that may be ours");
  return reading::absent("neither status nor history shows the check");
}

Reading upgrade_history_in_doubt(const Looked& looked) {
  const auto history = cloud::read_upgrade_history(looked.answer);
  if (!history) return not_readable(looked.run, history.unreadable());
  const UpgradeTrace trace = trace_of(*history, looked.run, looked.goal.cutover);
  if (trace.ours && began_too_late(*trace.ours, looked.run, looked.rules.settle)) {
    return ask(
        fmt::format("the history shows upgrade {}, begun {}, when nothing that was sent could "
                    "land any more: somebody else has begun it. Once it has ended, `pawl skip` "
                    "leaves the instance to whoever that is",
                    trace.ours->id, format_utc(trace.ours->start.at.at)));
  }
  if (trace.ours) {
    note_entry(looked.facts, *trace.ours);
    looked.facts.forget(fact::claim);
    return reading::accepted(fmt::format("the history shows upgrade {}, begun {}", trace.ours->id,
                                         format_utc(trace.ours->start.at.at)));
  }
  if (!history->unreadable.empty()) return again(history->unreadable.front().why.text);
  if (trace.unseen) {
    return ask(
        fmt::format("the history shows upgrade {}, begun {}, which was not there before "
                    "and does not fit what was asked for, or is not the only one",
                    trace.unseen->id, format_utc(trace.unseen->start.at.at)));
  }
  if (!complete(*history)) return again("the history has more upgrades than one page shows");
  if (looked.run.facts.has(fact::claim)) {
    return again("the status shows an upgrade that may be ours");
  }
  return reading::next(look::instance);
}

/// What may be of the submit is in sight, and decides nothing by itself.
Reading seen(std::string what) {
  Reading reading = again(std::move(what));
  reading.sighted = true;
  return reading;
}

Reading instance_in_doubt(const Looked& looked) {
  const auto page = cloud::read_instances(looked.answer);
  if (!page) return not_readable(looked.run, page.unreadable());
  const cloud::Instance* instance = find_instance(*page, looked.run.instance_id);
  if (!instance) return again("the instance list does not show it");
  const Facts& before = looked.run.facts;
  if (!cloud::ready_status(instance->status)) {
    return again(
        fmt::format("its status is `{}`, so something may be under way", instance->status));
  }
  // Its doing perhaps, which the history will tell of; nothing is sent again after that.
  if (instance->version != before.get(fact::source_version)) {
    return seen(fmt::format("its version was {} before the upgrade was sent and is {}",
                            before.get(fact::source_version), instance->version));
  }
  if (to_fact(instance->private_ips) != before.get(fact::source_addresses)) {
    return seen("its addresses have changed since the upgrade was sent");
  }
  looked.facts.forget(fact::listed);
  looked.facts.forget(fact::listed_source);
  looked.facts.set(fact::renamed, instance->name == looked.run.name ? "" : instance->name);
  return reading::next(look::made_instances);
}

/// Whether `name` is of the family of `ours`: it has it as a whole word, as "orders-1-14.6" has
/// "orders-1" and "orders-12" has not. What an upgrade calls the instance that it makes is
/// documented nowhere.
bool bears(std::string_view name, std::string_view ours) {
  const auto alone = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0; };
  for (std::size_t at = name.find(ours); at != std::string_view::npos;
       at = name.find(ours, at + 1)) {
    const std::size_t end = at + ours.size();
    if ((at == 0 || alone(name[at - 1])) && (end == name.size() || alone(name[end]))) return true;
    if (ours.empty()) return true;
  }
  return false;
}

/// The cloud's clock at the intent, from the attempt's first upgrade on that was not found.
std::optional<CloudNow> since_first_intent(const Run& run) {
  std::optional<CloudNow> since = run.intended;
  const auto first = instant_from_fact(run.facts.get(fact::not_found_since));
  if (since && first && sent_beside(run) > 0) since->earliest = std::min(since->earliest, *first);
  return since;
}

/// What it is called after is documented nowhere either: the name of when the upgrade was sent, or
/// of when it was made.
bool may_be_called_so(std::string_view name, const Run& run) {
  const std::string_view renamed = run.facts.get(fact::renamed);
  return bears(name, run.name) || (!renamed.empty() && bears(name, renamed));
}

/// Nothing of any upgrade of the attempt is in sight. A later one begins from here.
Reading none_in_sight(const Looked& looked) {
  if (looked.run.intended &&
      (sent_beside(looked.run) == 0 || !looked.run.facts.has(fact::not_found_since))) {
    looked.facts.set(fact::not_found_since, to_fact(looked.run.intended->earliest));
  }
  return reading::absent("status, history and list show no trace of the upgrade");
}

/// An upgrade makes an instance. One that may have been created since the intent is a trace,
/// whoever made it, and whatever version it runs: that a copy is upgraded first and listed then is
/// documented nowhere. A search that does not find the source itself has found nothing.
Reading made_instances_in_doubt(const Looked& looked) {
  const auto page = cloud::read_instances(looked.answer);
  if (!page) return not_readable(looked.run, page.unreadable());
  if (!page->unreadable.empty()) return again(page->unreadable.front().why.text);
  const auto since = since_first_intent(looked.run);
  bool found_source = looked.run.facts.has(fact::listed_source);
  for (const cloud::Instance& instance : page->instances) {
    if (instance.id == looked.run.instance_id) {
      looked.facts.set(fact::listed_source, "yes");
      found_source = true;
    }
    if (instance.id == looked.run.instance_id || !may_be_called_so(instance.name, looked.run))
      continue;
    const auto* created = std::get_if<cloud::CloudTime>(&instance.created_at);
    if (created && began_after(*created, since) == Ours::no) continue;
    return seen(fmt::format("instance {} may have been made by it", instance.id));
  }
  const std::int64_t listed =
      listed_of(looked.run.facts) + static_cast<std::int64_t>(page->instances.size());
  if (listed < page->total_count) {
    if (page->instances.empty()) return again("the list of instances ends before its count");
    looked.facts.set(fact::listed, std::to_string(listed));
    return reading::next(look::made_instances);
  }
  looked.facts.forget(fact::listed);
  looked.facts.forget(fact::listed_source);
  if (!found_source) return again("the search for what it made does not find the instance itself");
  return none_in_sight(looked);
}

}  // namespace

Reading look_for_check(const Looked& looked) {
  if (looked.run.look == look::check_status) {
    return status_in_doubt(looked, cloud::Task::check, look::check_history);
  }
  return check_history_in_doubt(looked);
}

Reading look_for_upgrade(const Looked& looked) {
  if (looked.run.look == look::upgrade_status) {
    return status_in_doubt(looked, cloud::Task::upgrade, look::upgrade_history);
  }
  if (looked.run.look == look::upgrade_history) return upgrade_history_in_doubt(looked);
  if (looked.run.look == look::instance) return instance_in_doubt(looked);
  return made_instances_in_doubt(looked);
}

}  // namespace pawl
