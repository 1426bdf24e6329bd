// The seam to a workflow: a short list of gated steps as data, and pure functions that say what to
// send and how to read the answer. The engine owns phases, persistence, timers and recovery.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/event.h"
#include "engine/http.h"
#include "engine/result.h"
#include "engine/run.h"

namespace pawl {

/// What a reading says about the step. Each is meaningful in the phases named.
enum class Verdict : std::uint8_t {
  next,      ///< ask `look` now (all but intended)
  clear,     ///< nothing stands against the intent (waiting)
  wait,      ///< not now: back to waiting, look again later, with an end (waiting, intended)
  stale,     ///< what an earlier step proved no longer holds: prove it anew (waiting)
  accepted,  ///< the submit took effect, its traces are in the facts (intended, unsure); or what
             ///< someone else has in progress is followed as if it were ours (waiting)
  doubt,     ///< whether the submit took effect cannot be told (intended)
  again,     ///< nothing decided yet: begin the looks again later (submitted, unsure)
  absent,    ///< the whole round of looks found no trace of the submit (unsure)
  passed,    ///< the gate is open, until `until` where that is given (submitted); or the step has
             ///< nothing to do here (waiting)
  renew,     ///< the attempt came to nothing without harm: make a new one (submitted)
  failed,    ///< the world says no, for good
  skip,      ///< the run has nothing to do
  ask,       ///< only a person can decide
  stop,      ///< the credentials were refused: every call of the store ends
};

struct Reading {
  Verdict verdict;
  std::string reason;  ///< one sentence for people
  Look look = Look::none;
  std::optional<CloudInstant> until;  ///< with `passed`
  bool unclear = false;               ///< with `again`: nor does it tell how the step stands
  bool sighted = false;               ///< with `next` or `again` in doubt: something that may be
                                      ///< the submit is visible, but does not prove it
  bool ends_calls = false;            ///< with `doubt`: as `stop` has it
  bool concerns_all = false;          ///< with `failed`: no further run would fare better
};

/// The audit events of a step, as contract.md names them. `expired` marks a step whose passing is a
/// proof that later ones need (`needs_valid`): when it no longer holds, the run goes back to the
/// nearest such position that is not above its own, to the first where there is none.
struct StepEvents {
  std::string_view requested, accepted, adopted, unsure, passed, failed, expired;
};

enum class WhenOverdue : std::uint8_t { fail, renew, ask_operator };

struct Step {
  std::string_view name;             ///< empty: the workflow has no such step
  std::optional<std::uint8_t> next;  ///< position of the step that follows; none: the run is done
  RunState before, during;           ///< shown until the intent, and from it to the step's end
  std::optional<Gate> place;         ///< the admission it waits for; none: it goes on at once
  bool submits = false;              ///< false: a gate only
  Repeat repeat = Repeat::never;     ///< of what it submits
  bool needs_valid = false;          ///< an intent only while `valid_until` lies beyond the margin
  Look before_look = Look::none, gate_look = Look::none, doubt_look = Look::none;
  Duration patience{};  ///< from the admission, how long `wait` and refusals may last
  Duration timeout{};   ///< how long the gate may stay shut
  WhenOverdue overdue = WhenOverdue::ask_operator;
  std::uint8_t absences_needed = 2;  ///< rounds without trace before it may be sent again
  std::uint16_t attempts_max = 1;    ///< attempts that pawl opens by itself
  bool runs_command = false;         ///< its submit lets a command go, whose exit code is the gate
  bool once =
      false;  ///< what it made counts: it is not made again within the same attempt of the run
  StepEvents events;
};

/// What a decision about a run leaves for people to do: after an upgrade, a failure, or a doubt
/// given up.
struct Obligation {
  std::string_view kind;  ///< a stable word
  std::string text;       ///< one sentence: what to do
  bool operator==(const Obligation&) const = default;
};

/// Durations that every step shares, from the plan.
struct StepRules {
  Duration settle{120'000};  ///< after it, a submit that left no trace did not take effect
  Duration margin{600'000};  ///< what expires sooner counts as expired
  Duration request{30'000};  ///< one call's time limit
};

/// Which look goes first when calls are scarce; smaller is more urgent. Submits go before them all.
enum class Priority : std::uint8_t { doubt, cutover, poll };
inline constexpr std::size_t priorities = 3;

class Workflow {
 public:
  Workflow() = default;
  Workflow(const Workflow&) = delete;
  Workflow& operator=(const Workflow&) = delete;
  virtual ~Workflow() = default;

  virtual std::string_view name() const = 0;
  /// At most steps_max, the first of which comes first; the same for as long as the workflow lives.
  /// A position means the same step in every rollout, for it is stored.
  virtual std::span<const Step> steps() const = 0;
  virtual const StepRules& rules() const = 0;
  /// Every fact that a run of this workflow may have.
  virtual std::span<const FactKey> fact_keys() const = 0;
  /// The run's facts suffice for where it stands. A store can have been edited; a run that is not
  /// sound is refused before anything is asked about it.
  virtual bool sound(const Run& run) const = 0;

  /// The look that an admission begins with: before_look, or one behind those that would be vain.
  virtual Look first_look(const Run& run, const Event&) const {
    return steps()[run.step].before_look;
  }
  /// The request for `look`, or the submit of the run's step.
  virtual HttpRequest ask(const Run& run, Look look) const = 0;
  virtual HttpRequest submit(const Run& run) const = 0;
  /// The command of the run's step, where it runs one.
  virtual Command command(const Run&) const {
    broken_rule("a workflow whose steps run no command");
  }
  /// A harmless request that is of no run, for the Date of its answer alone.
  virtual HttpRequest ask_time() const = 0;
  /// How urgent this look is when calls are scarce.
  virtual Priority priority(const Run& run, Look look) const = 0;

  /// Reads the answer to `look` (`run.look`), by the run's phase; may note what it learns.
  virtual Reading read(const Run& run, const HttpResponse& answer, const Event& event,
                       Facts& facts) const = 0;
  /// Whether the cloud answered that there are too many calls.
  virtual std::optional<Throttle> throttle(const HttpResponse& answer) const {
    return answer.status == 429 ? std::optional(Throttle{}) : std::nullopt;
  }
  /// Why nobody's call would be let in any more, where the answer says so, whatever was asked.
  virtual std::optional<std::string> refuses_all(const HttpResponse&) const { return std::nullopt; }
  /// Reads the answer to the submit.
  virtual Reading read_submit(const Run& run, const HttpResponse& answer, Facts& facts) const = 0;

  /// What the decision that led from `before` to `after` leaves for people to do; mostly nothing.
  virtual std::vector<Obligation> leaves(const Run& /*before*/, const Run& /*after*/) const {
    return {};
  }
};

}  // namespace pawl
