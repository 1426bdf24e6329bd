#include "cli/planning.h"

#include <fmt/core.h>

#include <array>
#include <unordered_map>
#include <utility>

#include "cli/rollout_start.h"
#include "cli/run_facts.h"
#include "storage/levers.h"
#include "workflows/versions.h"

namespace pawl {

namespace {

constexpr std::size_t versions_asked_max = 20;

/// The waves' members, as a start would freeze them.
std::vector<std::int64_t> totals_of(const Plan& plan, std::span<const PlannedInstance> instances) {
  std::vector<std::int64_t> totals(plan.waves.size());
  for (const PlannedInstance& instance : instances)
    ++totals[instance.member.wave];
  return totals;
}

}  // namespace

std::string_view to_string(Fate fate) {
  constexpr std::array<std::string_view, 3> words{"upgrade", "skip", "fail"};
  return words[static_cast<std::size_t>(fate)];
}

Result<Known> known_of(const Plan& plan, std::span<const Member> members, Database* database) {
  Known known;
  if (database == nullptr) return known;
  AuditReader audit(*database);
  auto latest = audit.latest_of(plan.name);
  if (!latest) return latest.error();
  if (*latest && !(*latest)->finished) known.unfinished = (*latest)->record.id;
  if (Outcome free = free_of_rollouts(audit, members, known.unfinished); !free) return free.error();
  auto frozen = store_frozen(*database);
  if (!frozen) return frozen.error();
  known.frozen = *frozen;
  auto took = steps_took(*database);
  if (!took) return took.error();
  known.took = std::move(*took);
  auto past = past_of(*database, plan);
  if (!past) return past.error();
  known.past = std::move(*past);
  auto rehearsal = rehearsal_of(*database, plan, known.past, members);
  if (!rehearsal) return rehearsal.error();
  known.rehearsal = std::move(*rehearsal);
  return known;
}

std::vector<PlannedInstance> fates_of(const Plan& plan, std::span<const Member> members,
                                      std::span<const Candidate> fleet, const Known& known) {
  std::vector<PlannedInstance> planned;
  planned.reserve(members.size());
  for (const Member& member : members) {
    PlannedInstance instance{member, Fate::upgrade, "", "", "", std::nullopt};
    const auto upgraded = known.past.upgraded.find(member.id);
    if (!member.candidate) {
      instance.fate = Fate::fail;
      instance.reason = "the cloud's list does not have this id";
    } else {
      const Candidate& listed = fleet[*member.candidate];
      instance.source_version = listed.version;
      const auto never = cloud::never_offered(plan.target_version, listed.version);
      const auto rehearsed = known.past.rehearsed.find(member.id);
      if (!listed.left_alone.empty()) {
        instance.fate = Fate::skip;
        instance.reason = listed.left_alone;
      } else if (upgraded != known.past.upgraded.end()) {
        instance.fate = Fate::skip;
        instance.reason = upgraded_words(upgraded->second, plan);
      } else if (never) {
        instance.fate = Fate::skip;
        instance.reason = never->reason;
      } else if (!listed.busy.empty()) {
        instance.reason = listed.busy;
      } else if (plan.cutover == cloud::Cutover::yes && rehearsed != known.past.rehearsed.end()) {
        instance.reason = rehearsal_words(rehearsed->second);
      }
    }
    planned.push_back(std::move(instance));
  }
  return planned;
}

Result<Offers> ask_offers(CloudReader& cloud, const Plan& plan,
                          std::span<const PlannedInstance> instances, const Log& log) {
  Offers offers;
  for (const PlannedInstance& instance : instances) {
    if (instance.fate != Fate::upgrade || offers.size() >= versions_asked_max) continue;
    const auto [offer, first] = offers.try_emplace(instance.source_version);
    if (!first) continue;
    auto offered = cloud.offered(instance.member.id);
    if (!offered) {
      if (offered.error().fault == Fault::refused) return offered.error();
      log.warn(fmt::format("what {} may be upgraded to is not known: {}", instance.member.id,
                           offered.error().what));
      continue;
    }
    const auto choice =
        cloud::newest_offered(*offered, plan.target_version, instance.source_version);
    offer->second.asked = instance.member.id;
    if (const auto* target = std::get_if<cloud::Offered>(&choice)) {
      offer->second.target = target->text;
    } else {
      offer->second.refusal = std::get<cloud::NotOffered>(choice).reason;
    }
  }
  return offers;
}

PlannedRollout planned_rollout(const Plan& plan, std::vector<PlannedInstance> instances,
                               const Offers& offers, const Known& known, CloudInstant now) {
  PlannedRollout planned;
  planned.rules = rules_of(plan, totals_of(plan, instances)).rollout;
  planned.times = step_times(known.took);
  planned.from = now;
  std::vector<Remaining> remaining;
  std::vector<std::size_t> whose;
  std::unordered_map<std::string, std::uint32_t> spread;
  for (std::size_t i = 0; i < instances.size(); ++i) {
    PlannedInstance& instance = instances[i];
    if (instance.fate != Fate::upgrade) continue;
    const auto offer = offers.find(instance.source_version);
    if (offer != offers.end() && offer->second.asked == instance.member.id &&
        !offer->second.refusal.empty()) {
      instance.fate = Fate::skip;
      instance.reason = offer->second.refusal;
      continue;
    }
    if (offer != offers.end()) {
      instance.target_version = offer->second.target;
      if (!offer->second.refusal.empty()) {
        instance.reason = fmt::format(
            "perhaps skipped: the cloud does not offer {} to {}, which "
            "has the same version",
            plan.target_version, offer->second.asked);
      }
    }
    Remaining run{static_cast<std::int32_t>(instance.member.wave), 0, std::nullopt};
    if (!instance.member.spread.empty()) {
      run.spread = spread.emplace(instance.member.spread, spread.size() + 1).first->second;
    }
    remaining.push_back(run);
    whose.push_back(i);
  }
  planned.outlook = outlook(plan, planned.rules, remaining, planned.times, now, now);
  for (std::size_t k = 0; k < whose.size(); ++k) {
    instances[whose[k]].starts = planned.outlook.table.starts[k];
    instances[whose[k]].stale = planned.outlook.stale[k];
  }
  planned.instances = std::move(instances);
  return planned;
}

}  // namespace pawl
