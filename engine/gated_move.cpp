#include "engine/gated_move.h"

#include <fmt/core.h>

#include <algorithm>

#include "engine/breakable.h"
#include "engine/gated_step.h"
#include "engine/result.h"

namespace pawl {

namespace {

constexpr std::uint16_t bit(std::uint8_t step) {
  return static_cast<std::uint16_t>(1U << step);
}

}  // namespace

std::string event_of(const Step& step, std::string_view what) {
  return fmt::format("{}_{}", step.name, what);
}

/// Law 2: unknown or unreadable counts as expired, and so does what expires within the margin.
bool Move::proof_holds() const {
  if (!step_.needs_valid || broken(Guard::never_stale)) return true;
  return next_.valid_until && event_.cloud &&
         event_.cloud->latest + workflow_.rules().margin < *next_.valid_until;
}

/// The state of a run that has nothing of its step in flight; one that was checked once is shown as
/// checked while it is to be checked anew.
RunState Move::resting() const {
  const auto steps = workflow_.steps();
  return steps[next_.step == 0 && next_.checked_once ? 1 : next_.step].before;
}

/// Enters `phase` within the time that is still given.
void Move::enter(Phase phase) {
  next_.phase = phase;
  next_.since = event_.at;
  next_.unclear = 0;
  next_.cleared = false;
  next_.looked_at = {};
  next_.round_began = {};
}

void Move::enter(Phase phase, Duration patience) {
  enter(phase);
  give_time(patience);
}

void Move::give_time(Duration patience) {
  next_.deadline = event_.at + patience;
  next_.late_looks = 0;
}

void Move::open_attempt() {
  if (next_.attempt_open) return;
  next_.attempt_open = true;
  ++next_.attempts[next_.step];
  next_.sends[next_.step] = 0;
}

/// Everything that may have changed since the looks is judged once more, at the last moment.
Decision Move::intend(std::int64_t group) {
  const bool fresh = event_.at - next_.looked_at <= looks_fresh_for;
  if (step_.before_look != Look::none && (!event_.cloud || !fresh)) {
    // So long a pause or a freeze kept it: that is not its own time. A round whose looks took long
    // leaves the run as it was, so that such rounds are not kept.
    const Duration held = event_.at - next_.cleared_at;
    if (held > looks_fresh_for) next_.deadline += held;
    next_.cleared = false;
    next_.cleared_at = {};
    next_.looked_at = {};
    next_.look = step_.before_look;
    return look_later({Pace::backoff, std::nullopt},
                      event_.cloud ? "the looks before it take too long"
                                   : "the cloud's answers do not tell its time");
  }
  if (!proof_holds()) return expire("its pre-check expires within the margin");
  open_attempt();
  ++next_.sends[next_.step];
  enter(Phase::intended);
  next_.state = step_.during;
  next_.group = group;
  next_.intended = event_.cloud;
  next_.sender_gone.reset();
  next_.last_absence.reset();
  next_.absences = 0;
  next_.sighted = false;
  next_.reason = step_.runs_command ? fmt::format("{} runs", step_.name) : "";
  if (broken(Guard::intent_first)) return quiet(Submit{});
  return entry(std::string(step_.events.requested), Submit{});
}

/// Follows what someone else has begun; nothing is sent, and no check of ours has to allow it.
Decision Move::adopt(std::string reason) {
  open_attempt();
  enter(Phase::submitted, step_.timeout);
  next_.state = step_.during;
  next_.look = step_.gate_look;
  next_.intended.reset();
  next_.reason = std::move(reason);
  return entry(std::string(step_.events.adopted), Await{Pace::at_once, std::nullopt});
}

Decision Move::doubt(std::string reason) {
  enter(Phase::unsure, doubt_patience());
  next_.look = step_.doubt_look;
  next_.absences = 0;
  next_.last_absence.reset();
  next_.sender_gone =
      event_.cloud ? std::optional<CloudInstant>(event_.cloud->latest) : std::nullopt;
  next_.reason = std::move(reason);
  return entry(std::string(step_.events.unsure), Await{Pace::backoff, std::nullopt});
}

/// One complete round of looks found no trace. It counts only when the settle time had certainly
/// passed before its first look, at the cloud's clock and at ours, and two that count lie some
/// seconds apart.
Decision Move::absent(std::string reason) {
  const Duration settle = workflow_.rules().settle;
  const Duration apart = std::min<Duration>(Duration{5'000}, settle);
  next_.look = step_.doubt_look;
  if (broken(Guard::never_twice)) {
    return back_to_waiting(event_of(step_, "not_found"), std::move(reason));
  }
  if (next_.sighted && !broken(Guard::sight_kept)) {
    return look_later({Pace::backoff, std::nullopt},
                      reason + ", though an earlier look has shown what may be of it");
  }
  if (!event_.cloud || !next_.sender_gone) {
    return look_later({Pace::backoff, std::nullopt}, "the cloud's answers do not tell its time");
  }
  CloudInstant due = *next_.sender_gone + settle;
  if (next_.last_absence) due = std::max(due, *next_.last_absence + apart);
  const Duration round_took = event_.at - next_.round_began;
  if (event_.cloud->earliest - round_took < due) {
    return look_later({Pace::at_once, event_.at + (due.at - event_.cloud->earliest.at)}, reason);
  }
  // And by ours: a clock of the cloud's that was set forward lets no time pass.
  if (next_.round_began < next_.since + settle) {
    return look_later({Pace::at_once, next_.since + settle}, reason);
  }
  ++next_.absences;
  next_.last_absence = event_.cloud->latest;
  give_time(doubt_patience());
  if (next_.absences < step_.absences_needed) {
    next_.reason = std::move(reason);
    return entry(event_of(step_, "not_found"), Await{Pace::at_once, event_.at + apart});
  }
  const int sends = next_.sends[next_.step];
  if (sends >= sends_max) {
    return end(RunState::needs_operator, "operator_needed",
               fmt::format("the {} was sent {} times and left no trace each time: {}", step_.name,
                           sends, reason));
  }
  give_time(step_.patience);
  return back_to_waiting(event_of(step_, "not_found"), std::move(reason));
}

/// A round of looks that is not without any trace; those that were count in a row alone.
Decision Move::present(const std::string& reason) {
  next_.look = step_.doubt_look;
  const bool breaks = next_.absences > 0;
  next_.absences = 0;
  next_.last_absence.reset();
  Decision later = look_later({Pace::backoff, std::nullopt}, reason);
  if (later.audit || !breaks) return later;
  later.next.reason = reason;
  later.audit = Audit{event_of(step_, "looked_for")};
  return later;
}

/// Nothing is decided yet: looks again later, unless the time of the phase is over.
Decision Move::look_later(Await await, const std::string& reason) {
  if (event_.at < next_.deadline) return quiet(await);
  if (next_.late_looks >= late_looks_max) return out_of_time(reason);
  ++next_.late_looks;
  const Instant spaced = event_.at + workflow_.rules().request;
  await.not_before = std::max(await.not_before.value_or(spaced), spaced);
  return quiet(await);
}

/// What was submitted goes on. That it is not told how is no news by itself; that it has not been
/// for some rounds is, and so is that answers come again which still do not tell, and the first
/// that does.
Decision Move::follow(Pace pace, Heard heard, const std::string& reason) {
  const std::uint8_t before = next_.unclear;
  if (heard == Heard::how_it_stands) {
    next_.unclear = 0;
  } else if (before + 1 < unclear_told) {
    ++next_.unclear;
  } else {
    next_.unclear = std::max(before, heard == Heard::nothing ? unclear_told : unclear_answered);
  }
  const bool unclear = next_.unclear >= unclear_told;
  const bool news = unclear ? next_.unclear > before : before >= unclear_told;
  Decision later = look_later({pace, std::nullopt}, reason);
  if (later.audit || !news) return later;
  later.next.reason = unclear ? reason : "";
  later.audit = Audit{event_of(step_, unclear ? "unclear" : "clear")};
  return later;
}

Decision Move::out_of_time(const std::string& reason) {
  switch (next_.phase) {
    case Phase::waiting:
    case Phase::intended:
      return end(RunState::failed, std::string(step_.events.failed),
                 fmt::format("it could not be started within {}: {}",
                             format_duration(step_.patience), reason));
    case Phase::submitted:
      return overdue(reason);
    case Phase::unsure:
      return end(RunState::needs_operator, "operator_needed",
                 fmt::format("whether the {} was started cannot be told: {}", step_.name, reason));
    case Phase::over:
      break;
  }
  broken_rule("a run that is over has all the time");
}

/// The submit was certainly refused or never left. The time for getting it in goes on.
Decision Move::turned_away(std::string_view what, std::string reason) {
  --next_.sends[next_.step];
  const bool late = event_.at >= next_.deadline;
  if (late && next_.late_looks >= late_looks_max) return out_of_time(reason);
  if (late) ++next_.late_looks;
  return back_to_waiting(event_of(step_, what), std::move(reason));
}

/// Nothing took effect: the same attempt looks afresh and may send again, within the time that is
/// still given.
Decision Move::back_to_waiting(std::string event, std::string reason) {
  enter(Phase::waiting);
  next_.group = 0;
  next_.state = resting();
  next_.look = step_.before_look;
  next_.intended.reset();
  next_.reason = std::move(reason);
  return entry(std::move(event), Await{Pace::backoff, std::nullopt});
}

/// What an earlier step proved no longer holds: that step is made anew, if it may be.
Decision Move::expire(std::string reason) {
  const auto steps = workflow_.steps();
  std::uint8_t back = next_.step;
  while (back > 0 && steps[back].events.expired.empty())
    --back;
  const Step& proof = steps[back];
  if (next_.renewals >= proof.attempts_max) {
    return end(RunState::failed, std::string(proof.events.failed),
               fmt::format("{}; it was made anew {} times and never counted long enough for the {}",
                           reason, next_.renewals, step_.name));
  }
  ++next_.renewals;
  next_.step = back;
  enter(Phase::waiting, proof.patience);
  next_.state = resting();
  next_.holds_place = false;
  next_.attempt_open = true;  // a renewal is a repeat of a passed check, not another try
  next_.sends[back] = 0;      // those of what comes after it may still come to show
  next_.intended.reset();
  next_.valid_until.reset();
  next_.look = proof.before_look;
  next_.reason = std::move(reason);
  return entry(std::string(proof.events.expired), Park{*proof.place});
}

Decision Move::renew(std::string reason) {
  if (next_.attempts[next_.step] >= step_.attempts_max) {
    return end(RunState::failed, std::string(step_.events.failed),
               fmt::format("{}; {} attempts were made", reason, next_.attempts[next_.step]));
  }
  next_.attempt_open = false;
  give_time(step_.patience);
  return back_to_waiting(std::string(step_.events.expired), std::move(reason));
}

Decision Move::overdue(const std::string& reason) {
  std::string why = fmt::format("no end of the {} within {}: {}", step_.name,
                                format_duration(step_.timeout), reason);
  switch (step_.overdue) {
    case WhenOverdue::fail:
      return end(RunState::failed, std::string(step_.events.failed), std::move(why));
    case WhenOverdue::renew:
      return renew(std::move(why));
    case WhenOverdue::ask_operator:
      return end(RunState::needs_operator, "operator_needed", std::move(why));
  }
  broken_rule("what is overdue ends in one of three ways");
}

Decision Move::gate_open(std::string_view event, std::string reason) {
  const auto steps = workflow_.steps();
  if (next_.step == 0) next_.checked_once = true;
  next_.sends[next_.step] = 0;  // what of them is not known yet is left to people (obligations)
  if (step_.once && next_.phase != Phase::waiting) next_.done |= bit(next_.step);
  std::optional<std::uint8_t> following = step_.next;
  while (following && (next_.done & bit(*following)) != 0)
    following = steps[*following].next;
  if (following) return go_to(*following, event, std::move(reason));
  return end(RunState::succeeded, std::string(event), std::move(reason));
}

Decision Move::go_to(std::uint8_t step, std::string_view event, std::string reason) {
  const Step& following = workflow_.steps()[step];
  const bool had_place = step_.place == Gate::upgrade && following.place == Gate::upgrade;
  next_.step = step;
  enter(following.submits ? Phase::waiting : Phase::submitted,
        following.submits ? following.patience : following.timeout);
  // An attempt that was open when its proof had to be made anew is open still.
  next_.attempt_open = following.submits && next_.attempts[step] > 0;
  next_.intended.reset();
  next_.reason = std::move(reason);
  next_.state = following.submits ? following.before : following.during;
  next_.look = following.submits ? following.before_look : following.gate_look;
  if (!following.submits) {
    ++next_.attempts[step];
    return entry(std::string(event), Ask{next_.look});
  }
  // Steps that share a place hand it on: what the first of them was admitted for is not done yet.
  next_.holds_place = had_place;
  if (had_place) return entry(std::string(event), Ask{next_.look});
  return entry(std::string(event), Park{*following.place});
}

/// The gate of a command.
Decision Move::exited(const Exited& exited) {
  next_.group = 0;
  next_.sends[next_.step] = 0;
  std::string words = fmt::format("{}: {}", step_.name, describe(exited));
  if (went_well(exited)) return gate_open(step_.events.passed, std::move(words));
  Decision decision = end(RunState::failed, std::string(step_.events.failed), std::move(words));
  decision.next.halts = lost_its_directory(exited);
  return decision;
}

/// Leave to send cannot be given for now, for the window has closed: others may have the place.
Decision Move::give_way() {
  next_.cleared = false;
  next_.cleared_at = {};
  next_.holds_place = false;
  next_.looked_at = {};
  next_.look = step_.before_look;
  return quiet(Park{*step_.place});
}

/// The step of which something was sent that may still be under way, though it left no trace when
/// it was looked for: neither certainly refused nor what the gate follows, if that was sent at all.
/// Of steps whose unknown end is no failure alone.
std::optional<std::uint8_t> Move::step_in_doubt() const {
  const auto steps = workflow_.steps();
  for (std::uint8_t i = 0; i < steps.size(); ++i) {
    const bool may_last = steps[i].submits && steps[i].overdue == WhenOverdue::ask_operator;
    const bool followed = i == next_.step && next_.phase == Phase::submitted && next_.intended;
    if (may_last && next_.sends[i] > (followed ? 1 : 0)) return i;
  }
  return std::nullopt;
}

/// A failure would give up its place, and let a person open a further attempt, while the last is
/// not proven to have come to nothing (law 1, decisions 1 and 24). What it was that failed may be
/// tried again within the attempt, unless the gate has told that of what was sent itself.
Decision Move::fail_in_doubt(std::uint8_t doubtful, std::string reason) {
  const Step& step = workflow_.steps()[doubtful];
  const bool elsewhere = doubtful != next_.step;
  if (elsewhere && next_.phase != Phase::waiting) next_.attempt_open = false;
  if (elsewhere || next_.phase != Phase::submitted) next_.phase = Phase::waiting;
  return end(RunState::needs_operator, "operator_needed",
             fmt::format("{}; and another {} was sent that left no trace, and may still be under "
                         "way: look at the instance; `pawl skip` leaves it as it is",
                         reason, step.name));
}

Decision Move::end(RunState state, std::string event, std::string reason) {
  if (state == RunState::failed && !broken(Guard::lost_kept)) {
    if (const auto doubtful = step_in_doubt()) return fail_in_doubt(*doubtful, std::move(reason));
  }
  next_.state = state;
  next_.halts = false;
  if (next_.phase != Phase::over) next_.ended_in = next_.phase;
  next_.phase = Phase::over;
  next_.since = event_.at;
  next_.holds_place = false;
  next_.group = 0;
  next_.cleared = false;
  next_.looked_at = {};
  next_.round_began = {};
  next_.late_looks = 0;
  next_.unclear = 0;
  next_.look = Look::none;
  next_.reason = std::move(reason);
  return entry(std::move(event), Finish{});
}

}  // namespace pawl
