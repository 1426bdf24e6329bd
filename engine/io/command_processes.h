// Commands as processes of their own, on an epoll that another epoll can watch.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "engine/io/command_output.h"
#include "engine/io/poller.h"
#include "engine/ports.h"

namespace pawl {

struct CommandRules {
  std::vector<std::string> secret;  ///< names of variables that no command is to see
  Duration grace{5'000};            ///< from SIGTERM to SIGKILL
};

/// A command has no descriptor of this process but its stdin, stdout and stderr, which are pipes.
/// Its time counts while the machine sleeps. By one thread; several may live at once.
class CommandProcesses final : public CommandRunner {
 public:
  /// `clock`, by which it is told until when to start, outlives this and counts CLOCK_BOOTTIME.
  CommandProcesses(CommandRules rules, Clock& clock);
  /// Kills what still runs.
  ~CommandProcesses() override;

  std::int64_t prepare(Ticket ticket, const Command& command) override;
  void release(Ticket ticket, Instant start_by) override;
  void drop(Ticket ticket) override;
  void collect(std::vector<CommandEnd>& ended) override;
  void end_left_behind(const std::vector<LeftBehind>& left) override;

  bool running() const { return !processes_.empty(); }
  /// Ends what runs as if its time were over, at once where it has been asked to end before; how it
  /// would have ended is `unknown` then.
  void cut_short();
  /// From SIGTERM to SIGKILL.
  Duration grace() const { return rules_.grace; }

  /// Readable while `collect` has something to do; owned by this object.
  int descriptor() const { return poller_.descriptor(); }

 private:
  struct Process;

  Process* find(Ticket ticket);
  std::string spawn(Process& process, const Command& command);
  void read_output(Process& process);
  void time_is_over(Process& process);
  void ask_to_end(Process& process);
  bool reap(Process& process, std::vector<CommandEnd>& ended);
  void forget(Ticket ticket);

  const CommandRules rules_;
  Clock& clock_;
  Poller poller_;
  std::vector<std::unique_ptr<Process>> processes_;
  std::vector<CommandEnd> failed_;  ///< never came to be; the next collect() hands them out
};

}  // namespace pawl
