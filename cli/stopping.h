// A driver that is asked to stop: what it waits for then, and how it leaves when asked once more.
#pragma once

#include <string>

#include "cli/progress.h"
#include "engine/io/command_processes.h"
#include "engine/io/signals.h"
#include "engine/loop.h"

namespace pawl {

/// The first signal stops the loop, which lets what is on its way come to its end. A second SIGINT
/// ends the process at once, or, where commands run, as soon as those have been ended.
class Stopping final {
 public:
  /// Everything referred to outlives this. `request`: how long an answer may take.
  struct Seams {
    StopSignals& signals;
    CommandProcesses& commands;
    Progress& progress;
  };
  Stopping(Seams seams, Duration request) : seams_(seams), request_(request) {}

  /// Takes what came during a turn of `loop`.
  void tend(Loop& loop);
  /// The last signal that came, or 0.
  int signal() const { return signal_; }
  /// Nothing is waited for any more, whatever is on its way.
  bool leaves() const { return hurried_ && !seams_.commands.running(); }
  bool hurried() const { return hurried_; }

 private:
  const Seams seams_;
  const Duration request_;
  int signal_ = 0;
  bool hurried_ = false;
};

/// What an interrupted driver waits for, and what a second Ctrl-C does: for people. Empty: it waits
/// for nothing. `calls`: answers that are still to come.
std::string words_of_waiting(const std::vector<RunningCommand>& running, std::uint32_t calls,
                             Duration request, Duration grace);

}  // namespace pawl
