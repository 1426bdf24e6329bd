#include "engine/io/child_process.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>

#include "engine/io/system_clock.h"

extern char** environ;  // NOLINT: POSIX has it so

namespace pawl {
namespace {

constexpr int go_at = 3;

std::string_view name_of(std::string_view assignment) {
  return assignment.substr(0, assignment.find('='));
}

[[noreturn]] void become(const Command& command, char* const* words, char* const* environment,
                         const ChildPipes& pipes) {
  ::setpgid(0, 0);
  ::dup2(pipes.in, STDIN_FILENO);
  ::dup2(pipes.out, STDOUT_FILENO);
  ::dup2(pipes.out, STDERR_FILENO);
  if (pipes.go != go_at) ::dup2(pipes.go, go_at);
  // With the other end of its own pipe, or the driver's lock, it would outlive the driver for ever.
  if (::close_range(go_at + 1, ~0U, 0) != 0) ::_exit(cannot_be_run);
  for (const int signal : {SIGINT, SIGTERM, SIGPIPE, SIGXFSZ, SIGHUP, SIGCHLD})
    ::signal(signal, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::fcntl(go_at, F_SETFD, FD_CLOEXEC);
  StartBy start_by{};
  ssize_t got;
  do {
    got = ::read(go_at, &start_by, sizeof start_by);
  } while (got < 0 && errno == EINTR);
  if (got != sizeof start_by) ::_exit(0);
  if (::chdir(command.directory.c_str()) != 0) {
    for (const std::string_view words_of_it :
         {directory_lost, std::string_view(command.directory), std::string_view("\n")}) {
      [[maybe_unused]] const ssize_t told =
          ::write(STDERR_FILENO, words_of_it.data(), words_of_it.size());
    }
    ::_exit(cannot_be_run);
  }
  // Here, as near as can be: between the commit and now the machine may have slept for a night.
  if (since_boot() >= start_by) {
    [[maybe_unused]] const ssize_t told = ::write(go_at, "l", 1);
    ::_exit(0);
  }
  ::execve("/bin/sh", words, environment);
  ::_exit(cannot_be_run);
}

}  // namespace

std::vector<std::string> environment_of(const Command& command,
                                        const std::vector<std::string>& secret) {
  std::vector<std::string> assignments;
  for (char** at = environ; *at != nullptr; ++at) {
    const std::string_view name = name_of(*at);
    const bool hidden = std::find(secret.begin(), secret.end(), name) != secret.end();
    const bool set = std::any_of(command.variables.begin(), command.variables.end(),
                                 [name](const auto& variable) { return variable.first == name; });
    if (!hidden && !set) assignments.emplace_back(*at);
  }
  for (const auto& [name, value] : command.variables)
    assignments.push_back(name + '=' + value);
  return assignments;
}

pid_t fork_waiting(const Command& command, const std::vector<std::string>& environment,
                   const ChildPipes& pipes) {
  const auto mutable_text = [](const std::string& text) { return const_cast<char*>(text.c_str()); };
  const std::string shell = "sh", option = "-c";
  char* const words[] = {mutable_text(shell), mutable_text(option), mutable_text(command.line),
                         nullptr};
  std::vector<char*> assignments;
  for (const std::string& assignment : environment)
    assignments.push_back(mutable_text(assignment));
  assignments.push_back(nullptr);
  const pid_t pid = ::fork();
  if (pid == 0) become(command, words, assignments.data(), pipes);
  return pid;
}

}  // namespace pawl
