#include "tests/explorer/cloud_acts.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "tests/explorer/laws.h"

namespace pawl::explorer {

std::size_t Adversary::pick(std::size_t free, std::size_t costly) {
  return pick(free, costly, 0);
}

std::size_t Adversary::pick(std::size_t free, std::size_t faults, std::size_t crashes,
                            std::size_t levers) {
  struct Costly {
    std::size_t offered;
    int& left;
    std::size_t open() const { return left > 0 ? offered : 0; }
  };
  Mischief& left = world_.mischief;
  const std::array<Costly, 3> costly{
      {{faults, left.faults}, {crashes, left.crashes}, {levers, left.levers}}};
  std::size_t all = free;
  for (const Costly& kind : costly)
    all += kind.open();
  std::size_t taken = all == 1 ? 0 : choices_.choose(all);
  if (taken < free) return taken;
  taken -= free;
  std::size_t before = free;
  for (const Costly& kind : costly) {
    if (taken < kind.open()) {
      --kind.left;
      return before + taken;
    }
    taken -= kind.open();
    before += kind.offered;
  }
  broken_rule("one of those that were offered");
}

void Adversary::land() {
  const Travelling submit = *world_.travelling;
  const bool last = world_.now >= submit.latest;
  if (choices_.choose(2) == 0) {
    world_.travelling.reset();
    arrive(submit);
  } else if (last) {
    world_.travelling.reset();
    tell("the request that was on its way is lost");
  }
}

void Adversary::tick() {
  ++world_.now;
  if (world_.travelling) land();
  for (std::size_t i = 0; i < world_.cloud.checks.size(); ++i) {
    Task& task = world_.cloud.checks[i];
    if (task.state == State::running && !task.hangs)
      end_task(task, false, fmt::format("check{}", i));
  }
  for (std::size_t i = 0; i < world_.cloud.upgrades.size(); ++i) {
    Task& task = world_.cloud.upgrades[i];
    if (task.state == State::running && !task.hangs) {
      end_task(task, true, fmt::format("upgrade{}", i));
    }
  }
}

void Adversary::pass(Tick ticks) {
  const Tick until = world_.now + ticks;
  const auto restless = [this] {
    const auto runs = [](const Task& task) { return task.state == State::running && !task.hangs; };
    const Cloud& cloud = world_.cloud;
    return world_.travelling || std::any_of(cloud.checks.begin(), cloud.checks.end(), runs) ||
           std::any_of(cloud.upgrades.begin(), cloud.upgrades.end(), runs);
  };
  while (restless())
    tick();
  world_.now = std::max(world_.now, until);
}

void Adversary::end_task(Task& task, bool upgrade, const std::string& name) {
  const Tick age = world_.now - task.start;
  if (age < 1) return;
  const bool may_run_on = age < 2;
  std::size_t chosen = pick(may_run_on ? 2 : 1, 2);
  if (!may_run_on && chosen > 0) ++chosen;
  switch (chosen) {
    case 0:
      return succeed(task, upgrade, name);
    case 1:
      return;
    case 2:
      task.state = State::failed;
      return tell(fmt::format("{} fails", name));
    default:
      task.hangs = true;
      return tell(fmt::format("{} hangs: it will never end", name));
  }
}

void Adversary::succeed(Task& task, bool upgrade, const std::string& name) {
  constexpr Tick late = 2;
  task.state = State::success;
  std::string how;
  if (!upgrade) {
    constexpr std::array words{"", ", its report counts only briefly",
                               ", nothing tells its expiry"};
    const std::array expiries{report_counts_for, report_counts_briefly, never};
    const std::size_t chosen = pick(1, 2);
    task.expires = chosen == 2 ? never : world_.now + expiries[chosen];
    return tell(fmt::format("{} succeeds{}", name, words[chosen]));
  }
  constexpr std::array words{"", ", the new instance is named late", ", the addresses move late",
                             ", the new instance is ready late"};
  const std::size_t chosen = pick(1, 3);
  task.named = world_.now + (chosen == 1 ? late : 0);
  task.moved = task.cutover ? world_.now + (chosen == 2 ? late : 0) : never;
  task.ready = world_.now + (chosen == 3 ? late : 0);
  tell(fmt::format("{} succeeds{}", name, words[chosen]));
}

bool Adversary::has_valid_report() const {
  const auto& checks = world_.cloud.checks;
  return std::any_of(checks.begin(), checks.end(), [this](const Task& task) {
    return task.state == State::success && task.target == Target::wanted &&
           task.source_version == world_.cloud.source_version && task.expires > world_.now;
  });
}

void Adversary::take_on(bool upgrade, Task task, Tick all_hidden_until) {
  constexpr Tick late = 4;
  constexpr std::array words{"", ", shown late in the status", ", shown late in the history",
                             ", shown late everywhere"};
  const std::size_t chosen = pick(1, 3);
  task.start = world_.now;
  task.source_version = world_.cloud.source_version;
  task.in_status = task.in_history = world_.now;
  if (chosen == 1) task.in_status += late;
  if (chosen == 2) task.in_history += late;
  if (chosen == 3) task.in_status = task.in_history = std::max(world_.now, all_hidden_until);
  if (upgrade) task.named = never;
  auto& tasks = upgrade ? world_.cloud.upgrades : world_.cloud.checks;
  if (told()) {
    tell(fmt::format("the cloud takes on {}{}{}{}{}{}", upgrade ? "upgrade" : "check", tasks.size(),
                     task.whose == Whose::pawl ? "" : " of someone else's",
                     task.target == Target::wanted ? "" : " to another target",
                     upgrade && task.cutover != world_.cutover ? " with another cutover" : "",
                     words[chosen]));
  }
  tasks.push_back(task);
}

void Adversary::arrive(const Travelling& submit) {
  Task task;
  task.cutover = submit.upgrade && world_.cutover;
  if (submit.upgrade) {
    if (!broken) broken = judge_taken_on(world_, submit.attempt);
    task.attempt = submit.attempt;
  }
  take_on(submit.upgrade, task, submit.sent + settle - 1);
}

}  // namespace pawl::explorer
