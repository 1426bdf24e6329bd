#include "cli/stopping.h"

#include <fmt/core.h>

#include <algorithm>
#include <csignal>

#include "cli/text.h"

namespace pawl {

namespace {

constexpr std::size_t hooks_named_max = 3;

std::string named(const RunningCommand& command) {
  return fmt::format("{} of {} (at most until {})", command.step,
                     command.name.empty() ? command.instance_id : printable(command.name),
                     format_utc(command.until));
}

}  // namespace

std::string words_of_waiting(const std::vector<RunningCommand>& running, std::uint32_t calls,
                             Duration request, Duration grace) {
  std::string waits;
  for (std::size_t i = 0; i < std::min(running.size(), hooks_named_max); ++i)
    waits += (i == 0 ? "" : ", ") + named(running[i]);
  if (running.size() > hooks_named_max)
    waits += fmt::format(" and {} more hooks", running.size() - hooks_named_max);
  if (calls > 0) {
    waits += fmt::format("{}the answer to {} (at most {})", waits.empty() ? "" : " and for ",
                         calls == 1 ? "a call" : fmt::format("{} calls", calls),
                         format_duration(request));
  }
  if (waits.empty()) return waits;
  std::string second = "leaves at once; `pawl resume` then looks what has come of them";
  if (running.size() == 1) {
    second = fmt::format(
        "ends the hook (SIGTERM, SIGKILL after {}) and leaves; its run then needs an operator",
        format_duration(grace));
  } else if (!running.empty()) {
    second = fmt::format(
        "ends the hooks (SIGTERM, SIGKILL after {}) and leaves; their runs then need an operator",
        format_duration(grace));
  }
  return fmt::format(
      "interrupted, nothing new is started; waiting for {}. A second Ctrl-C (SIGINT) {}", waits,
      second);
}

void Stopping::tend(Loop& loop) {
  const bool commands = seams_.commands.running();
  seams_.signals.hold(commands);
  const auto came = seams_.signals.take();
  if (!came) return;
  const bool again = signal_ != 0;
  signal_ = *came;
  loop.stop();
  if (again && signal_ == SIGINT && commands) {
    seams_.progress.say(hurried_ ? "killing what is left of the hooks"
                                 : "interrupted again: ending the hooks, then leaving");
    hurried_ = true;
    seams_.commands.cut_short();
    return;
  }
  if (again) return;
  const auto running = loop.running_commands();
  const auto calls = loop.submits_in_flight() - static_cast<std::uint32_t>(running.size());
  const std::string words = words_of_waiting(running, calls, request_, seams_.commands.grace());
  if (!words.empty()) seams_.progress.say(words);
}

}  // namespace pawl
