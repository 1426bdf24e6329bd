#include "tests/simulation/machine.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "engine/result.h"
#include "tests/simulation/laws.h"

namespace pawl::simulation {

namespace {

using namespace std::chrono_literals;

std::string variable(const Command& command, std::string_view name) {
  const auto found = std::find_if(command.variables.begin(), command.variables.end(),
                                  [name](const auto& variable) { return variable.first == name; });
  check(found != command.variables.end(), "a hook has all its variables");
  return found->second;
}

}  // namespace

std::string instance_of(const Command& hook) {
  return variable(hook, "PAWL_INSTANCE_ID");
}

std::string name_of(const Command& hook) {
  const std::string attempt = variable(hook, "PAWL_HOOK");
  return attempt.substr(0, attempt.rfind('/'));
}

std::size_t Machine::running(std::string_view instance) const {
  return static_cast<std::size_t>(
      std::count_if(groups_.begin(), groups_.end(), [instance](const auto& group) {
        return group.second.let_go && instance_of(group.second.command) == instance;
      }));
}

bool Machine::went_well(const std::string& hook) const {
  const auto found = ends_.find(hook);
  return found != ends_.end() && found->second;
}

void Machine::end(std::int64_t group, bool well) {
  const auto found = groups_.find(group);
  const Command& command = found->second.command;
  if (found->second.let_go) {
    world_.befall(well ? "hooks ended well" : "hooks ended badly", instance_of(command));
    ends_[name_of(command)] = well;
  }
  groups_.erase(found);
}

Commands::~Commands() {
  for (const Prepared& prepared : prepared_) {
    if (prepared.group != 0) machine_.end(prepared.group, false);
  }
}

std::int64_t Commands::prepare(Ticket ticket, const Command& command) {
  World& world = machine_.world_;
  std::int64_t group = 0;
  if (world.strikes(world.conditions.weather.hooks_unmade)) {
    world.befall("hooks that could not be made", instance_of(command));
  } else {
    group = ++machine_.last_group_;
    machine_.groups_.emplace(group, Machine::Group{command});
  }
  prepared_.push_back({ticket, command, group});
  return group;
}

std::optional<Commands::Prepared> Commands::take(Ticket ticket) {
  const auto found = std::find_if(prepared_.begin(), prepared_.end(),
                                  [ticket](const auto& one) { return one.ticket == ticket; });
  if (found == prepared_.end()) {
    machine_.world_.break_law("law 4: a hook is let go that was not prepared before its intent");
    return std::nullopt;
  }
  Prepared prepared = std::move(*found);
  prepared_.erase(found);
  return prepared;
}

void Commands::drop(Ticket ticket) {
  const auto prepared = take(ticket);
  if (prepared && prepared->group != 0) machine_.end(prepared->group, false);
}

void Commands::release(Ticket ticket, Instant start_by) {
  if (!life_.deals()) return;
  const auto prepared = take(ticket);
  if (!prepared) return;
  laws_.runs(ticket, prepared->command, prepared->group);
  if (prepared->group == 0) {
    inbox_->push_back({ticket, NoAnswer{Delivery::not_sent, "it could not be made"}});
  } else if (clock_.now() >= start_by) {
    machine_.world_.befall("hooks held back", instance_of(prepared->command));
    machine_.end(prepared->group, false);
    inbox_->push_back({ticket, NoAnswer{Delivery::not_sent, "it would have started late"}});
  } else {
    let_go(*prepared);
  }
  (void)life_.deals();
}

/// Its fate is cast now. Only a driver that lives ends it when its time is over.
void Commands::let_go(const Prepared& prepared) {
  World& world = machine_.world_;
  const Weather& weather = world.conditions.weather;
  world.befall("hooks run", instance_of(prepared.command));
  machine_.groups_.at(prepared.group).let_go = true;
  const auto ends = [machine = &machine_, inbox = std::weak_ptr(inbox_), ticket = prepared.ticket,
                     group = prepared.group](const Exited& exited) {
    if (machine->groups_.count(group) == 0) return;
    const auto waits = inbox.lock();
    if (exited.timed_out && !waits) return;
    machine->end(group, exited.code == 0 && !exited.timed_out);
    if (waits) waits->push_back({ticket, exited});
  };
  const int code = world.strikes(weather.hooks_fail) ? 1 : 0;
  if (!world.strikes(weather.hooks_hang)) {
    world.after(world.dice.within(1s, 10min), [ends, code] { ends({code, 0, false, ""}); });
  }
  world.after(prepared.command.timeout, [ends] { ends({0, 15, true, ""}); });
}

void Commands::collect(std::vector<CommandEnd>& ended) {
  if (!life_.alive()) return;
  std::move(inbox_->begin(), inbox_->end(), std::back_inserter(ended));
  inbox_->clear();
}

void Commands::end_left_behind(const std::vector<LeftBehind>& left) {
  for (const LeftBehind& one : left) {
    const auto found = machine_.groups_.find(one.group);
    if (found == machine_.groups_.end() || found->second.command != one.command) continue;
    machine_.world_.befall("hooks left behind", instance_of(one.command));
    machine_.world_.pass(machine_.world_.dice.within(0s, 5s));
    if (machine_.groups_.count(one.group) > 0) machine_.end(one.group, false);
  }
}

}  // namespace pawl::simulation
