// The loop's effects: what is set up after the commit, what is sent, and when to wake up next.
#include <algorithm>

#include "engine/failpoint.h"
#include "engine/loop.h"

namespace pawl {

namespace {

constexpr Duration idle_wait{60'000};
constexpr Duration time_asked_every{10'000};

}  // namespace

/// Soaks and windows go by the cloud's clock alone. While nothing moves no answer tells it, so it
/// is asked for at first, for this machine's may be far off, and when the time seems to have come.
bool Loop::wants_the_time(Instant now) const {
  if (cloud_clock_.now(now) || time_comes_) return false;
  if (time_asked_ && now - *time_asked_ < time_asked_every) return false;
  const auto waits = what_time_ends(now);
  if (!waits) return false;
  return !cloud_clock_.told() || !waits->until || cloud_clock_.guess(now) >= *waits->until;
}

void Loop::ask_the_time(Instant now) {
  if (!wants_the_time(now)) return;
  if (seams_.client.idle() == 0 || !quota_->take(now)) return;
  time_asked_ = now;
  time_comes_ = true;
  Call call;
  call.request = seams_.workflow.ask_time();
  call.timeout = seams_.workflow.rules().request;
  ++calls_sent_;
  seams_.client.start({}, call, now + call.timeout);
}

/// By our guess of the cloud's time.
Present Loop::guessed(Instant now) const {
  Present guessed = present(now);
  const CloudInstant guess = cloud_clock_.guess(now);
  guessed.cloud = CloudNow{guess, guess};
  return guessed;
}

// What is open by our guess opens once the cloud's time is known, and is certainly inside.

std::optional<Waiting> Loop::what_waits(Instant now) const {
  const auto waits = rollout_->waiting(guessed(now));
  return waits ? waits : rollout_->waiting(present(now));
}

std::optional<Waiting> Loop::what_time_ends(Instant now) const {
  const auto waits = rollout_->waiting_for_time(guessed(now));
  return waits ? waits : rollout_->waiting_for_time(present(now));
}

/// Carries out, or sets up, the run's one effect.
void Loop::arm(std::uint32_t position, Instant now) {
  Member& member = members_[position];
  const std::uint32_t armed = member.armed;
  std::visit(Overloaded{
                 [&](const Ask& ask) {
                   const auto queue =
                       static_cast<std::size_t>(seams_.workflow.priority(member.run, ask.look));
                   // A round of looks that has begun ages; behind fresh ones it would never end.
                   if (member.run.looked_at == Instant{}) {
                     calls_[queue].push_back({position, armed});
                   } else {
                     calls_[queue].push_front({position, armed});
                   }
                 },
                 [&](const Submit&) { submits_.push_back(position); },
                 [&](const Await& await) {
                   Instant at = now;
                   if (await.pace == Pace::poll) {
                     at = now + pacing_.poll(member.run.step, now - member.run.since);
                     // However far apart the looks, it is noticed when the time is over.
                     at = std::min(at, std::max(now, member.run.deadline));
                   } else if (await.pace == Pace::backoff) {
                     at = now +
                          pacing_.backoff(member.tries, static_cast<std::uint64_t>(member.run.id));
                     if (now < member.run.deadline) at = std::min(at, member.run.deadline);
                   }
                   if (await.not_before) at = std::max(at, *await.not_before);
                   timers_.push({at, position, armed});
                 },
                 [&](const Park& park) {
                   again_ = true;
                   if (park.gate == Gate::send) {
                     clears_.push_back(position);
                     ++kept_calls_;
                   } else if (park.gate == Gate::after) {
                     afters_[static_cast<std::size_t>(member.run.wave)].push_back(position);
                   } else {
                     rollout_->park(position, member.run, park.gate);
                   }
                 },
                 [&](const Finish&) {},
             },
             member.effect);
}

/// Submits leave in the turn that committed them, or not at all: one that is late by then was
/// suspended in between, and is held back by whoever sends or starts it.
void Loop::send_submits(Instant committed_at) {
  for (const std::uint32_t position : submits_) {
    Member& member = members_[position];
    if (runs_command(member.run)) {
      ++submits_in_flight_;
      failpoint("before_submit");
      seams_.commands->release({member.run.id, member.armed}, committed_at + send_within);
      failpoint("after_submit");
      continue;
    }
    Call call;
    call.request = seams_.workflow.submit(member.run);
    call.repeat = seams_.workflow.steps()[member.run.step].repeat;
    call.timeout = seams_.workflow.rules().request;
    ++submits_in_flight_;
    ++calls_sent_;
    failpoint("before_submit");
    seams_.client.start({member.run.id, member.armed}, call, committed_at + send_within);
    failpoint("after_submit");
  }
}

/// Submits come first: what the runs that only wait for a call to send will take stays untouched.
/// Then each look by its priority.
void Loop::send_calls(Instant now) {
  const auto kept = static_cast<std::int64_t>(kept_calls_);
  for (auto& queue : calls_) {
    while (!queue.empty()) {
      const Pending pending = queue.front();
      const Member& member = members_[pending.position];
      if (member.armed != pending.armed) {
        queue.pop_front();
        continue;
      }
      const auto room = static_cast<std::int64_t>(seams_.client.idle());
      if (std::min(room, quota_->left(now)) <= kept || !quota_->take(now)) return;
      queue.pop_front();
      Call call;
      call.request = seams_.workflow.ask(member.run, member.run.look);
      call.timeout = seams_.workflow.rules().request;
      ++calls_sent_;
      failpoint("before_ask");
      seams_.client.start({member.run.id, member.armed}, call, now + call.timeout);
    }
  }
}

Instant Loop::next_wake(Instant now) const {
  Instant wake = std::min(now + std::min(idle_wait, rules_.levers_every),
                          std::max(pulse_at_ + pulse_every, now));
  if (recovering_ || again_) return now;
  if (!timers_.empty()) wake = std::min(wake, timers_.top().at);
  if (quiet()) return wake;
  const bool calls =
      std::any_of(calls_.begin(), calls_.end(), [](const auto& queue) { return !queue.empty(); });
  if ((calls || kept_calls_ > 0) && seams_.client.idle() > 0) {
    wake = std::min(wake, quota_->earliest(now));
  }
  if (const auto waits = what_time_ends(now); waits && waits->until) {
    const Duration left = waits->until->at - cloud_clock_.guess(now).at;
    wake = std::min(wake, now + std::max(left, Duration{100}));
  }
  return wake;
}

std::optional<Ending> Loop::ending(Instant now) const {
  if (quiet()) {
    if (submits_in_flight_ > 0) return std::nullopt;
    return stopping_ ? Ending::interrupted : Ending::refused;
  }
  if (rollout_->state() == RolloutState::finished) return Ending::finished;
  if (rollout_->state() == RolloutState::cancelled) return Ending::cancelled;
  if (rollout_->in_flight() > 0 || again_) return std::nullopt;
  if (rollout_->state() == RolloutState::halted) return Ending::halted;
  if (const auto waits = what_waits(now)) {
    const bool whatever_moves =
        waits->what == Waiting::What::unpause || waits->what == Waiting::What::unfreeze;
    if (!rules_.leave_when_waiting || (moving_ > 0 && !whatever_moves)) return std::nullopt;
    if (time_comes_ || wants_the_time(now)) return std::nullopt;
    return Ending::waiting;
  }
  if (moving_ > 0 || !clears_.empty()) return std::nullopt;
  return Ending::attention;
}

}  // namespace pawl
