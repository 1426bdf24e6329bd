// Calls over a network that delays, loses and spoils, to the one cloud of a world. What is on its
// way when the driver dies goes on without it.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "engine/ports.h"
#include "tests/simulation/laws.h"
#include "tests/simulation/lifeline.h"
#include "tests/simulation/machine.h"
#include "tests/simulation/true_cloud.h"

namespace pawl::simulation {

/// The local clock of one process: it starts where the wall clock stood and counts what passes.
class LocalClock final : public Clock {
 public:
  LocalClock(World& world, Instant start) : world_(world), start_(start), began_(world.now()) {}
  Instant now() override { return at(world_.now()); }
  Instant at(Instant true_time) const { return start_ + (true_time - began_); }
  Instant true_time(Instant at) const { return began_ + (at - start_); }

 private:
  World& world_;
  const Instant start_, began_;
};

class Network final : public HttpClient {
 public:
  struct Ends {
    World& world;
    TrueCloud& cloud;
    Laws& laws;
    Lifeline& life;
    std::vector<Instant>& calls;  ///< when calls have left
    bool credentials_good;
  };
  /// An end of `commands` wakes it.
  Network(const Ends& ends, const Commands& commands, const LocalClock& clock)
      : ends_(ends), commands_(commands), inbox_(std::make_shared<Inbox>(Inbox{clock, {}, 0})) {}

  std::size_t idle() const override { return calls_max - inbox_->open; }
  void start(Ticket ticket, const Call& call, Instant send_by) override;
  void wait(Instant until, std::vector<Completion>& done) override;

 private:
  static constexpr std::size_t calls_max = 100;
  /// Where answers come to, for as long as the process lives.
  struct Inbox {
    const LocalClock& clock;
    std::vector<Completion> done;
    std::size_t open;
  };
  struct Exchange;

  Duration on_the_way();
  void send(Exchange exchange);
  static void arrive(const Ends& ends, const Exchange& exchange);
  static void deliver(World& world, const Exchange& exchange, Instant when,
                      std::variant<HttpResponse, NoAnswer> what);

  Ends ends_;
  const Commands& commands_;
  std::shared_ptr<Inbox> inbox_;
};

}  // namespace pawl::simulation
