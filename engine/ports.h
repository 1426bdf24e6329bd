// The seams to the outside that the loop is driven through; their real sides live in engine/io,
// their virtual twins in the tests.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "engine/command.h"
#include "engine/http.h"
#include "engine/time.h"

namespace pawl {

class Clock {
 public:
  Clock() = default;
  Clock(const Clock&) = delete;
  Clock& operator=(const Clock&) = delete;
  virtual ~Clock() = default;

  /// Local time: the wall clock at the start of the process plus what has passed since, time
  /// asleep included. Never runs back, whatever is done to the wall clock meanwhile.
  virtual Instant now() = 0;
  /// What the wall clock shows at this moment, which may run back: to be shown to others, who judge
  /// by theirs, and never to be stored. It may lag behind now(), which starts no earlier than the
  /// last time in the store.
  virtual Instant wall() { return now(); }
};

/// Names one armed call. `number` grows with every call that a run arms, so an answer that comes
/// after the run has moved on is told apart by comparison.
struct Ticket {
  std::int64_t run = 0;
  std::uint32_t number = 0;
  bool operator==(const Ticket&) const = default;
};

struct NoAnswer {
  Delivery delivery = Delivery::unknown;
  std::string why;  ///< one clause for people, no secret
  bool operator==(const NoAnswer&) const = default;
};

struct Completion {
  Ticket ticket;
  std::variant<HttpResponse, NoAnswer> what;
  Instant sent{}, received{};  ///< local times around the exchange, to judge its Date by
  std::string kept{};  ///< the header that the client was set up to keep; may be a secret, so it
                       ///< stands beside the answer, which is journaled
};

class HttpClient {
 public:
  HttpClient() = default;
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;
  virtual ~HttpClient() = default;

  /// How many calls may be started now; the pool is bounded, the rest waits with the caller.
  virtual std::size_t idle() const = 0;
  /// Begins `call`; never blocks. REQUIRES: idle() > 0. A call that is not safe to
  /// repeat is never repeated underneath, and is held back (not_sent) when its first byte could not
  /// be written before `send_by`; with Repeat::never its connection is its own.
  virtual void start(Ticket ticket, const Call& call, Instant send_by) = 0;
  /// Waits until a call has ended, a watched descriptor or wake-up came, or `until` has passed;
  /// appends what has ended to `done`. An `until` in the past only collects.
  virtual void wait(Instant until, std::vector<Completion>& done) = 0;
};

/// What became of a command that was let go.
struct CommandEnd {
  Ticket ticket;
  std::variant<Exited, NoAnswer> what;
};

/// A command that a driver which has died may have left running.
struct LeftBehind {
  std::int64_t group = 0;
  Command command;  ///< by whose variables its processes are known
};

/// Runs commands, each in a process group of its own that is ended when its time is over, and
/// altogether when its first process has ended.
class CommandRunner {
 public:
  CommandRunner() = default;
  CommandRunner(const CommandRunner&) = delete;
  CommandRunner& operator=(const CommandRunner&) = delete;
  virtual ~CommandRunner() = default;

  /// A process that waits, and runs nothing until it is released; its group, or 0 where none could
  /// be made, which the release then brings to an end as `not_sent`. It goes when this process
  /// does.
  virtual std::int64_t prepare(Ticket ticket, const Command& command) = 0;
  /// Lets go what was prepared under `ticket`: from now on it runs, and its time counts. What comes
  /// of it is collected. One that did not come to run before `start_by` never does: it ends as
  /// `not_sent`.
  virtual void release(Ticket ticket, Instant start_by) = 0;
  /// Ends one that has not been released.
  virtual void drop(Ticket ticket) = 0;
  /// Appends what has ended to `ended`; never blocks.
  virtual void collect(std::vector<CommandEnd>& ended) = 0;
  /// Ends what is left of the groups, unless others have come to bear their numbers; may take as
  /// long as processes are given to end by themselves.
  virtual void end_left_behind(const std::vector<LeftBehind>& left) = 0;
};

using Header = std::pair<std::string, std::string>;

/// Adds what proves who calls. Implementations hold secrets and give them to nobody else.
class Authorizer {
 public:
  Authorizer() = default;
  Authorizer(const Authorizer&) = delete;
  Authorizer& operator=(const Authorizer&) = delete;
  virtual ~Authorizer() = default;

  /// The headers for this request, made at the moment of sending: `wall` is what the wall clock
  /// shows. `host` as it will be sent.
  virtual std::vector<Header> headers(const HttpRequest& request, const std::string& host,
                                      Instant wall) = 0;
  /// Takes secrets out of an answer, which may quote what was sent and is kept.
  virtual void clean(HttpResponse& /*answer*/) const {}
};

}  // namespace pawl
