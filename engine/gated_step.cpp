#include "engine/gated_step.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "engine/result.h"

// The table of the move. A run enters a step at `waiting` and leaves it at `over` or into the next
// step; what is committed is marked with *.
//
//   waiting    Admitted{place}      ask the first look before the intent, or, when the proof it
//                                   needs has expired, go back and prove it anew *
//              Replied next         ask the next look
//              Replied wait         come back later; past the patience: failed *
//              Replied clear        park for leave to send
//              Admitted{send}       looks and clock fresh, proof valid: intended *, submit
//   intended   Replied accepted     submitted *
//              Replied wait         waiting *: refused for now, nothing took effect
//              Replied doubt        unsure *
//              Unanswered not_sent  waiting *: proven never to have left
//              Unanswered unknown   unsure *
//   submitted  Replied again        poll; past the time limit: what the step says *
//              Replied passed       next step *, or succeeded *
//              Replied renew        waiting *, a new attempt while there are any
//   unsure     Replied accepted     submitted *: adopted, by evidence
//              Replied absent       after the settle time * each; enough of them: waiting *
//              Replied again        poll; past the patience: needs_operator *
//   any        Replied failed, skip, ask    over *
//              Unanswered (a look)  the same look after a pause
//
// Why two kinds of proof lead out of doubt and nothing else does: the cloud takes no idempotency
// key, so the second submit of an upgrade that did take effect makes a second, billed instance.

namespace pawl {

namespace {

class Move {
 public:
  Move(const Workflow& workflow, const Run& run, const Event& event)
      : workflow_(workflow), event_(event), next_(run), step_(workflow.steps()[run.step]) {}

  Decision admitted(Gate gate);
  Decision replied(const HttpResponse& answer);
  Decision unanswered(const Unanswered& none);
  Decision woke();

 private:
  Decision read_waiting(Reading reading);
  Decision read_submit(Reading reading);
  Decision read_gate(Reading reading);
  Decision read_doubt(Reading reading);
  Decision read_ending(Reading reading);

  Decision intend();
  Decision go_on();
  Decision absent(std::string reason);
  Decision expire(std::string reason);
  Decision renew(std::string reason);
  Decision overdue(const std::string& reason);
  Decision back_to_waiting(std::string event, std::string reason);
  Decision doubt(std::string reason);
  Decision gate_open(std::string_view event, std::string reason);
  Decision end(RunState state, std::string event, std::string reason);
  Decision look_at(Look look);

  bool proof_holds() const;
  RunState resting() const;
  void enter(Phase phase, Duration patience);
  Decision quiet(Effect effect) { return {std::move(next_), effect, std::nullopt, std::nullopt}; }
  Decision entry(std::string event, Effect effect) {
    return {std::move(next_), effect, Audit{std::move(event)}, std::nullopt};
  }

