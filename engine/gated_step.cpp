#include "engine/gated_step.h"

#include <fmt/core.h>

#include <utility>

#include "engine/breakable.h"
#include "engine/gated_move.h"
#include "engine/result.h"

// The table of the move. A run enters a step at `waiting` and leaves it at `over` or into the next
// step; what is committed is marked with *.
//
//   waiting    Admitted{place}      ask the first look before the intent, or, when the proof it
//                                   needs has expired, go back and prove it anew *
//              Replied next         ask the next look
//              Replied wait         come back later; past the patience: failed *
//              Replied accepted     submitted *: someone else's task is adopted, nothing is sent
//              Replied clear        park for leave to send
//              Replied passed       nothing to do: next step *
//              Woke, when clear     give the place back: its window has closed
//              Admitted{send}       looks and clock fresh, proof valid: intended *, submit
//   intended   Replied accepted     submitted *
//              Replied wait         waiting *: refused for now, nothing took effect; past the
//                                   patience: failed *
//              Replied doubt        unsure *
//              Unanswered not_sent  waiting *: proven never to have left
//              Unanswered unknown   unsure *; of a command: needs_operator *
//              Exited               of a command: next step *, or failed *
//   submitted  Replied again        poll; * where it tells how the step stands and nothing did for
//                                   a while, or the other way round; past the time limit: what the
//                                   step says *
//              Replied passed       next step *, or succeeded *
//              Replied renew        waiting *, a new attempt while there are any
//   unsure     Replied, any         * where it brings the first time of the cloud's, or the first
//                                   sight of what may be of the submit
//   unsure     Replied accepted     submitted *: adopted, by evidence, once the doubt has its date
//              Replied absent       after the settle time * each; enough of them in a row: waiting
//                                   *; never, once anything of it was in sight
//              Replied again        poll; * where it shows something, which breaks such a row; past
//                                   the patience: needs_operator *
//   over       Directed retry       waiting *, unsure * or submitted *: see directed_move.cpp
//   over       Directed skip        over *, left alone
//   over       Directed cancel      over *, no longer for a person to decide
//   waiting    Directed cancel      over *
//   any        Replied failed, skip, ask    over *
//              Unanswered (a look)  the same look after a pause; submitted: as an unclear answer;
//                                   past the phase's time, as above
//
// A phase whose time is over still gets late_looks_max looks (decision 24).
//
// Why two kinds of proof lead out of doubt and nothing else does: the cloud takes no idempotency
// key, so the second submit of an upgrade that did take effect makes a second, billed instance.

namespace pawl {

Decision Move::look_at(Look look) {
  next_.look = look;
  return quiet(Ask{look});
}

Decision Move::admitted(const Admitted& admitted) {
  if (admitted.gate == Gate::send || admitted.gate == Gate::after) return intend(admitted.group);
  next_.holds_place = true;
  give_time(step_.patience);
  if (step_.needs_valid && event_.cloud && !proof_holds()) {
    return expire("its pre-check no longer counts: it has expired or expires within the margin");
  }
  return look_at(workflow_.first_look(next_, event_));
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
      return hear_in_doubt(std::move(reading));
    case Phase::intended:
    case Phase::over:
      break;
  }
  broken_rule("a run that is over has no call in flight");
}

Decision Move::read_waiting(Reading reading) {
  if (next_.looked_at == Instant{}) next_.looked_at = event_.at;
  switch (reading.verdict) {
    case Verdict::next:
      return look_at(reading.look);
    case Verdict::clear:
      next_.cleared = true;
      next_.cleared_at = event_.at;
      if (broken(Guard::in_bounds)) return intend();
      return quiet(Park{Gate::send});
    case Verdict::wait:
      next_.looked_at = {};
      next_.reason = std::move(reading.reason);
      next_.look = step_.before_look;
      return look_later({Pace::backoff, std::nullopt}, next_.reason);
    case Verdict::accepted:
      return adopt(std::move(reading.reason));
    case Verdict::stale:
      return expire(std::move(reading.reason));
    case Verdict::passed:
      return gate_open(event_of(step_, "needless"), std::move(reading.reason));
    case Verdict::failed:
    case Verdict::skip:
    case Verdict::ask:
    case Verdict::stop:
      return read_ending(std::move(reading));
    case Verdict::doubt:
    case Verdict::again:
    case Verdict::absent:
    case Verdict::renew:
      break;
  }
  broken_rule("a look before the intent cannot say that");
}

