#include "tests/explorer/roots.h"

#include <algorithm>

#include "tests/explorer/first_worlds.h"

namespace pawl::explorer {

namespace {

Duration ticks(Tick count) {
  return std::chrono::seconds{count};
}

Task of_before(Past past) {
  Task task;
  task.whose = Whose::foreign;
  if (past == Past::running) {
    task.named = never;
    return task;
  }
  task.state = State::success;
  task.start = -50;
  task.cutover = past == Past::replaced;
  if (task.cutover) task.moved = task.start;
  task.in_status = task.in_history = task.named = task.ready = task.start;
  return task;
}

}  // namespace

Roots::Roots(const std::vector<Root>& roots, Mischief mischief) {
  for (const Root& root : roots) {
    UpgradeGoal goal;
    goal.project_id = std::string("project");
    goal.target_version = std::string("14");
    goal.cutover = root.cutover;
    goal.on_foreign = root.on_foreign;
    Timeouts timeouts;
    timeouts.check = ticks(check_limit);
    timeouts.upgrade = ticks(upgrade_limit);
    timeouts.verify = ticks(verify_limit);
    timeouts.settle = ticks(settle);
    timeouts.request = ticks(request_limit);
    Check check;
    check.margin = ticks(margin);
    check.attempts = 2;
    workflows_.emplace_back(goal, timeouts, check);
    World world = begin_world(workflows_.back(), root.cutover == cloud::Cutover::yes, root.listed,
                              root.conduct, mischief);
    if (root.past != Past::none) world.cloud.upgrades.push_back(of_before(root.past));
    world.root = worlds_.size();
    worlds_.push_back(std::move(world));
  }
}

const std::vector<Root>& all_roots() {
  using cloud::Cutover;
  static const std::vector<Root> roots{
      {"stop", OnForeign::stop, Cutover::yes, Past::none, {}},
      {"adopt, busy", OnForeign::adopt, Cutover::yes, Past::none, {true, true}},
      {"adopt, after a rehearsal", OnForeign::adopt, Cutover::yes, Past::rehearsal, {}},
      {"skip, another rehearsal", OnForeign::skip, Cutover::no, Past::rehearsal, {}},
  };
  return roots;
}

Root listed_root() {
  return {"listed", OnForeign::adopt, cloud::Cutover::yes, Past::rehearsal, {}, true};
}

std::vector<World> after_one_was_lost(const Roots& roots, Mischief mischief) {
  std::vector<World> lost = first_worlds(roots.worlds(), [](const World& world) {
    const auto& all = world.cloud.upgrades;
    return world.run.phase == Phase::waiting && world.run.sends[1] > 0 &&
           std::any_of(all.begin(), all.end(),
                       [](const Task& task) { return task.whose == Whose::pawl; });
  });
  for (World& world : lost)
    world.mischief = mischief;
  return lost;
}

Root replaced_root() {
  Root root{"replaced", OnForeign::stop, cloud::Cutover::yes, Past::replaced, {}};
  root.conduct.forgets_replaced = true;
  return root;
}

Root running_root() {
  return {"running", OnForeign::adopt, cloud::Cutover::yes, Past::running, {}};
}

}  // namespace pawl::explorer
