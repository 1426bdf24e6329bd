// The machine that drivers run on, as far as hooks see it: process groups outlive the driver that
// let them go, and end of themselves, well or badly, or never.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/ports.h"
#include "tests/simulation/lifeline.h"
#include "tests/simulation/world.h"

namespace pawl::simulation {

class Laws;

/// The instance that a hook is run for, and what names the hook in all its attempts.
std::string instance_of(const Command& hook);
std::string name_of(const Command& hook);

class Machine {
 public:
  explicit Machine(World& world) : world_(world) {}

  /// Hooks of `instance` that were let go and have not ended.
  std::size_t running(std::string_view instance) const;
  /// The last end of the hook of that name was a good one.
  bool went_well(const std::string& hook) const;

 private:
  friend class Commands;
  struct Group {
    Command command;
    bool let_go = false;
  };

  void end(std::int64_t group, bool well);

  World& world_;
  std::int64_t last_group_ = 0;
  std::map<std::int64_t, Group> groups_;  ///< that live
  std::map<std::string, bool> ends_;      ///< by the hook's name: the last was a good one
};

/// One driver's commands. What it has let go goes on without it.
class Commands final : public CommandRunner {
 public:
  Commands(Machine& machine, Laws& laws, Lifeline& life, Clock& clock)
      : machine_(machine),
        laws_(laws),
        life_(life),
        clock_(clock),
        inbox_(std::make_shared<Inbox>()) {}
  ~Commands() override;

  std::int64_t prepare(Ticket ticket, const Command& command) override;
  void release(Ticket ticket, Instant start_by) override;
  void drop(Ticket ticket) override;
  void collect(std::vector<CommandEnd>& ended) override;
  void end_left_behind(const std::vector<LeftBehind>& left) override;

  /// collect() would find something.
  bool any_ended() const { return !inbox_->empty(); }

 private:
  using Inbox = std::vector<CommandEnd>;
  struct Prepared {
    Ticket ticket;
    Command command;
    std::int64_t group;
  };

  void let_go(const Prepared& prepared);
  /// None that was not prepared is asked for; else a law is broken.
  std::optional<Prepared> take(Ticket ticket);

  Machine& machine_;
  Laws& laws_;
  Lifeline& life_;
  Clock& clock_;
  std::vector<Prepared> prepared_;
  std::shared_ptr<Inbox> inbox_;
};

}  // namespace pawl::simulation