Decision Move::read_submit(Reading reading) {
  switch (reading.verdict) {
    case Verdict::accepted:
      enter(Phase::submitted, step_.timeout);
      next_.look = step_.gate_look;
      next_.reason.clear();
      return entry(std::string(step_.events.accepted), Await{Pace::poll, std::nullopt});
    case Verdict::wait:
      return turned_away("refused", std::move(reading.reason));
    case Verdict::doubt: {
      Decision decision = doubt(reading.reason);
      if (reading.ends_calls) decision.stop = std::move(reading.reason);
      return decision;
    }
    case Verdict::stop: {
      Decision decision = turned_away("refused", reading.reason);
      decision.stop = std::move(reading.reason);
      return decision;
    }
    case Verdict::failed:
      --next_.sends[next_.step];  // certainly refused
      return read_ending(std::move(reading));
    case Verdict::skip:
    case Verdict::ask:
      return read_ending(std::move(reading));
    case Verdict::next:
    case Verdict::clear:
    case Verdict::stale:
    case Verdict::again:
    case Verdict::absent:
    case Verdict::passed:
    case Verdict::renew:
      break;
  }
  broken_rule("the answer to a submit cannot say that");
}

Decision Move::read_gate(Reading reading) {
  switch (reading.verdict) {
    case Verdict::next:
      return look_at(reading.look);
    case Verdict::again:
      next_.look = step_.gate_look;
      return follow(Pace::poll, reading.unclear ? Heard::something_else : Heard::how_it_stands,
                    reading.reason);
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
  broken_rule("a gate cannot say that");
}

/// Two things of an answer in doubt are kept at once, whatever it decides. From which time of the
/// cloud's the settle time runs may be known only now, when the first answer after a crash brings a
/// Date: drivers that die young would begin it for ever. And what was shown once was there, though
/// a later answer, of another copy of the cloud's data, does not show it.
Decision Move::hear_in_doubt(Reading reading) {
  const bool sights = reading.sighted && !next_.sighted;
  const bool dates = !next_.sender_gone && event_.cloud;
  if (sights) {
    next_.sighted = true;
    next_.reason = reading.reason;
  }
  if (dates) {
    next_.sender_gone = event_.cloud->latest;
    next_.round_began = {};  // before that time, so it proves nothing; nor does the entry keep it
    give_time(doubt_patience());
  }
  Decision decision = read_doubt(std::move(reading));
  if (!decision.audit && sights) decision.audit = Audit{event_of(step_, "sighted")};
  if (!decision.audit && dates) decision.audit = Audit{event_of(step_, "looked_for")};
  return decision;
}

Decision Move::read_doubt(Reading reading) {
  switch (reading.verdict) {
    case Verdict::next:
      return look_at(reading.look);
    case Verdict::accepted:
      if (!next_.sender_gone) {
        next_.look = step_.doubt_look;
        return look_later({Pace::backoff, std::nullopt},
                          "the cloud's answers do not tell its time");
      }
      enter(Phase::submitted, step_.timeout);
      next_.look = step_.gate_look;
      next_.reason = std::move(reading.reason);
      return entry(std::string(step_.events.adopted), Await{Pace::at_once, std::nullopt});
    case Verdict::absent:
      return absent(std::move(reading.reason));
    case Verdict::again:
      if (!reading.unclear) return present(reading.reason);
      next_.look = step_.doubt_look;  // it tells nothing, as no answer does
      return look_later({Pace::backoff, std::nullopt}, reading.reason);
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
  broken_rule("a look in doubt cannot say that");
}

Decision Move::read_ending(Reading reading) {
  switch (reading.verdict) {
    case Verdict::failed: {
      Decision decision =
          end(RunState::failed, std::string(step_.events.failed), std::move(reading.reason));
      decision.next.halts = reading.concerns_all;
      return decision;
    }
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
  broken_rule("not an ending");
}

Decision Move::unanswered(const Unanswered& none) {
  if (next_.phase == Phase::submitted) {
    return follow(Pace::backoff, Heard::nothing, fmt::format("no answer: {}", none.why));
  }
  if (next_.phase != Phase::intended) {
    return look_later({Pace::backoff, std::nullopt}, fmt::format("no answer: {}", none.why));
  }
  if (none.delivery == Delivery::not_sent) {
    return turned_away("not_sent", fmt::format("the request never left: {}", none.why));
  }
  if (step_.runs_command) {
    return end(RunState::needs_operator, "operator_needed",
               fmt::format("how {} ended cannot be told: {}; what it left running has been ended",
                           step_.name, none.why));
  }
  return doubt(none.why);
}

Decision Move::woke() {
  if (next_.phase == Phase::waiting && next_.cleared && step_.place) return give_way();
  if (next_.phase == Phase::waiting && !next_.holds_place && step_.place) {
    return quiet(Park{*step_.place});
  }
  if (next_.phase == Phase::unsure && next_.look == step_.doubt_look) {
    next_.round_began = event_.at;
  }
  return quiet(Ask{next_.look});
}

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

Decision begin_at(const Workflow& workflow, Run run, std::uint8_t step, Instant at) {
  const Step& gate = workflow.steps()[step];
  check(!gate.submits, "a run begins behind what was sent only where a gate comes first");
  run.state = gate.during;
  run.phase = Phase::submitted;
  run.step = step;
  run.look = gate.gate_look;
  run.checked_once = true;
  run.since = at;
  run.deadline = at + gate.timeout;
  return {std::move(run), Await{Pace::at_once, std::nullopt}, Audit{"instance_enrolled"},
          std::nullopt};
}

bool can_meet(const Workflow& workflow, const Run& run, const Event& event) {
  if (run.step >= workflow.steps().size() || !workflow.sound(run)) return false;
  const Step& step = workflow.steps()[run.step];
  if (step.name.empty()) return false;
  const bool commanded = step.runs_command && run.phase == Phase::intended;
  return std::visit(
      Overloaded{
          [&](const Admitted& admitted) {
            if (run.phase != Phase::waiting) return false;
            return admitted.gate == Gate::send ? run.cleared : step.place == admitted.gate;
          },
          [&](const Replied&) { return run.phase != Phase::over && !commanded; },
          [&](const Unanswered&) { return run.phase != Phase::over; },
          [&](const Woke&) { return run.phase != Phase::over && run.phase != Phase::intended; },
          [&](const Directed& directed) {
            if (directed.directive == Directive::cancel) {
              return run.state == RunState::needs_operator ||
                     (run.phase == Phase::waiting && step.place != Gate::after);
            }
            return run.state == RunState::failed || run.state == RunState::needs_operator;
          },
          [&](const Exited&) { return commanded; }},
      event.what);
}

Decision decide(const Workflow& workflow, const Run& run, const Event& event) {
  check(can_meet(workflow, run, event), "an event that cannot meet its run");
  Move move(workflow, run, event);
  return std::visit(
      Overloaded{[&](const Admitted& admitted) { return move.admitted(admitted); },
                 [&](const Replied& replied) { return move.replied(replied.response); },
                 [&](const Unanswered& none) { return move.unanswered(none); },
                 [&](const Woke&) { return move.woke(); },
                 [&](const Directed& directed) { return move.directed(directed); },
                 [&](const Exited& exited) { return move.exited(exited); }},
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
