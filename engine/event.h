// Events say what happened, effects what to do next, and a decision joins the two. A run always
// has exactly one effect.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "engine/command.h"
#include "engine/http.h"
#include "engine/run.h"
#include "engine/time.h"

namespace pawl {

/// Calls the visitor's overload for what a variant holds; every kind must have one.
template <typename... Fs>
struct Overloaded : Fs... {
  using Fs::operator()...;
};
template <typename... Fs>
Overloaded(Fs...) -> Overloaded<Fs...>;

/// A permission that a run may have to wait for.
enum class Gate : std::uint8_t {
  check,    ///< a place among the checks in flight
  upgrade,  ///< a place among the upgrades in flight of the open wave
  send,     ///< leave to commit an intent now: levers, and a call of the quota
  after,    ///< leave for what belongs to an upgrade that is made: nothing stands against it
};

struct Admitted {
  Gate gate;
  std::int64_t group = 0;  ///< process group of the command that waits for its release
  bool operator==(const Admitted&) const = default;
};
struct Replied {
  HttpResponse response;
  bool operator==(const Replied&) const = default;
};
struct Unanswered {
  Delivery delivery;
  std::string why;
  bool operator==(const Unanswered&) const = default;
};
struct Woke {
  bool operator==(const Woke&) const = default;
};

/// What a person asks of a run, or the end of its rollout.
enum class Directive : std::uint8_t {
  retry,   ///< of a run that has failed or needs an operator
  skip,    ///< the same
  cancel,  ///< of one that has nothing at the cloud, or that waits for a person
};
struct Directed {
  Directive directive;
  std::string by, reason;
  bool operator==(const Directed&) const = default;
};

struct Event {
  Instant at{};                   ///< local
  std::optional<CloudNow> cloud;  ///< absent when no answer of the last minute tells
  std::variant<Admitted, Replied, Unanswered, Woke, Directed, Exited> what;
  bool operator==(const Event&) const = default;
};

/// Ask a question that may be asked again.
struct Ask {
  Look look;
  bool operator==(const Ask&) const = default;
};
/// Send the one call of this step that changes the world, or let its command go.
struct Submit {
  bool operator==(const Submit&) const = default;
};
/// Come back when it is worth while: `poll` at the pace that such steps take, `backoff` after
/// something went wrong, both not before `not_before`.
enum class Pace : std::uint8_t { poll, backoff, at_once };
struct Await {
  Pace pace;
  std::optional<Instant> not_before;
  bool operator==(const Await&) const = default;
};
struct Park {
  Gate gate;
  bool operator==(const Park&) const = default;
};
/// Nothing more: the run has ended or waits for a person.
struct Finish {
  bool operator==(const Finish&) const = default;
};
using Effect = std::variant<Ask, Submit, Await, Park, Finish>;

/// What the journal says of a decision: the audit event's name.
struct Audit {
  std::string event;
  bool operator==(const Audit&) const = default;
};

struct Decision {
  Run next;
  Effect effect;
  /// Present: commit an entry before the effect. Absent: a look that decided nothing.
  std::optional<Audit> audit;
  /// Present: the credentials were refused; no call of this store may follow.
  std::optional<std::string> stop;
  bool operator==(const Decision&) const = default;
};

}  // namespace pawl
