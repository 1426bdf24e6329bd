#include "tests/simulation/laws.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "engine/codec.h"
#include "tests/simulation/replay.h"
#include "workflows/obligations.h"
#include "workflows/upgrade_facts.h"
#include "workflows/upgrade_steps.h"

namespace pawl::simulation {

namespace {

constexpr std::uint8_t check_step = upgrade_step::precheck;

/// A Date tells whole seconds, and a call's answer is on its way for a while.
constexpr Duration clock_slack{3'000};

}  // namespace

Laws::Laws(World& world, TrueCloud& cloud, const Machine& machine, const Workflow& workflow,
           const LoopRules& rules, const NewRollout& start)
    : world_(world),
      cloud_(cloud),
      machine_(machine),
      workflow_(workflow),
      rules_(rules),
      waves_(start.waves.size(), "pending") {
  for (const RunRecord& record : start.runs) {
    by_instance_.emplace(record.instance_id, members_.size());
    members_.emplace_back();
  }
}

// Law 7: every transition is an entry, each goes on from the one before it, and makes its decision
// again.

void Laws::committed(std::span<const Entry> entries) {
  for (const Entry& entry : entries) {
    world_.tally.count("entries");
    if (entry.at < last_at_) world_.break_law("law 7: time runs back in the journal");
    last_at_ = entry.at;
    if (entry.subject == Subject::store) {
      world_.befall(entry.event);
      if (entry.event == "freeze_set") frozen_ = true;
      if (entry.event == "freeze_lifted") frozen_ = false;
    }
    if (entry.subject == Subject::rollout) follows(entry, rollout_);
    if (entry.subject == Subject::wave) {
      follows(entry, waves_[static_cast<std::size_t>(entry.wave)]);
    }
    if (entry.subject == Subject::run) committed_run(entry);
  }
  judge_bounds();
}

void Laws::follows(const Entry& entry, std::string& state) {
  if (entry.from != state && !(state == "pending" && entry.from.empty())) {
    world_.break_law(
        fmt::format("law 7: {} goes from {} where {} was", entry.event, entry.from, state));
  }
  state = entry.to;
  world_.befall(entry.event);
}

void Laws::committed_run(const Entry& entry) {
  Member& member = members_[static_cast<std::size_t>(entry.run - 1)];
  const auto flaw = flaw_of(workflow_, entry, member.stored);
  auto run = decode_run(entry.state, workflow_.fact_keys());
  if (flaw || !run) {
    world_.break_law(fmt::format("law 7: an entry {} does not replay: {}", entry.event,
                                 flaw.value_or("it cannot be read")),
                     entry.instance_id);
    return;
  }
  world_.tally.count(entry.event);
  if (world_.told()) {
    world_.tell(fmt::format("* {}: {} -> {}, {} ({})", entry.event, entry.from, entry.to,
                            entry.phase, run->reason),
                entry.instance_id);
  }
  if (entry.event == "obligation_opened") {
    const bool doubt = entry.data.find(obligation::in_doubt) != std::string::npos;
    member.in_doubt = member.in_doubt || doubt;
    if (doubt) world_.tally.count("obligations in doubt");
  }
  if (member.entries > 0) {
    if (entry.from != to_string(member.run.state)) {
      world_.break_law("law 7: an entry does not go on from the one before", entry.instance_id);
    }
    if (run->phase == Phase::intended) judge_intent(member, entry);
    judge_retry(member, *run);
    judge_outcome(member, *run, entry);
  }
  member.run = std::move(*run);
  member.stored = entry.state;
  ++member.entries;
}

void Laws::turned(const Rollout& rollout) {
  world_.tally.count("turns");
  std::vector<Counts> counts(waves_.size());
  for (const Member& member : members_)
    ++counts[static_cast<std::size_t>(member.run.wave)][static_cast<std::size_t>(member.run.state)];
  for (std::size_t wave = 0; wave < waves_.size(); ++wave) {
    if (rollout.counts(wave) != counts[wave] || to_string(rollout.wave_state(wave)) != waves_[wave])
      world_.break_law("law 7: the rollout stands elsewhere than its journal");
  }
  if (to_string(rollout.state()) != rollout_) {
    world_.break_law("law 7: the rollout's state is not the journal's");
  }
}

// Law 5: bounds.

bool in_flight(const Run& run) {
  return run.phase == Phase::intended || run.phase == Phase::submitted ||
         run.phase == Phase::unsure;
}

std::uint32_t Laws::failures(std::int32_t wave) const {
  return static_cast<std::uint32_t>(
      std::count_if(members_.begin(), members_.end(), [wave](const Member& member) {
        const RunState state = member.run.state;
        return (wave < 0 || member.run.wave == wave) &&
               (state == RunState::failed || state == RunState::needs_operator);
      }));
}

/// What a person sends back behind its upgrade waits for no place, and takes one from the others.
std::size_t Laws::upgrades_in_flight(std::int32_t wave, bool also_upgraded) const {
  return static_cast<std::size_t>(
      std::count_if(members_.begin(), members_.end(), [=](const Member& member) {
        const Run& run = member.run;
        const bool holds =
            run.step != check_step && (in_flight(run) || run.state == RunState::needs_operator);
        return run.wave == wave && holds && (also_upgraded || !member.upgraded);
      }));
}

void Laws::judge_bounds() {
  // A check in doubt gives its place up when it asks for a person, who may have it looked at again;
  // nothing is sent for that.
  const auto checks = std::count_if(members_.begin(), members_.end(), [](const Member& member) {
    return member.run.step == check_step && in_flight(member.run) && !member.followed_again;
  });
  if (std::cmp_greater(checks, rules_.rollout.checks_parallel)) {
    world_.break_law("law 5: too many checks in flight");
  }
  for (std::size_t wave = 0; wave < waves_.size(); ++wave) {
    const auto number = static_cast<std::int32_t>(wave);
    if (upgrades_in_flight(number, false) > rules_.rollout.waves[wave].max_parallel)
      world_.break_law("law 5: too many upgrades in flight");
    const auto hooks = std::count_if(members_.begin(), members_.end(), [=](const Member& member) {
      return member.run.wave == number && is_after_hook(member.run.step) &&
             member.run.phase == Phase::intended;
    });
    if (std::cmp_greater(hooks, rules_.rollout.waves[wave].max_parallel))
      world_.break_law("law 5: too many hooks after upgrades at once");
  }
}

void Laws::judge_intent(const Member& member, const Entry& entry) {
  // What belongs to an upgrade that is made waits for nobody's leave.
  if (is_after_hook(member.run.step)) return;
  if (rollout_ != "running" || frozen_) {
    world_.break_law("law 5: a start while the rollout is " + (frozen_ ? "frozen" : rollout_),
                     entry.instance_id);
  }
  const auto wave = static_cast<std::size_t>(member.run.wave);
  if (member.run.step == check_step) return;
  // In a wave that has closed only what a person tries again goes on.
  if (waves_[wave] != "open" && waves_[wave] != "closed") {
    world_.break_law("law 5: an upgrade outside the open wave", entry.instance_id);
  }
  if (upgrades_in_flight(member.run.wave, true) >= rules_.rollout.waves[wave].max_parallel) {
    world_.break_law("law 5: an upgrade is started without a place for it", entry.instance_id);
  }
  const auto& all = rules_.rollout.max_failures;
  if (failures(member.run.wave) > rules_.rollout.waves[wave].max_failures ||
      (all && failures(-1) > *all)) {
    world_.break_law("law 5: an upgrade is started with the failure budget spent",
                     entry.instance_id);
  }
}

// Laws 1, 2 and 4: what leaves the process, and what comes to the cloud.

void Laws::sends(const Ticket& ticket, const Call& call, bool may_arrive) {
  Member& member = members_[static_cast<std::size_t>(ticket.run - 1)];
  const std::string& instance = member.run.instance_id;
  if (member.run.phase != Phase::intended || workflow_.submit(member.run) != call.request) {
    world_.break_law("law 4: a submit leaves before its intent is committed", instance);
    return;
  }
  if (member.sent_after == member.entries) {
    world_.break_law("law 4: one intent is sent twice", instance);
  }
  member.sent_after = member.entries;
  const bool check = triggers(call.request, "/inspection");
  if (call.repeat != (check ? Repeat::costly : Repeat::never)) {
    world_.break_law("law 1: a submit that may be repeated underneath", instance);
  }
  if (!triggers(call.request, "/upgrade")) return;
  judge_what_comes_before(member.run);
  judge_proof(member.run, std::string(member.run.facts.get(fact::target_version)));
  member.travelling += may_arrive ? 1 : 0;
}

void Laws::runs(const Ticket& ticket, const Command& hook, std::int64_t group) {
  Member& member = members_[static_cast<std::size_t>(ticket.run - 1)];
  const Run& run = member.run;
  if (run.phase != Phase::intended || run.group != group || workflow_.command(run) != hook) {
    world_.break_law("law 4: a hook is let go before its intent is committed", run.instance_id);
    return;
  }
  if (member.sent_after == member.entries) {
    world_.break_law("law 4: one intent lets a hook go twice", run.instance_id);
  }
  member.sent_after = member.entries;
  if (machine_.running(run.instance_id) > 0) {
    world_.break_law("a hook begins while another one goes on", run.instance_id);
  }
  if (is_after_hook(run.step) && !made_well(run)) {
    world_.break_law("law 3: a hook after an upgrade that did not succeed", run.instance_id);
  }
}

/// Law 2: a check that counts, at the cloud's clock with the margin to spare.
void Laws::judge_proof(const Run& run, const std::string& target) {
  const CloudInstant needed =
      cloud_.now() + workflow_.rules().margin - cloud_.clock_was_set_by() - clock_slack;
  const auto checks = cloud_.valid_checks(run.instance_id, target);
  const bool proven = std::any_of(checks.begin(), checks.end(), [&](const Report& check) {
    return check.expires && check.expires == run.valid_until && *check.expires > needed;
  });
  if (!proven)
    world_.break_law("law 2: an upgrade leaves without a check that counts", run.instance_id);
}

void Laws::arrives(const HttpRequest& submit) {
  if (!triggers(submit, "/upgrade")) return;
  const std::string instance = instance_in(submit);
  Member& member = member_of(instance);
  --member.travelling;
  if (cloud_.accepted_upgrades(instance, Who::pawl) > member.accepted_before) {
    world_.break_law("law 1: a second upgrade comes to the cloud", instance);
  }
}

void Laws::answered(const HttpRequest& submit, bool accepted) {
  if (!accepted) return;
  const bool upgrade = triggers(submit, "/upgrade");
  const bool backup = triggers(submit, "/backups");
  world_.tally.count(upgrade ? "upgrades accepted" : backup ? "backups made" : "checks accepted");
  if (!upgrade) return;
  const std::int32_t wave = member_of(instance_in(submit)).run.wave;
  std::size_t running = 0;
  for (const Member& member : members_) {
    if (member.run.wave == wave && !member.left_alone)
      running += cloud_.running_upgrades(member.run.instance_id, Who::pawl);
  }
  if (running > rules_.rollout.waves[static_cast<std::size_t>(wave)].max_parallel) {
    world_.break_law("law 5: too many upgrades run at the cloud", instance_in(submit));
  }
}

}  // namespace pawl::simulation
