// Commands without processes: a test says how each ends, and when it is collected.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "engine/ports.h"
#include "engine/result.h"

namespace pawl::test {

class FakeCommands final : public CommandRunner {
 public:
  std::int64_t prepare(Ticket ticket, const Command& command) override {
    waiting_.emplace_back(ticket, command);
    return can_fork ? next_group_++ : 0;
  }
  void release(Ticket ticket, Instant start_by) override {
    const auto found = find(ticket);
    check(found != waiting_.end(), "released what was not prepared");
    released.push_back(found->second);
    limits.push_back(start_by);
    if (!can_fork) {
      ended_.push_back({ticket, NoAnswer{Delivery::not_sent, "no process could be made"}});
    } else if (ends) {
      ended_.push_back({ticket, end});
    }
    waiting_.erase(found);
  }
  void drop(Ticket ticket) override {
    waiting_.erase(find(ticket));
    ++dropped;
  }
  void collect(std::vector<CommandEnd>& ended) override {
    std::move(ended_.begin(), ended_.end(), std::back_inserter(ended));
    ended_.clear();
  }
  void end_left_behind(const std::vector<LeftBehind>& found) override {
    left.insert(left.end(), found.begin(), found.end());
  }
  bool idle() const { return waiting_.empty() && ended_.empty(); }

  Exited end{};          ///< of every command
  bool ends = true;      ///< false: those released from now on go on for ever
  bool can_fork = true;  ///< false: none can be made
  std::vector<Command> released;
  std::vector<Instant> limits;  ///< until when each of these might start
  std::vector<LeftBehind> left;
  int dropped = 0;

 private:
  using Waiting = std::vector<std::pair<Ticket, Command>>;
  Waiting::iterator find(Ticket ticket) {
    return std::find_if(waiting_.begin(), waiting_.end(),
                        [&](const auto& one) { return one.first == ticket; });
  }

  Waiting waiting_;
  std::vector<CommandEnd> ended_;
  std::int64_t next_group_ = 100;
};

}  // namespace pawl::test