  const Workflow& workflow_;
  const Event& event_;
  Run next_;
  const Step& step_;
};

std::string named(const Step& step, std::string_view what) {
  return fmt::format("{}_{}", step.name, what);
}

/// Law 2: unknown or unreadable counts as expired, and so does what expires within the margin.
bool Move::proof_holds() const {
  if (!step_.needs_valid) return true;
  return next_.valid_until && event_.cloud &&
         event_.cloud->latest + workflow_.rules().margin < *next_.valid_until;
}

/// The state of a run that has nothing of this step in flight.
RunState Move::resting() const {
  return next_.step == 0 && next_.checked_once ? workflow_.steps()[1].before : step_.before;
}

void Move::enter(Phase phase, Duration patience) {
  next_.phase = phase;
  next_.since = event_.at;
  next_.deadline = event_.at + patience;
  next_.cleared = false;
  next_.looked_at = {};
}

Decision Move::look_at(Look look) {
  next_.look = look;
  return quiet(Ask{look});
}

Decision Move::admitted(Gate gate) {
  check(next_.phase == Phase::waiting, "only a waiting run is admitted");
  if (gate == Gate::send) {
    check(next_.cleared, "leave to send comes after the looks");
    return intend();
  }
  check(step_.place == gate, "a run is admitted to the place that its step asks for");
  next_.holds_place = true;
  next_.deadline = event_.at + step_.patience;
  if (step_.needs_valid && event_.cloud && !proof_holds()) {
    return expire("its pre-check no longer counts: it has expired or expires within the margin");
  }
  return look_at(step_.before_look);
}

/// Everything that may have changed since the looks is judged once more, at the last moment.
Decision Move::intend() {
  const bool fresh = event_.at - next_.looked_at <= looks_fresh_for;
  if (!event_.cloud || !fresh) {
    next_.cleared = false;
    next_.looked_at = {};
    return look_at(step_.before_look);
  }
  if (!proof_holds()) return expire("its pre-check expires within the margin");
  if (!next_.attempt_open) {
    next_.attempt_open = true;
    ++next_.attempts[next_.step];
    next_.sends = 0;
  }
  ++next_.sends;
  enter(Phase::intended, workflow_.rules().request);
  next_.state = step_.during;
  next_.intended = event_.cloud;
  next_.sender_gone.reset();
  next_.last_absence.reset();
  next_.absences = 0;
  next_.reason.clear();
  return entry(std::string(step_.events.requested), Submit{});
}

Decision Move::replied(const HttpResponse& answer) {
  if (next_.phase == Phase::intended) {
    Facts facts = next_.facts;
    Reading reading = workflow_.read_submit(next_, answer, facts);
    next_.facts = std::move(facts);
    return read_submit(std::move(reading));
  }
  Facts facts = next_.facts;
  Reading reading = workflow_.read(next_, answer, event_, facts);
  next_.facts = std::move(facts);
  switch (next_.phase) {
    case Phase::waiting:
      return read_waiting(std::move(reading));
    case Phase::submitted:
      return read_gate(std::move(reading));
    case Phase::unsure:
      return read_doubt(std::move(reading));
    case Phase::intended:
    case Phase::over:
      break;
  }
  check(false, "a run that is over has no call in flight");
  return go_on();
}

Decision Move::read_waiting(Reading reading) {
  if (next_.looked_at == Instant{}) next_.looked_at = event_.at;
  switch (reading.verdict) {
    case Verdict::next:
      return look_at(reading.look);
    case Verdict::clear:
      next_.cleared = true;
      return quiet(Park{Gate::send});
    case Verdict::wait:
      if (event_.at >= next_.deadline) {
        return end(RunState::failed, std::string(step_.events.failed),
                   fmt::format("it could not be started within {}: {}",
                               format_duration(step_.patience), reading.reason));
      }
      next_.looked_at = {};
      next_.reason = std::move(reading.reason);
      next_.look = step_.before_look;
      return quiet(Await{Pace::backoff, std::nullopt});
    case Verdict::stale:
      return expire(std::move(reading.reason));
    case Verdict::failed:
    case Verdict::skip:
    case Verdict::ask:
    case Verdict::stop:
      return read_ending(std::move(reading));
    case Verdict::accepted:
    case Verdict::doubt:
    case Verdict::again:
    case Verdict::absent:
    case Verdict::passed:
    case Verdict::renew:
      break;
  }
  check(false, "a look before the intent cannot say that");
  return go_on();
}

Decision Move::read_submit(Reading reading) {
  switch (reading.verdict) {
    case Verdict::accepted:
      enter(Phase::submitted, step_.timeout);
      next_.look = step_.gate_look;
      next_.reason.clear();
      return entry(std::string(step_.events.accepted), Await{Pace::poll, std::nullopt});
    case Verdict::wait:
      return back_to_waiting(named(step_, "refused"), std::move(reading.reason));
    case Verdict::doubt:
      return doubt(std::move(reading.reason));
    case Verdict::stale:
      next_.sends = 0;
      return expire(std::move(reading.reason));
    case Verdict::stop: {
      Decision decision = back_to_waiting(named(step_, "refused"), reading.reason);
      decision.stop = std::move(reading.reason);
      return decision;
    }
    case Verdict::failed:
    case Verdict::skip:
    case Verdict::ask:
      return read_ending(std::move(reading));
    case Verdict::next:
    case Verdict::clear:
    case Verdict::again:
    case Verdict::absent:
    case Verdict::passed:
    case Verdict::renew:
      break;
  }
  check(false, "the answer to a submit cannot say that");
  return go_on();
}

Decision Move::read_gate(Reading reading) {
  switch (reading.verdict) {
    case Verdict::next:
      return look_at(reading.look);
    case Verdict::again:
      if (event_.at >= next_.deadline) return overdue(reading.reason);
      return quiet(Await{Pace::poll, std::nullopt});
    case Verdict::passed:
      next_.valid_until = reading.until ? reading.until : next_.valid_until;
      return gate_open(step_.events.passed, std::move(reading.reason));
    case Verdict::renew:
      return renew(std::move(reading.reason));
    case Verdict::failed:
    case Verdict::skip:
    case Verdict::ask:
    case Verdict::stop:
      return read_ending(std::move(reading));
    case Verdict::clear:
    case Verdict::wait:
    case Verdict::stale:
    case Verdict::accepted:
    case Verdict::doubt:
    case Verdict::absent:
      break;
  }
  check(false, "a gate cannot say that");
  return go_on();
}

Decision Move::read_doubt(Reading reading) {
  if (!next_.sender_gone && event_.cloud) next_.sender_gone = event_.cloud->latest;
  switch (reading.verdict) {
    case Verdict::next:
      return look_at(reading.look);
    case Verdict::accepted:
      enter(Phase::submitted, step_.timeout);
      next_.look = step_.gate_look;
      next_.reason = std::move(reading.reason);
      return entry(std::string(step_.events.adopted), Await{Pace::at_once, std::nullopt});
    case Verdict::absent:
      return absent(std::move(reading.reason));
    case Verdict::again:
      if (event_.at >= next_.deadline) {
        return end(RunState::needs_operator, "operator_needed",
                   fmt::format("whether the {} was started cannot be told: {}", step_.name,
                               reading.reason));
      }
      next_.look = step_.doubt_look;
      return quiet(Await{Pace::backoff, std::nullopt});
    case Verdict::failed:
    case Verdict::skip:
    case Verdict::ask:
    case Verdict::stop:
      return read_ending(std::move(reading));
    case Verdict::clear:
    case Verdict::wait:
    case Verdict::stale:
    case Verdict::doubt:
    case Verdict::passed:
    case Verdict::renew:
      break;
  }
  check(false, "a look in doubt cannot say that");
  return go_on();
}

Decision Move::read_ending(Reading reading) {
  switch (reading.verdict) {
    case Verdict::failed:
      return end(RunState::failed, std::string(step_.events.failed), std::move(reading.reason));
    case Verdict::skip:
      return end(RunState::skipped, "instance_skipped", std::move(reading.reason));
    case Verdict::ask:
      return end(RunState::needs_operator, "operator_needed", std::move(reading.reason));
    case Verdict::stop: {
      Decision decision = quiet(Await{Pace::backoff, std::nullopt});
      decision.stop = std::move(reading.reason);
      return decision;
    }
    case Verdict::next:
    case Verdict::clear:
    case Verdict::wait:
    case Verdict::stale:
    case Verdict::accepted:
    case Verdict::doubt:
    case Verdict::again:
    case Verdict::absent:
    case Verdict::passed:
    case Verdict::renew:
      break;
  }
  check(false, "not an ending");
  return go_on();
}

Decision Move::unanswered(const Unanswered& none) {
  if (next_.phase != Phase::intended) return quiet(Await{Pace::backoff, std::nullopt});
  if (none.delivery == Delivery::not_sent) {
    --next_.sends;
    return back_to_waiting(named(step_, "not_sent"),
                           fmt::format("the request never left: {}", none.why));
  }
  return doubt(none.why);
}

Decision Move::woke() {
  check(next_.phase != Phase::over && next_.phase != Phase::intended, "nothing to wake up for");
  if (next_.phase == Phase::waiting && !next_.holds_place && step_.place) {
    return quiet(Park{*step_.place});
  }
  return quiet(Ask{next_.look});
}

Decision Move::doubt(std::string reason) {
  enter(Phase::unsure, workflow_.rules().settle * 5);
  next_.look = step_.doubt_look;
  next_.absences = 0;
  next_.last_absence.reset();
  next_.sender_gone =
      event_.cloud ? std::optional<CloudInstant>(event_.cloud->latest) : std::nullopt;
  next_.reason = std::move(reason);
  return entry(std::string(step_.events.unsure), Await{Pace::backoff, std::nullopt});
}

/// One complete round of looks found no trace. It counts only when the settle time had certainly
/// passed at the cloud's clock, and two that count lie some seconds apart.
Decision Move::absent(std::string reason) {
  const Duration settle = workflow_.rules().settle;
  const Duration apart = std::min<Duration>(Duration{5'000}, settle);
  next_.look = step_.doubt_look;
  if (!event_.cloud || !next_.sender_gone) return quiet(Await{Pace::backoff, std::nullopt});
  CloudInstant due = *next_.sender_gone + settle;
  if (next_.last_absence) due = std::max(due, *next_.last_absence + apart);
  if (event_.cloud->earliest < due) {
    return quiet(Await{Pace::at_once, event_.at + (due.at - event_.cloud->earliest.at)});
  }
  ++next_.absences;
  next_.last_absence = event_.cloud->latest;
  if (next_.absences < step_.absences_needed) {
    next_.reason = std::move(reason);
    return entry(named(step_, "not_found"), Await{Pace::at_once, event_.at + apart});
  }
  if (next_.sends >= sends_max) {
    return end(RunState::needs_operator, "operator_needed",
               fmt::format("the {} was sent {} times and left no trace each time: {}", step_.name,
                           next_.sends, reason));
  }
  return back_to_waiting(named(step_, "not_found"), std::move(reason));
}

/// Nothing took effect: the same attempt looks afresh and may send again.
Decision Move::back_to_waiting(std::string event, std::string reason) {
  enter(Phase::waiting, step_.patience);
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
  next_.state = back == 0 ? workflow_.steps()[1].before : proof.before;
  next_.holds_place = false;
  next_.attempt_open = true;  // a renewal is a repeat of a passed check, not another try
  next_.sends = 0;
  next_.intended.reset();
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
  return go_on();
}

Decision Move::gate_open(std::string_view event, std::string reason) {
  const auto steps = workflow_.steps();
  if (next_.step == 0) next_.checked_once = true;
  if (next_.step + 1U == steps.size()) {
    return end(RunState::succeeded, std::string(event), std::move(reason));
  }
  ++next_.step;
  const Step& following = steps[next_.step];
  enter(following.submits ? Phase::waiting : Phase::submitted,
        following.submits ? following.patience : following.timeout);
  next_.attempt_open = false;
  next_.sends = 0;
  next_.intended.reset();
  next_.reason = std::move(reason);
  next_.state = following.submits ? following.before : following.during;
  next_.look = following.submits ? following.before_look : following.gate_look;
  if (!following.submits) {
    ++next_.attempts[next_.step];
    return entry(std::string(event), Ask{next_.look});
  }
  next_.holds_place = false;
  return entry(std::string(event), Park{*following.place});
}

Decision Move::end(RunState state, std::string event, std::string reason) {
  next_.state = state;
  next_.phase = Phase::over;
  next_.since = event_.at;
  next_.holds_place = false;
  next_.cleared = false;
  next_.looked_at = {};
  next_.look = Look::none;
  next_.reason = std::move(reason);
  return entry(std::move(event), Finish{});
}

Decision Move::go_on() {
  return quiet(Await{Pace::backoff, std::nullopt});
}

}  // namespace

Decision begin(const Workflow& workflow, Run run, Instant at) {
  const Step& first = workflow.steps().front();
  check(first.submits && first.place.has_value(), "a workflow starts with a step that is admitted");
  run.state = first.before;
  run.phase = Phase::waiting;
  run.step = 0;
  run.look = first.before_look;
  run.since = at;
  return {std::move(run), Park{*first.place}, Audit{"instance_enrolled"}, std::nullopt};
}

Decision decide(const Workflow& workflow, const Run& run, const Event& event) {
  Move move(workflow, run, event);
  return std::visit(
      Overloaded{[&](const Admitted& admitted) { return move.admitted(admitted.gate); },
                 [&](const Replied& replied) { return move.replied(replied.response); },
                 [&](const Unanswered& none) { return move.unanswered(none); },
                 [&](const Woke&) { return move.woke(); }},
      event.what);
}

std::optional<Effect> resume_effect(const Workflow& workflow, const Run& run) {
  const Step& step = workflow.steps()[run.step];
  switch (run.phase) {
    case Phase::waiting:
      return Park{*step.place};
    case Phase::intended:
      return std::nullopt;
    case Phase::submitted:
    case Phase::unsure:
      return Await{Pace::at_once, std::nullopt};
    case Phase::over:
      return Finish{};
  }
  return std::nullopt;
}

}  // namespace pawl
