// One event loop drives one rollout. Each turn: take every event that is ready, decide, commit
// everything in one transaction, and only then act. The loop itself is deterministic in what its
// seams give it, so that a simulation can drive it in virtual time.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <queue>
#include <string>
#include <vector>

#include "engine/cloud_clock.h"
#include "engine/journal.h"
#include "engine/pacing.h"
#include "engine/ports.h"
#include "engine/quota.h"
#include "engine/rollout.h"
#include "engine/workflow.h"

namespace pawl {

/// An intent that could not be sent this long after the turn of its commit began is closed as not
/// sent: what the turn has judged by may be old then.
inline constexpr Duration send_within{3'000};
/// The driver's sign of life.
inline constexpr Duration pulse_every{10'000};

struct LoopRules {
  RolloutRules rollout;
  PollBounds polls;
  std::uint32_t calls_per_minute = 60;  ///< >= 1
  std::string account;                  ///< whose calls they are: endpoint and project
  Duration levers_every{60'000};        ///< how long a lever may lie unseen
  bool leave_when_waiting = false;      ///< end where only time or a person can go on
};

/// Why the loop has nothing more to do.
enum class Ending : std::uint8_t {
  finished,     ///< every wave is closed
  halted,       ///< the failure budget is spent, and what was in flight has come to its end
  attention,    ///< only runs that a person must decide are left
  waiting,      ///< for approval, a soak, a window, or the end of a pause or freeze
  cancelled,    ///< and what was in flight has come to its end
  interrupted,  ///< asked to stop
  refused,      ///< the cloud refused the credentials
};

/// A command that runs, for people.
struct RunningCommand {
  std::string instance_id, name, step;
  Instant until;  ///< when its time is over
};

/// Is told what has been committed; draws progress. Must not change anything.
class Watcher {
 public:
  Watcher() = default;
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;
  virtual ~Watcher() = default;
  /// The entries of one commit, never none, in their order; right after it, before any effect.
  virtual void committed(std::span<const Entry> entries) = 0;
  /// `waits`: what only time or a person can end, if there is such a thing.
  virtual void turned(const Rollout& rollout, const std::optional<Waiting>& waits, Instant now) = 0;
};

/// Whose levers a loop answers that does nothing else. Those of the store are left to the loop that
/// runs, where one does: answered behind its back, a freeze would not reach it.
enum class LeversOf : std::uint8_t { rollout_and_store, rollout };

class Loop {
 public:
  /// Everything referred to outlives the loop.
  struct Seams {
    const Workflow& workflow;
    Clock& clock;
    HttpClient& client;
    Journal& journal;
    Watcher& watcher;
    CommandRunner* commands = nullptr;  ///< needed where a step of the workflow runs one
  };

  /// Takes up a stored rollout. A state that cannot be read is Fault::store.
  static Result<std::unique_ptr<Loop>> take_up(Seams seams, LoopRules rules,
                                               const StoredRollout& stored);
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  /// One turn; returns why there is nothing more to do, or nothing. A failed commit is an error,
  /// after which the loop must not be used.
  Result<std::optional<Ending>> turn();
  /// Answers the levers that wait, and does nothing else: for whoever pulls one while no driver
  /// runs, or one of another rollout than the driver's. Nothing is sent.
  Outcome pull_levers(LeversOf which);
  /// From now on nothing new is started; turn() ends with `interrupted` once no submit is on its
  /// way any more.
  void stop() { stopping_ = true; }

  const Rollout& rollout() const { return *rollout_; }
  /// Submits that are on their way, commands that run among them.
  std::uint32_t submits_in_flight() const { return submits_in_flight_; }
  /// The commands that run; a pass over the fleet.
  std::vector<RunningCommand> running_commands() const;
  /// What only time or a person can end, as far as is known at `now`.
  std::optional<Waiting> what_waits(Instant now) const;
  const std::string& refused_because() const { return refused_because_; }

 private:
  /// Where a round of looks ended, and how much of the trail led there.
  struct Rest {
    Run run;
    std::size_t events;
  };
  struct Member {
    Run run;
    Effect effect = Finish{};
    std::uint32_t armed = 0;   // grows with every event
    std::uint16_t tries = 0;   // pauses since the run last got on
    std::vector<Event> trail;  // what changed the run since its last entry
    std::vector<Rest> rests;   // since the last entry, each at another state
  };
  struct Timer {
    Instant at;
    std::uint32_t position, armed;
    bool operator>(const Timer& other) const { return at > other.at; }
  };
  struct Pending {
    std::uint32_t position, armed;
  };

  Loop(Seams seams, LoopRules rules, const StoredRollout& stored);

  Result<bool> begin(Instant now);
  Outcome begin_and_pull(LeversOf which, Instant now);
  std::optional<std::uint32_t> position_of(const std::string& instance_id);
  bool has_had_its_event(const Lever& lever);
  void pull(const Lever& lever, Instant now);
  void pull_on_store(const Lever& lever, Instant now);
  void pull_on_run(const Lever& lever, Instant now);
  void refuse(const Lever& lever, const std::string& why, Instant now);
  void cancel_what_waits();
  void cancel_some(Instant now);
  Present present(Instant now) const;
  Present guessed(Instant now) const;
  std::optional<Waiting> what_time_ends(Instant now) const;
  bool wants_the_time(Instant now) const;
  void ask_the_time(Instant now);
  void gather(Instant now);
  void tell_rate(const std::string& request_id, Instant now);
  void take_completion(Completion& completion, Instant now);
  void take_timers(Instant now);
  void admit(Instant now);
  void admit_command(std::uint32_t position, Gate gate, Instant now);
  void admit_after(Instant now);
  void end_left_behind();
  void take_command_ends(Instant now);
  bool runs_command(const Run& run) const;
  void happen(std::uint32_t position, Event event);
  static void end_round(Member& member);
  std::string asked(const Run& run) const;
  void advance(Instant now);
  Outcome commit(Instant now);
  void act(Instant now);
  void arm(std::uint32_t position, Instant now);
  void send_calls(Instant now);
  void send_submits(Instant committed_at);
  Instant next_wake(Instant now) const;
  std::optional<Ending> ending(Instant now) const;
  bool quiet() const { return stopping_ || !refused_because_.empty(); }

  Seams seams_;
  LoopRules rules_;
  std::string id_;
  std::optional<Rollout> rollout_;
  CloudClock cloud_clock_;
  std::optional<Quota> quota_;
  Pacing pacing_;

  std::vector<Member> members_;
  std::int64_t first_run_ = 0;              // members_[i].run.id == first_run_ + i
  std::vector<std::uint32_t> by_instance_;  // positions, by instance id; empty until it is needed
  std::priority_queue<Timer, std::vector<Timer>, std::greater<>> timers_;
  std::array<std::deque<Pending>, priorities> calls_;  // waiting for a call of the quota
  std::deque<std::uint32_t> clears_;                   // parked at Gate::send
  std::vector<std::deque<std::uint32_t>> afters_;      // parked at Gate::after, by wave
  std::size_t kept_calls_ = 0;  // for those of them that nothing else holds back

  // Of the current turn.
  std::vector<Completion> done_;
  std::vector<CommandEnd> ended_;
  std::vector<Entry> entries_;
  std::vector<std::uint32_t> moved_;    // whose effect is to be armed after the commit
  std::vector<std::uint32_t> submits_;  // whose submit is to be sent after the commit
  std::vector<std::int64_t> pulled_;    // levers that the entries answer

  std::uint32_t submits_in_flight_ = 0;
  std::uint32_t moving_ = 0;  // members that wait for an answer or a time
  std::int64_t calls_sent_ = 0;
  Instant pulse_at_{};
  Instant turned_at_{};
  Instant watched_since_{};  // from then on no turn has been slept over, and none was another's
  bool recovering_ = true;   // the first turn answers what was open when the last driver ended
  bool again_ = false;       // something parked or moved that the next turn may admit
  bool stopping_ = false;
  std::deque<std::uint32_t> to_cancel_;  // while cancelling: what has nothing in flight
  std::optional<Instant> time_asked_;
  bool time_comes_ = false;  // it was asked, and no answer or error has come
  std::string refused_because_;
};

}  // namespace pawl
