// The loop's commands. A command is prepared before its intent is decided, so that the entry can
// name its process group, and let go after the commit: a crash in between leaves a process that has
// done nothing and ends by itself, a later one leaves a group that the next driver knows and ends.
#include "engine/loop.h"

namespace pawl {

bool Loop::runs_command(const Run& run) const {
  return seams_.workflow.steps()[run.step].runs_command;
}

void Loop::admit_command(std::uint32_t position, Gate gate, Instant now) {
  check(seams_.commands != nullptr, "a loop whose workflow runs commands can run them");
  const Member& member = members_[position];
  const Ticket ticket{member.run.id, member.armed + 1};
  const std::int64_t group = seams_.commands->prepare(ticket, seams_.workflow.command(member.run));
  if (group == 0) again_ = true;  // that none could be made is told without waking anybody
  happen(position, {now, cloud_clock_.now(now), Admitted{gate, group}});
  if (!std::holds_alternative<Submit>(member.effect)) seams_.commands->drop(ticket);
}

/// What belongs to an upgrade that is made waits for nobody's leave (decision 23), only for a
/// place: a person may retry hundreds at once.
void Loop::admit_after(Instant now) {
  const Present present = this->present(now);
  for (std::size_t wave = 0; wave < afters_.size(); ++wave) {
    auto& queue = afters_[wave];
    while (!queue.empty() && rollout_->obstacles_of_wave(Gate::after, wave, present).none()) {
      const std::uint32_t position = queue.front();
      queue.pop_front();
      if (members_[position].run.phase == Phase::waiting) admit_command(position, Gate::after, now);
    }
  }
}

void Loop::end_left_behind() {
  std::vector<LeftBehind> left;
  for (const Member& member : members_) {
    if (member.run.phase != Phase::intended || !runs_command(member.run)) continue;
    left.push_back({member.run.group, seams_.workflow.command(member.run)});
  }
  if (!left.empty()) seams_.commands->end_left_behind(left);
}

std::vector<RunningCommand> Loop::running_commands() const {
  std::vector<RunningCommand> running;
  for (const Member& member : members_) {
    const Run& run = member.run;
    if (run.phase != Phase::intended || !runs_command(run)) continue;
    running.push_back({run.instance_id, run.name,
                       std::string(seams_.workflow.steps()[run.step].name),
                       run.since + seams_.workflow.command(run).timeout});
  }
  return running;
}

void Loop::take_command_ends(Instant now) {
  if (seams_.commands == nullptr) return;
  ended_.clear();
  seams_.commands->collect(ended_);
  for (CommandEnd& end : ended_) {
    const auto position = static_cast<std::uint32_t>(end.ticket.run - first_run_);
    check(position < members_.size(), "a command of nobody's has ended");
    if (members_[position].armed != end.ticket.number) continue;
    --submits_in_flight_;
    Event event{now, cloud_clock_.now(now), Woke{}};
    if (auto* exited = std::get_if<Exited>(&end.what)) {
      event.what = std::move(*exited);
    } else {
      auto& none = std::get<NoAnswer>(end.what);
      event.what = Unanswered{none.delivery, std::move(none.why)};
    }
    happen(position, std::move(event));
  }
}

}  // namespace pawl
