#include "engine/io/signals.h"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>

#include "engine/result.h"

namespace pawl {
namespace {

sigset_t set_of(std::initializer_list<int> signals) {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : signals)
    sigaddset(&set, signal);
  return set;
}

struct sigaction dispose(int signal, void (*handler)(int)) {
  struct sigaction fresh {};
  struct sigaction before {};
  fresh.sa_handler = handler;
  check(::sigaction(signal, &fresh, &before) == 0, "a signal's disposition cannot be set");
  return before;
}

}  // namespace

struct StopSignals::Before {
  sigset_t mask{};
  struct sigaction interrupt {};
  struct sigaction terminate {};
  struct sigaction hang_up {};
  struct sigaction pipe {};
  struct sigaction file_size {};
  struct sigaction child {};
};

StopSignals::StopSignals() {
  auto before = std::make_unique<Before>();
  check(::sigaction(SIGHUP, nullptr, &before->hang_up) == 0, "a signal's disposition is not told");
  // Who ignores it (nohup) wants this to outlive the terminal; a signal that is blocked would come
  // all the same.
  const bool ends_with_terminal = before->hang_up.sa_handler != SIG_IGN;
  const sigset_t stops =
      ends_with_terminal ? set_of({SIGINT, SIGTERM, SIGHUP}) : set_of({SIGINT, SIGTERM});
  check(::pthread_sigmask(SIG_BLOCK, &stops, &before->mask) == 0, "signals cannot be blocked");
  // A shell starts background jobs with SIGINT ignored; a stop that was asked for counts there too.
  before->interrupt = dispose(SIGINT, SIG_DFL);
  before->terminate = dispose(SIGTERM, SIG_DFL);
  if (ends_with_terminal) dispose(SIGHUP, SIG_DFL);
  before->pipe = dispose(SIGPIPE, SIG_IGN);
  before->file_size = dispose(SIGXFSZ, SIG_IGN);
  // Who started this may have had it ignored, and then the kernel forgets how a child has ended.
  before->child = dispose(SIGCHLD, SIG_DFL);
  before_ = std::move(before);
  descriptor_ = ::signalfd(-1, &stops, SFD_NONBLOCK | SFD_CLOEXEC);
  check(descriptor_ >= 0, "signalfd cannot be opened");
}

StopSignals::~StopSignals() {
  ::close(descriptor_);
  ::sigaction(SIGINT, &before_->interrupt, nullptr);
  ::sigaction(SIGTERM, &before_->terminate, nullptr);
  ::sigaction(SIGHUP, &before_->hang_up, nullptr);
  ::sigaction(SIGPIPE, &before_->pipe, nullptr);
  ::sigaction(SIGXFSZ, &before_->file_size, nullptr);
  ::sigaction(SIGCHLD, &before_->child, nullptr);
  ::pthread_sigmask(SIG_SETMASK, &before_->mask, nullptr);
}

bool StopSignals::pending() const {
  pollfd asked{descriptor_, POLLIN, 0};
  return ::poll(&asked, 1, 0) > 0;
}

std::optional<int> StopSignals::take() {
  signalfd_siginfo info{};
  ssize_t got;
  do {
    got = ::read(descriptor_, &info, sizeof info);
  } while (got < 0 && errno == EINTR);
  if (got != static_cast<ssize_t>(sizeof info)) return std::nullopt;
  taken_ = true;
  hold(held_);
  const auto signal = static_cast<int>(info.ssi_signo);
  return signal == SIGHUP ? SIGTERM : signal;
}

void StopSignals::hold(bool held) {
  held_ = held;
  const sigset_t interrupt = set_of({SIGINT});
  ::pthread_sigmask(held_ || !taken_ ? SIG_BLOCK : SIG_UNBLOCK, &interrupt, nullptr);
}

}  // namespace pawl
