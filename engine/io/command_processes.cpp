#include "engine/io/command_processes.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <thread>
#include <utility>

#include "engine/io/child_process.h"
#include "engine/io/process_groups.h"
#include "engine/io/system_clock.h"
#include "engine/result.h"

// The leader of a group is not waited for before its group has been ended: until then its number,
// and so the group's, cannot come to be another's.

namespace pawl {
namespace {

/// More than this of one command is left for the next turn.
constexpr std::size_t read_max = std::size_t{256} * 1024;
constexpr Duration left_behind_step{20};

class Descriptor final {
 public:
  explicit Descriptor(int number = -1) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    close();
    number_ = std::exchange(other.number_, -1);
    return *this;
  }
  ~Descriptor() { close(); }
  void close() {
    if (number_ >= 0) ::close(std::exchange(number_, -1));
  }
  int operator*() const { return number_; }

 private:
  int number_;
};

struct Pipe {
  Descriptor from, to;
};

std::optional<Pipe> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return std::nullopt;
  return Pipe{Descriptor(ends[0]), Descriptor(ends[1])};
}

std::optional<Pipe> make_socket_pair() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return std::nullopt;
  return Pipe{Descriptor(ends[0]), Descriptor(ends[1])};
}

/// Readable once the process has ended. The C library of Debian 12 declares its own for C alone.
int open_process(pid_t pid) {
  return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
}

void arm(int timer, Duration after) {
  itimerspec when{};
  when.it_value.tv_sec = after.count() / 1'000;
  when.it_value.tv_nsec = after.count() % 1'000 * 1'000'000;
  check(::timerfd_settime(timer, 0, &when, nullptr) == 0, "a timer cannot be set");
}

}  // namespace

struct CommandProcesses::Process {
  Ticket ticket;
  Duration timeout;
  pid_t pid = -1;
  Descriptor ended, timer, go, out;
  CommandOutput output;
  bool asked_to_end = false;
  bool timed_out = false, cut_short = false;
};

CommandProcesses::CommandProcesses(CommandRules rules, Clock& clock)
    : rules_(std::move(rules)), clock_(clock) {}

CommandProcesses::~CommandProcesses() {
  for (const auto& process : processes_) {
    ::kill(-process->pid, SIGKILL);
    ::waitpid(process->pid, nullptr, 0);
  }
}

CommandProcesses::Process* CommandProcesses::find(Ticket ticket) {
  const auto found = std::find_if(processes_.begin(), processes_.end(),
                                  [&](const auto& process) { return process->ticket == ticket; });
  return found == processes_.end() ? nullptr : found->get();
}

/// Why there is none, or nothing.
std::string CommandProcesses::spawn(Process& process, const Command& command) {
  auto in = make_pipe(), out = make_pipe(), go = make_socket_pair();
  if (!in || !out || !go) return std::strerror(errno);
  process.timer = Descriptor(::timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC));
  if (*process.timer < 0) return std::strerror(errno);
  ::fcntl(*in->to, F_SETFL, O_NONBLOCK);
  // A pipe takes 64 KiB at once; what does not fit is not there for the command.
  [[maybe_unused]] const ssize_t written =
      ::write(*in->to, command.input.data(), command.input.size());
  const std::vector<std::string> environment = environment_of(command, rules_.secret);
  process.pid = fork_waiting(command, environment, {*in->from, *out->to, *go->from});
  if (process.pid < 0) return std::strerror(errno);
  ::setpgid(process.pid, process.pid);  // both sides do, so that neither is too early
  process.ended = Descriptor(open_process(process.pid));
  if (*process.ended < 0) {  // no descriptor is left: without one nobody would notice its end
    std::string why = std::strerror(errno);
    ::kill(process.pid, SIGKILL);
    ::waitpid(process.pid, nullptr, 0);
    return why;
  }
  process.go = std::move(go->to);
  process.out = std::move(out->from);
  ::fcntl(*process.out, F_SETFL, O_NONBLOCK);
  return {};
}

std::int64_t CommandProcesses::prepare(Ticket ticket, const Command& command) {
  auto process = std::make_unique<Process>();
  process->ticket = ticket;
  process->timeout = command.timeout;
  if (std::string why = spawn(*process, command); !why.empty()) {
    failed_.push_back({ticket, NoAnswer{Delivery::not_sent, "no process could be made: " + why}});
    return 0;
  }
  processes_.push_back(std::move(process));
  return processes_.back()->pid;
}

void CommandProcesses::release(Ticket ticket, Instant start_by) {
  Process* process = find(ticket);
  if (process == nullptr) return;  // failed_ tells of it
  arm(*process->timer, process->timeout);
  for (const Descriptor* source : {&process->ended, &process->timer, &process->out})
    poller_.want(**source, {.readable = true});
  // Asked in this order, a sleep in between makes it earlier and never later.
  const Duration booted = since_boot();
  const StartBy told = booted + (start_by - clock_.now());
  [[maybe_unused]] const ssize_t sent = ::send(*process->go, &told, sizeof told, MSG_NOSIGNAL);
}

