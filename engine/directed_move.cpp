// What a person decides about a run: to go on with it, to leave it alone, or to end it with its
// rollout. None of these sends; each leads back to a place where the gates are asked.
#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "engine/breakable.h"
#include "engine/gated_move.h"
#include "engine/gated_step.h"
#include "engine/result.h"

namespace pawl {

Decision Move::directed(const Directed& directed) {
  switch (directed.directive) {
    case Directive::retry:
      return retry(directed.reason);
    case Directive::skip:
      return end(RunState::skipped, "instance_skipped",
                 fmt::format("{} decided to leave it alone{}{}", directed.by,
                             directed.reason.empty() ? "" : ": ", directed.reason));
    case Directive::cancel:
      return end(
          RunState::cancelled, "instance_cancelled",
          next_.state == RunState::needs_operator
              ? fmt::format("its rollout was cancelled before anybody decided: {}", next_.reason)
              : "its rollout was cancelled");
  }
  broken_rule("a directive is one of three");
}

/// Decision 1: a further attempt is opened only after the last is proven to have come to nothing;
/// what is in doubt is looked at again, and what was accepted is followed again.
Decision Move::retry(std::string reason) {
  const Phase ended_in = std::exchange(next_.ended_in, Phase::waiting);
  const bool failed = next_.state == RunState::failed;
  const bool followed = !step_.submits || (!failed && ended_in == Phase::submitted);
  next_.reason = std::move(reason);
  next_.halts = false;
  // Behind the upgrade there is nothing but the command to make again; one in doubt is the
  // person's.
  if (step_.runs_command &&
      (step_.place == Gate::after || (!failed && ended_in == Phase::intended)))
    return run_again();
  if (followed) {
    if (!step_.submits) ++next_.attempts[next_.step];
    enter(Phase::submitted, step_.timeout);
    next_.state = step_.during;
    next_.look = step_.gate_look;
    return entry("instance_retried", Await{Pace::at_once, std::nullopt});
  }
  if (!failed && ended_in != Phase::waiting) {
    enter(Phase::unsure, workflow_.rules().settle * 5);
    next_.state = step_.during;
    next_.look = step_.doubt_look;
    next_.absences = 0;
    next_.last_absence.reset();
    // A person has looked, so one more may be sent without; that others are not accounted for
    // stays known.
    next_.sends[next_.step] = std::min<std::uint8_t>(next_.sends[next_.step], sends_max - 1);
    return entry("instance_retried", Await{Pace::at_once, std::nullopt});
  }
  if (failed) {
    // The attempt that came to nothing is over, of every step that it went through, and this is
    // what opens another.
    for (std::uint8_t i = 1; i < steps_max; ++i) {
      const bool made = i == next_.step || (next_.done >> i & 1U) != 0;
      if (made && next_.attempts[i] > 0) ++next_.attempts[i];
    }
    // Whether the old report still counts after a failure is documented nowhere: check anew.
    if (!broken(Guard::checked_anew)) {
      next_.step = 0;
      next_.valid_until.reset();
    }
    next_.intended.reset();
    next_.attempt_open = false;
    next_.sends = {};
    next_.done = 0;
  }
  next_.renewals = 0;
  const Step& step = workflow_.steps()[next_.step];
  enter(Phase::waiting, step.patience);
  next_.state = resting();
  next_.look = step.before_look;
  return entry("instance_retried", Park{*step.place});
}

Decision Move::run_again() {
  enter(Phase::waiting, step_.patience);
  next_.state = step_.before;
  next_.look = step_.before_look;
  next_.attempt_open = false;
  return entry("instance_retried", Park{*step_.place});
}

}  // namespace pawl
