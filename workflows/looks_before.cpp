#include "workflows/looks_before.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "workflows/cloud_api.h"
#include "workflows/looks_at_foreign.h"
#include "workflows/readings.h"
#include "workflows/upgrade_evidence.h"

namespace pawl {

namespace {

using cloud::TaskState;

/// A success with cutover has replaced the instance. `is_private_ip_changed` echoes the wish
/// (trap 15); only the time at which the addresses moved tells that they did.
Reading replaced_by(const Looked& looked, const cloud::UpgradeReport& entry) {
  looked.facts.set(fact::new_instance_id, entry.destination_id);
  const std::string made = entry.destination_id.empty() ? "another instance" : entry.destination_id;
  if (!std::holds_alternative<cloud::CloudTime>(entry.cutover_at)) {
    return reading::skip(
        fmt::format("{} {} of it, and the history does not say whether the addresses have moved; "
                    "look at both",
                    replaced_words, made));
  }
  const auto wanted = cloud::parse_version(looked.goal.target_version);
  const bool on_target = wanted && entry.destination_version &&
                         cloud::matches(entry.destination_version->version, *wanted);
  return reading::skip(fmt::format("{}: {} {} of it",
                                   on_target ? "already on its target" : "it has been replaced",
                                   replaced_words, made));
}

/// One that was sent before may come to show long after it was looked for.
std::optional<Reading> may_be_late(const Looked& looked,
                                   const cloud::History<cloud::UpgradeReport>& history) {
  const cloud::UpgradeReport* late = late_entry(history, looked.run);
  if (!late) return std::nullopt;
  return ask_of_late(*late);
}

}  // namespace

Reading ask_of_late(const cloud::UpgradeReport& entry) {
  return reading::ask(
      fmt::format("the history shows upgrade {}, begun {}, which was not there before one was "
                  "sent, and may be that one, come late: look at it, and `pawl skip` leaves the "
                  "instance as it is",
                  entry.id, format_utc(entry.start.at.at)));
}

const cloud::Instance* find_instance(const cloud::InstancePage& page, std::string_view id) {
  const auto found = std::find_if(page.instances.begin(), page.instances.end(),
                                  [&id](const auto& instance) { return instance.id == id; });
  return found == page.instances.end() ? nullptr : &*found;
}

void note_surroundings(Facts& facts, const cloud::Instance& instance) {
  std::vector<std::string> replicas;
  for (const cloud::RelatedInstance& related : instance.related) {
    if (related.type == "replica") replicas.push_back(related.id);
  }
  facts.set(fact::source_addresses, to_fact(instance.private_ips));
  facts.set(fact::replicas, to_fact(replicas));
  facts.set(fact::prepaid, instance.charge_mode == "prePaid" ? instance.charge_mode : "");
}

std::optional<Reading> history_forbids(const Looked& looked,
                                       const cloud::History<cloud::UpgradeReport>& history) {
  if (auto met = meet_running_upgrade(looked, history)) return met;
  if (auto late = may_be_late(looked, history)) return late;
  for (const cloud::UpgradeReport& entry : history.entries) {
    if (made_it(entry, looked.run.instance_id)) continue;
    const bool moved = std::holds_alternative<cloud::CloudTime>(entry.cutover_at);
    if (entry.state == TaskState::failed && entry.cutover != false && moved) {
      return reading::ask(
          fmt::format("the history shows that upgrade {} failed after the addresses had moved, so "
                      "the instance may have been replaced",
                      entry.id));
    }
    if (entry.state != TaskState::success) continue;
    if (entry.cutover == true || (!entry.cutover && moved)) return replaced_by(looked, entry);
    if (!entry.cutover) {
      return reading::ask(
          fmt::format("the history shows that upgrade {} succeeded and does not say whether it was "
                      "with cutover, so the instance may have been replaced",
                      entry.id));
    }
  }
  if (!history.unreadable.empty()) return reading::wait(history.unreadable.front().why.text);
  if (!complete(history)) return reading::ask("it has more upgrades behind it than one page shows");
  return std::nullopt;
}

Reading look_while_busy(const Looked& looked) {
  const auto status = read_shown(looked);
  const auto* task = status ? std::get_if<cloud::TaskStatus>(&*status) : nullptr;
  if (task && task->state == TaskState::running) return meet_running_upgrade(looked, *task);
  return reading::wait(
      fmt::format("its status is `{}`", looked.run.facts.get(fact::source_status)));
}

}  // namespace pawl
