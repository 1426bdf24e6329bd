#include "workflows/looks_at_foreign.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "workflows/cloud_api.h"
#include "workflows/cloud_time.h"
#include "workflows/looks_before.h"
#include "workflows/readings.h"
#include "workflows/upgrade_evidence.h"
#include "workflows/upgrade_steps.h"

namespace pawl {

namespace {

using cloud::TaskState;

/// How long the way from the check to the upgrade may take an adopting run; beyond it, it looks
/// anew.
constexpr Duration adoption_counts = std::chrono::hours{24};

bool is_target(const cloud::Version& version, const UpgradeGoal& goal) {
  const auto wanted = cloud::parse_version(goal.target_version);
  return wanted && cloud::matches(version, *wanted);
}

/// One was sent before, in this attempt or an earlier one: what runs now may be that one, come
/// late.
bool may_be_own(const Run& run) {
  return run.attempts[upgrade_step::upgrade] > 0;
}

/// What the plan says where nothing is to be adopted.
std::optional<Reading> turned_away(const Looked& looked, const std::string& words) {
  switch (looked.goal.on_foreign) {
    case OnForeign::stop:
      return reading::ask(words);
    case OnForeign::skip:
      if (may_be_own(looked.run)) {
        return reading::ask(words + ", and it may be the one that was sent before");
      }
      return reading::skip(words);
    case OnForeign::adopt:
      break;
  }
  return std::nullopt;
}

std::string words_of_foreign(const cloud::UpgradeReport& entry) {
  return fmt::format(
      "the history shows an upgrade in progress that is not known to be ours: {}, "
      "begun {}",
      entry.id, format_utc(entry.start.at.at));
}

/// Why the running `entry` cannot be followed as if it were ours; empty where it can.
std::string_view hindrance(const Looked& looked, const cloud::UpgradeReport& entry,
                           CloudInstant start_in_status) {
  const UpgradeGoal& goal = looked.goal;
  const bool cutover = goal.cutover == cloud::Cutover::yes;
  if (entry.start.at != start_in_status) return "the status shows another one";
  if (entry.destination_version && !is_target(entry.destination_version->version, goal)) {
    return "its target is another one than the plan's";
  }
  if (entry.cutover && *entry.cutover != cutover) {
    return cutover ? "it is without cutover, which the plan asks for"
                   : "it is with cutover, which the plan does not ask for";
  }
  if (!std::holds_alternative<cloud::NotGiven>(entry.cutover_at)) {
    return "the addresses have moved already, so its outcome could not be told";
  }
  return {};
}

/// Whether `version` says all that `wanted` does: a bare 14 may be any of its minors.
bool says_all_of(const cloud::Version& version, const cloud::Version& wanted) {
  return version.count >= wanted.count && cloud::matches(version, wanted);
}

/// What the run is judged by from now on: the status's text, or the plan's where that says more.
std::string adopted_target(const Looked& looked, const std::string& shown) {
  const auto version = cloud::parse_version(shown);
  const auto wanted = cloud::parse_version(looked.goal.target_version);
  const bool says_all = version && wanted && says_all_of(*version, *wanted);
  return says_all ? shown : looked.goal.target_version;
}

Reading adopt(const Looked& looked, const cloud::History<cloud::UpgradeReport>& history,
              const cloud::UpgradeReport& entry, const std::string& target) {
  if (const auto* late = late_entry(history, looked.run, &entry)) return ask_of_late(*late);
  std::vector<std::string> others;
  for (const cloud::UpgradeReport& other : history.entries) {
    if (&other != &entry) others.push_back(other.id);
  }
  looked.facts.set(fact::target_version, adopted_target(looked, target));
  looked.facts.set(fact::seen_history, to_fact(others));
  looked.facts.forget(fact::seen_upgrade);
  looked.facts.forget(fact::job_id);
  looked.facts.forget(fact::answered);
  looked.facts.forget(fact::claim);
  looked.facts.forget(fact::new_instance_id);
  note_entry(looked.facts, entry);
  return reading::accepted(fmt::format("someone else's upgrade {}, begun {}, is followed as ours",
                                       entry.id, format_utc(entry.start.at.at)));
}

}  // namespace

Reading meet_running_upgrade(const Looked& looked, const cloud::TaskStatus& upgrade) {
  const std::string words =
      fmt::format("an upgrade to {} that is not known to be ours is in progress, begun {}",
                  upgrade.target.text, format_utc(upgrade.start.at.at));
  if (auto away = turned_away(looked, words)) return *away;
  if (!is_target(upgrade.target.version, looked.goal)) {
    return reading::ask(words + "; its target is another one than the plan's");
  }
  looked.facts.forget(fact::upgrade_id);
  looked.facts.set(fact::adopted_upgrade,
                   to_fact({to_fact(upgrade.start.at), upgrade.target.text}));
  return reading::next(look::upgrade_history);
}

std::optional<Reading> meet_running_upgrade(const Looked& looked,
                                            const cloud::History<cloud::UpgradeReport>& history) {
  std::vector<const cloud::UpgradeReport*> running;
  for (const cloud::UpgradeReport& entry : history.entries) {
    const bool own = made_it(entry, looked.run.instance_id);
    if (entry.state == TaskState::running && !own) running.push_back(&entry);
  }
  const auto in_status = words_from_fact(looked.run.facts.get(fact::adopted_upgrade));
  const auto start = in_status.empty() ? std::nullopt : instant_from_fact(in_status.front());
  if (running.empty()) {
    if (!start) return std::nullopt;
    return reading::wait("the history does not show the upgrade in progress yet");
  }
  std::string words = words_of_foreign(*running.front());
  if (auto away = turned_away(looked, words)) return away;
  if (running.size() > 1) return reading::ask(words + ", and it is not the only one");
  if (!start || in_status.size() != 2) return reading::wait(words + "; the status does not");
  if (const auto why = hindrance(looked, *running.front(), *start); !why.empty()) {
    return reading::ask(fmt::format("{}; {}", words, why));
  }
  return adopt(looked, history, *running.front(), in_status[1]);
}

Reading meet_running_check(const Looked& looked, const cloud::TaskStatus& check) {
  const std::string words = fmt::format("someone else's check for {} is in progress, begun {}",
                                        check.target.text, format_utc(check.start.at.at));
  if (auto away = turned_away(looked, words)) return *away;
  // Its proof must be for the very version that will be sent (law 2).
  if (!matches(check.target.version, target_of(looked.run))) {
    return reading::ask(words + "; its target is another one than the plan's");
  }
  if (!says_all_of(check.target.version, target_of(looked.run))) {
    return reading::wait(words + ", and whether it is for our version it does not say");
  }
  // The version that will be upgraded has been read since that check began; it must have been the
  // same then.
  constexpr Duration grain{1'000};
  const auto updated = cloud::parse_cloud_time(looked.run.facts.get(fact::source_updated));
  const bool comparable = updated && updated->offset_given && check.start.offset_given;
  if (!comparable || updated->at + grain > check.start.at) {
    return reading::wait(words + ", and the instance may have been changed since");
  }
  looked.facts.forget(fact::seen_check);
  looked.facts.set(fact::adopted_check, to_fact(check.start.at));
  return reading::accepted(words + ", and is followed as ours");
}

bool has_adopted_upgrade(const Run& run) {
  return run.facts.has(fact::adopted_upgrade) && run.facts.has(fact::upgrade_id);
}

Reading pass_without_check(const Looked& looked) {
  if (!looked.event.cloud) return reading::again("the cloud's clock is not known");
  return {Verdict::passed, "an upgrade in progress needs no check", Look::none,
          looked.event.cloud->latest + looked.rules.margin + adoption_counts};
}

}  // namespace pawl