void CommandProcesses::drop(Ticket ticket) {
  std::erase_if(failed_, [&](const CommandEnd& end) { return end.ticket == ticket; });
  const Process* process = find(ticket);
  if (process == nullptr) return;
  ::kill(process->pid, SIGKILL);
  ::waitpid(process->pid, nullptr, 0);
  forget(ticket);
}

void CommandProcesses::forget(Ticket ticket) {
  std::erase_if(processes_, [&](const auto& process) { return process->ticket == ticket; });
}

void CommandProcesses::read_output(Process& process) {
  std::array<char, 65'536> block;
  for (std::size_t read = 0; *process.out >= 0 && read < read_max;) {
    const ssize_t got = ::read(*process.out, block.data(), block.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return;
    if (got == 0) {
      poller_.want(*process.out, {});
      return process.out.close();
    }
    process.output.add({block.data(), static_cast<std::size_t>(got)});
    read += static_cast<std::size_t>(got);
  }
}

void CommandProcesses::time_is_over(Process& process) {
  std::uint64_t times = 0;
  if (::read(*process.timer, &times, sizeof times) != sizeof times) return;  // it is not, after all
  process.timed_out = process.timed_out || !process.cut_short;
  ask_to_end(process);
}

/// Kindly at first.
void CommandProcesses::ask_to_end(Process& process) {
  ::kill(-process.pid, process.asked_to_end ? SIGKILL : SIGTERM);
  if (!process.asked_to_end) arm(*process.timer, rules_.grace);
  process.asked_to_end = true;
}

void CommandProcesses::cut_short() {
  for (const auto& process : processes_) {
    process->cut_short = !process->timed_out;
    ask_to_end(*process);
  }
}

/// Once the leader has ended, with all that it has left in its group.
bool CommandProcesses::reap(Process& process, std::vector<CommandEnd>& ended) {
  siginfo_t info{};
  const auto pid = static_cast<id_t>(process.pid);
  const bool told = ::waitid(P_PID, pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
  if (told && info.si_pid == 0) return false;
  // Where the kernel has not kept its end for this process the number may be another's by now.
  if (told) ::kill(-process.pid, SIGKILL);
  if (told) ::waitpid(process.pid, nullptr, 0);
  read_output(process);
  for (const Descriptor* source : {&process.ended, &process.timer, &process.out}) {
    if (**source >= 0) poller_.want(**source, {});
  }
  char late = 0;
  if (::recv(*process.go, &late, 1, MSG_DONTWAIT) == 1) {
    ended.push_back({process.ticket, NoAnswer{Delivery::not_sent,
                                              "held back: its process came to run only after the "
                                              "time by which to start"}});
    return true;
  }
  if (!told) {
    ended.push_back({process.ticket, NoAnswer{Delivery::unknown, "its end was kept from pawl"}});
    return true;
  }
  if (process.cut_short) {
    ended.push_back(
        {process.ticket, NoAnswer{Delivery::unknown, "the driver was told to leave at once"}});
    return true;
  }
  const bool exited = info.si_code == CLD_EXITED;
  ended.push_back({process.ticket, Exited{exited ? info.si_status : 0, exited ? 0 : info.si_status,
                                          process.timed_out, process.output.text()}});
  return true;
}

void CommandProcesses::collect(std::vector<CommandEnd>& ended) {
  std::move(failed_.begin(), failed_.end(), std::back_inserter(ended));
  failed_.clear();
  const std::vector<Ready> ready = poller_.wait(Duration::zero());
  std::vector<Ticket> gone;
  for (const auto& process : processes_) {
    const auto is_ready = [&](const Descriptor& source) {
      return *source >= 0 && std::any_of(ready.begin(), ready.end(), [&](const Ready& one) {
        return one.descriptor == *source;
      });
    };
    if (is_ready(process->out)) read_output(*process);
    if (is_ready(process->ended) && reap(*process, ended)) {
      gone.push_back(process->ticket);
    } else if (is_ready(process->timer)) {
      time_is_over(*process);
    }
  }
  for (const Ticket ticket : gone)
    forget(ticket);
}

void CommandProcesses::end_left_behind(const std::vector<LeftBehind>& left) {
  std::vector<pid_t> groups;
  for (const LeftBehind& one : left) {
    const auto group = static_cast<pid_t>(one.group);
    if (group <= 1 || one.command.variables.empty()) continue;
    const auto& [name, value] = one.command.variables.front();
    if (group_bears(group, name + '=' + value)) groups.push_back(group);
  }
  for (const pid_t group : groups)
    ::kill(-group, SIGTERM);
  const auto any = [&groups] { return std::any_of(groups.begin(), groups.end(), group_lives); };
  for (Duration waited{0}; waited < rules_.grace && any(); waited += left_behind_step)
    std::this_thread::sleep_for(left_behind_step);
  for (const pid_t group : groups)
    ::kill(-group, SIGKILL);
}

}  // namespace pawl
