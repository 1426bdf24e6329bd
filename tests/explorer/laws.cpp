#include "tests/explorer/laws.h"

#include <fmt/format.h>

#include <algorithm>

namespace pawl::explorer {

namespace {

using Broken = std::optional<std::string>;

constexpr std::uint8_t check_step = 0, upgrade_step = 1, verify_step = 2;

/// The run's own, or one that it has adopted, or one that nobody could tell from its own: not begun
/// before its intent.
bool may_be_ours(const Task& task, const Run& before) {
  if (task.target != Target::wanted) return false;
  if (!before.intended) return task.whose == Whose::foreign;  // adopted
  return task.start >= tick_of(before.intended->earliest.at);
}

/// Such a run needs no check, and whatever it is told, it goes on to the upgrade's gate.
bool follows_an_upgrade(const Run& run) {
  return run.facts.has(FactKey("adopted_upgrade"));
}

template <typename Is>
bool any(const std::vector<Task>& tasks, Is is) {
  return std::any_of(tasks.begin(), tasks.end(), is);
}

bool ours_has(const World& world, const Run& before, State state) {
  return any(world.cloud.upgrades, [&](const Task& task) {
    return task.state == state && task.cutover == world.cutover && may_be_ours(task, before);
  });
}

Broken passed_check(const World& world, const Run& before) {
  if (follows_an_upgrade(before)) return std::nullopt;  // judged when one leaves: none may
  const bool proven = any(world.cloud.checks, [&](const Task& task) {
    return task.state == State::success && may_be_ours(task, before) &&
           world.run.valid_until == CloudInstant{instant_of(task.expires)};
  });
  if (proven) return std::nullopt;
  return "law 3: a check counts as passed that is not the run's, or not with that expiry";
}

Broken came_out_well(const World& world, const Run& before) {
  const bool true_success = any(world.cloud.upgrades, [&](const Task& task) {
    return task.state == State::success && task.target == Target::wanted &&
           task.cutover == world.cutover && task.named <= world.now && task.ready <= world.now &&
           (!world.cutover || task.moved <= world.now) &&
           before.facts.get(FactKey("new_instance_id")) ==
               fmt::format("made{}", &task - world.cloud.upgrades.data());
  });
  if (true_success) return std::nullopt;
  return "law 3: success is told, and no upgrade of the run's has come out well";
}

/// A submit whose answer never came counts as taken on.
Broken found(const World& world, const Run& before) {
  const bool upgrade = before.step == upgrade_step;
  const bool there =
      any(upgrade ? world.cloud.upgrades : world.cloud.checks, [&](const Task& task) {
        return (!upgrade || task.cutover == world.cutover) && may_be_ours(task, before);
      });
  if (there) return std::nullopt;
  return "law 3: what is found in doubt is not the run's";
}

/// An end that gives the run up while its upgrade goes on.
Broken given_up(const World& world) {
  const bool under_way = (world.travelling && world.travelling->upgrade) ||
                         any(world.cloud.upgrades, [](const auto& task) {
                           return task.whose == Whose::pawl && task.state == State::running;
                         });
  if (!under_way || world.run.step == verify_step) return std::nullopt;
  return fmt::format("law 1: the run ends as `{}` while its upgrade is under way",
                     to_string(world.run.state));
}

/// Nobody waits for the run any more: whoever goes on from there is told of the doubt.
Broken left_alone(const World& world, const Run& before) {
  if (!given_up(world) || !world.workflow->leaves(before, world.run).empty()) return std::nullopt;
  return "law 7: a run is left alone while its upgrade is under way, and no obligation says so";
}

Broken failed(const World& world, const Run& before) {
  const bool by_the_gate = before.step == upgrade_step && before.phase == Phase::submitted;
  if (auto broken = given_up(world)) return broken;
  if (!by_the_gate) return std::nullopt;
  if (ours_has(world, before, State::failed)) return std::nullopt;
  return "law 3: the upgrade counts as failed, and none of the run's has failed";
}

/// What an answer that cannot be read must not have done: open the way to a submit, or tell of
/// something that it might have told otherwise.
Broken let_through(const World& world, const Run& before, Given given) {
  const Run& run = world.run;
  if (before.step == check_step && follows_an_upgrade(before)) return std::nullopt;
  const bool to_a_submit = run.cleared || run.absences > before.absences ||
                           run.phase == Phase::intended ||
                           (before.phase == Phase::unsure && run.phase == Phase::waiting);
  const bool further = run.step > before.step || run.state == RunState::succeeded ||
                       (before.phase == Phase::unsure && run.phase == Phase::submitted);
  if (!to_a_submit && !(further && given == Given::unreadable)) return std::nullopt;
  return "law 8: an answer that cannot be read has let the run go on";
}

Broken judge_intent(const World& world, const Run& before, Given given) {
  if (given != Given::leave_to_send || !before.holds_place) {
    return "law 5: an intent without leave to send or without a place";
  }
  if (world.office.paused) return "law 5: an intent under a pause";
  if (world.office.frozen) return "law 5: an intent under a freeze";
  if (world.office.cancelled) return "law 5: an intent of a cancelled rollout";
  return std::nullopt;
}

}  // namespace

Broken judge_send(const World& world) {
  const Run& run = world.run;
  const Run& stored = *world.committed;
  if (stored.phase != Phase::intended || stored.step != run.step || stored.sends != run.sends ||
      stored.intended != run.intended) {
    return "law 4: a submit leaves before its intent is committed";
  }
  if (run.step != upgrade_step) return std::nullopt;
  const bool valid = any(world.cloud.checks, [&](const Task& task) {
    return task.state == State::success && task.target == Target::wanted && !task.before_retry &&
           task.source_version == world.version_seen && task.expires != never &&
           task.expires > world.now + margin;
  });
  if (valid) return std::nullopt;
  return "law 2: an upgrade leaves without a check that counts";
}

Broken judge_taken_on(const World& world, int attempt) {
  const bool replaced = any(world.cloud.upgrades, [](const Task& task) {
    return task.whose == Whose::foreign && task.cutover && task.moved < 0;
  });
  if (replaced) return "law 8: an instance that was replaced long ago is upgraded again";
  const bool second = any(world.cloud.upgrades, [&](const Task& task) {
    return task.whose == Whose::pawl && task.attempt == attempt;
  });
  if (second) {
    return fmt::format("law 1: the cloud takes on a second upgrade of attempt {}", attempt);
  }
  if (attempt > 1 + world.office.retries) {
    return fmt::format("law 1: attempt {} was opened by nobody", attempt);
  }
  const bool unproven = any(world.cloud.upgrades, [](const Task& task) {
    return task.whose == Whose::pawl && task.state != State::failed;
  });
  if (unproven) return "law 1: another attempt is taken on while one before it has not failed";
  return std::nullopt;
}

Broken judge_move(const World& world, const Run& before, Given given) {
  const Run& run = world.run;
  if (std::holds_alternative<Submit>(world.effect)) {
    if (auto broken = judge_intent(world, before, given)) return broken;
  }
  if (given == Given::unreadable || given == Given::entry_unreadable) {
    if (auto broken = let_through(world, before, given)) return broken;
  }
  if (before.phase == Phase::unsure && run.phase == Phase::submitted) return found(world, before);
  if (before.step == check_step && run.step == upgrade_step) return passed_check(world, before);
  if (before.step == upgrade_step && run.step == verify_step &&
      !ours_has(world, before, State::success)) {
    return "law 3: the upgrade counts as done, and none of the run's has succeeded";
  }
  if (run.state == before.state) return std::nullopt;
  if (run.state == RunState::succeeded) return came_out_well(world, before);
  if (run.state == RunState::failed) return failed(world, before);
  // A person may leave it alone all the same, or cancel its rollout.
  if (before.state == RunState::needs_operator && ended(run.state))
    return left_alone(world, before);
  if (run.state == RunState::skipped || run.state == RunState::cancelled) return given_up(world);
  return std::nullopt;
}

}  // namespace pawl::explorer
