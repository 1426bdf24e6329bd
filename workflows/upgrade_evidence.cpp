#include "workflows/upgrade_evidence.h"

#include <algorithm>

#include "engine/result.h"
#include "workflows/upgrade_facts.h"

namespace pawl {

namespace {

constexpr Duration grain{1'000};  // the cloud tells starts in whole seconds

}  // namespace

Ours began_after(const cloud::CloudTime& start, const std::optional<CloudNow>& intended) {
  if (!start.offset_given || !intended) return Ours::cannot_tell;
  if (start.at + grain <= intended->earliest) return Ours::no;
  return start.at >= intended->latest ? Ours::yes : Ours::cannot_tell;
}

cloud::Version target_of(const Run& run) {
  const auto target = cloud::parse_version(run.facts.get(fact::target_version));
  check(target.has_value(), "a run's target is frozen before it is looked for");
  return *target;
}

Ours is_ours(const cloud::TaskStatus& task, const Run& run, FactKey seen) {
  if (!matches(task.target.version, target_of(run))) return Ours::no;
  if (instant_from_fact(run.facts.get(seen)) == task.start.at) return Ours::no;
  return began_after(task.start, run.intended);
}

bool later_second(const cloud::CloudTime& start, const Event& event) {
  return event.cloud && event.cloud->earliest >= start.at + grain;
}

const cloud::UpgradeReport* our_entry(const cloud::History<cloud::UpgradeReport>& history,
                                      const Run& run, cloud::Cutover cutover) {
  const std::string& known = run.facts.get(fact::upgrade_id);
  const std::vector<std::string> before = words_from_fact(run.facts.get(fact::seen_history));
  const cloud::UpgradeReport* found = nullptr;
  for (const cloud::UpgradeReport& entry : history.entries) {
    if (!known.empty()) {
      if (entry.id == known) return &entry;
      continue;
    }
    if (std::find(before.begin(), before.end(), entry.id) != before.end()) continue;
    if (entry.destination_version && !matches(entry.destination_version->version, target_of(run))) {
      continue;
    }
    if (entry.cutover && *entry.cutover != (cutover == cloud::Cutover::yes)) continue;
    if (began_after(entry.start, run.intended) == Ours::no) continue;
    if (found) return nullptr;
    found = &entry;
  }
  return found;
}

const cloud::UpgradeReport* replaced_by(const cloud::History<cloud::UpgradeReport>& history) {
  for (const cloud::UpgradeReport& entry : history.entries) {
    if (entry.state == cloud::TaskState::success && entry.cutover == true) return &entry;
  }
  return nullptr;
}

void note_entry(Facts& facts, const cloud::UpgradeReport& entry) {
  facts.set(fact::upgrade_id, entry.id);
  if (!entry.destination_id.empty()) facts.set(fact::new_instance_id, entry.destination_id);
}

std::optional<CloudInstant> certain_time(const cloud::OptionalTime& time) {
  const auto* given = std::get_if<cloud::CloudTime>(&time);
  return given && given->offset_given ? std::optional(given->at) : std::nullopt;
}

// Kept as "success", "success <expiry>" or "failed <detail>".
void note_claim(Facts& facts, const cloud::TaskStatus& task) {
  const auto expires = certain_time(task.expires);
  std::string claim = task.state == cloud::TaskState::success ? "success" : "failed " + task.detail;
  if (task.state == cloud::TaskState::success && expires) claim += ' ' + to_fact(*expires);
  facts.set(fact::claim, std::move(claim));
}

std::optional<Claim> claim_of(const Run& run) {
  const std::string& text = run.facts.get(fact::claim);
  if (text.starts_with("failed ")) return Claim{false, std::nullopt, text.substr(7)};
  if (!text.starts_with("success")) return std::nullopt;
  return Claim{true, text.size() > 8 ? instant_from_fact(text.substr(8)) : std::nullopt, {}};
}

}  // namespace pawl
