// A part of a test that runs in a process of its own.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

namespace pawl::test {

/// Runs `work`, which returns the exit code, in a child process. Made while this process has one
/// thread.
template <typename Work>
int fork_off(const Work& work) {
  const int pid = ::fork();
  if (pid == 0) ::_exit(work());
  return pid;
}

/// Waits until the child has ended, or with WUNTRACED has stopped; its status as waitpid gives it.
inline int status_of(int pid, int options = 0) {
  int status = -1;
  ::waitpid(pid, &status, options);
  return status;
}

}  // namespace pawl::test
