#include "workflows/upgrade_evidence.h"

#include <algorithm>

#include "engine/breakable.h"
#include "engine/result.h"
#include "workflows/upgrade_facts.h"
#include "workflows/upgrade_steps.h"

namespace pawl {

namespace {

constexpr Duration grain{1'000};  // the cloud tells starts in whole seconds

/// The start of what the run has adopted.
std::optional<CloudInstant> adopted_start(const Run& run, cloud::Task task) {
  const bool check = task == cloud::Task::check;
  const auto words =
      words_from_fact(run.facts.get(check ? fact::adopted_check : fact::adopted_upgrade));
  return words.empty() ? std::nullopt : instant_from_fact(words.front());
}

bool is_wanted(const cloud::UpgradeReport& entry, const Run& run, cloud::Cutover cutover) {
  if (made_it(entry, run.instance_id)) return false;
  if (entry.destination_version && !matches(entry.destination_version->version, target_of(run))) {
    return false;
  }
  return !entry.cutover || *entry.cutover == (cutover == cloud::Cutover::yes);
}

}  // namespace

bool began_too_late(const cloud::UpgradeReport& entry, const Run& run, Duration settle) {
  if (broken(Guard::never_anothers)) return false;
  const auto over =
      run.sender_gone ? run.sender_gone : instant_from_fact(run.facts.get(fact::answered));
  return run.intended && over && entry.start.offset_given && entry.start.at > *over + settle;
}

Ours began_after(const cloud::CloudTime& start, const std::optional<CloudNow>& intended) {
  if (broken(Guard::never_anothers)) return Ours::yes;
  if (!start.offset_given || !intended) return Ours::cannot_tell;
  if (start.at + grain <= intended->earliest) return Ours::no;
  return start.at >= intended->latest ? Ours::yes : Ours::cannot_tell;
}

cloud::Version target_of(const Run& run) {
  const auto target = cloud::parse_version(run.facts.get(fact::target_version));
  check(target.has_value(), "a run's target is frozen before it is looked for");
  return *target;
}

Ours is_ours(const cloud::TaskStatus& status, const Run& run, cloud::Task task) {
  if (!matches(status.target.version, target_of(run))) return Ours::no;
  if (const auto adopted = adopted_start(run, task)) {
    return status.start.at == *adopted ? Ours::yes : Ours::no;
  }
  const FactKey seen = task == cloud::Task::check ? fact::seen_check : fact::seen_upgrade;
  if (instant_from_fact(run.facts.get(seen)) == status.start.at) return Ours::no;
  return began_after(status.start, run.intended);
}

bool later_second(const cloud::CloudTime& start, const Event& event) {
  return event.cloud && (!start.offset_given || event.cloud->earliest >= start.at + grain);
}

std::vector<const cloud::InspectionReport*> possible_reports(
    const cloud::History<cloud::InspectionReport>& history, const Run& run) {
  const auto adopted = adopted_start(run, cloud::Task::check);
  const auto seen = instant_from_fact(run.facts.get(fact::seen_check));
  std::vector<const cloud::InspectionReport*> found;
  for (const cloud::InspectionReport& report : history.entries) {
    if (!matches(report.target.version, target_of(run)) || seen == report.checked.at) continue;
    const bool may_be = adopted ? report.checked.at == *adopted
                                : began_after(report.checked, run.intended) != Ours::no;
    if (may_be) found.push_back(&report);
  }
  return found;
}

const cloud::InspectionReport* our_report(const cloud::History<cloud::InspectionReport>& history,
                                          const Run& run) {
  const std::string_view known = run.facts.get(fact::report_id);
  if (!known.empty()) {
    const auto named =
        std::find_if(history.entries.begin(), history.entries.end(),
                     [known](const cloud::InspectionReport& report) { return report.id == known; });
    return named == history.entries.end() ? nullptr : &*named;
  }
  const auto possible = possible_reports(history, run);
  const auto newest = std::max_element(
      possible.begin(), possible.end(),
      [](const auto* one, const auto* other) { return one->checked.at < other->checked.at; });
  return newest == possible.end() ? nullptr : *newest;
}

bool may_still_show(const Run& run) {
  return run.sends[upgrade_step::upgrade] > 0 && !broken(Guard::late_told);
}

int sent_beside(const Run& run) {
  return run.sends[upgrade_step::upgrade] - (run.intended ? 1 : 0);
}

bool was_there_before(const cloud::UpgradeReport& entry, const Run& run) {
  const std::vector<std::string> before = words_from_fact(run.facts.get(fact::seen_history));
  return std::find(before.begin(), before.end(), entry.id) != before.end() ||
         made_it(entry, run.instance_id) ||
         entry.start.at == instant_from_fact(run.facts.get(fact::seen_upgrade));
}

const cloud::UpgradeReport* late_entry(const cloud::History<cloud::UpgradeReport>& history,
                                       const Run& run, const cloud::UpgradeReport* besides) {
  if (!may_still_show(run)) return nullptr;
  for (const cloud::UpgradeReport& entry : history.entries) {
    if (&entry != besides && !was_there_before(entry, run)) return &entry;
  }
  return nullptr;
}

UpgradeTrace trace_of(const cloud::History<cloud::UpgradeReport>& history, const Run& run,
                      cloud::Cutover cutover) {
  std::string_view known = run.facts.get(fact::upgrade_id);
  const bool contradicted = std::any_of(
      history.entries.begin(), history.entries.end(), [&](const cloud::UpgradeReport& entry) {
        return entry.id == known && !is_wanted(entry, run, cutover);
      });
  if (contradicted && run.intended) known = {};  // it was not ours after all
  const std::string_view job = run.facts.get(fact::job_id);
  std::vector<const cloud::UpgradeReport*> unseen, candidates;
  UpgradeTrace trace;
  for (const cloud::UpgradeReport& entry : history.entries) {
    if (was_there_before(entry, run)) continue;
    unseen.push_back(&entry);
    const bool of_job = !job.empty() && entry.id == job;
    const bool named = of_job || (!known.empty() && entry.id == known);
    const bool may_be = named || began_after(entry.start, run.intended) != Ours::no;
    if (!may_be || !is_wanted(entry, run, cutover)) continue;
    candidates.push_back(&entry);
    if (!named || trace.by_job) continue;
    trace.ours = &entry;
    trace.by_job = of_job;
  }
  trace.alone = !trace.ours && known.empty() && candidates.size() == 1;
  if (trace.alone) trace.ours = candidates.front();
  for (const cloud::UpgradeReport* entry : candidates) {
    if (entry != trace.ours && !trace.rival) trace.rival = entry;
  }
  for (const cloud::UpgradeReport* entry : unseen) {
    if (entry == trace.ours) continue;
    if (!trace.unseen) trace.unseen = entry;
    const bool since = began_after(entry->start, run.intended) != Ours::no;
    if (since && !trace.begun_since) trace.begun_since = entry;
  }
  return trace;
}

bool made_it(const cloud::UpgradeReport& entry, const std::string& instance_id) {
  return entry.destination_id == instance_id && entry.source_id != instance_id;
}

void note_entry(Facts& facts, const cloud::UpgradeReport& entry) {
  if (facts.get(fact::upgrade_id) != entry.id) facts.forget(fact::new_instance_id);
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
  facts.set(fact::claim, claim);
}

std::optional<Claim> claim_of(const Run& run) {
  const std::string_view text = run.facts.get(fact::claim);
  if (text.starts_with("failed ")) return Claim{false, std::nullopt, std::string(text.substr(7))};
  if (!text.starts_with("success")) return std::nullopt;
  return Claim{true, text.size() > 8 ? instant_from_fact(text.substr(8)) : std::nullopt, {}};
}

}  // namespace pawl
