#include "engine/io/signals.h"

#include <doctest/doctest.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <array>

#include "tests/engine_io/forked.h"

using pawl::StopSignals;
using pawl::test::fork_off;
using pawl::test::status_of;

namespace {

bool is_readable(int descriptor) {
  pollfd wanted{descriptor, POLLIN, 0};
  return ::poll(&wanted, 1, 0) == 1;
}

void (*handler_of(int signal))(int) {
  struct sigaction action {};
  ::sigaction(signal, nullptr, &action);
  return action.sa_handler;
}

}  // namespace

TEST_CASE("a stop signal waits to be taken, once") {
  for (const int signal : {SIGINT, SIGTERM}) {
    CAPTURE(signal);
    StopSignals signals;
    CHECK_FALSE(is_readable(signals.descriptor()));
    CHECK_FALSE(signals.take());
    CHECK_FALSE(signals.pending());
    ::raise(signal);
    CHECK(is_readable(signals.descriptor()));
    CHECK(signals.pending());
    CHECK(signals.pending());
    CHECK(signals.take() == signal);
    CHECK_FALSE(signals.pending());
    CHECK_FALSE(signals.take());
    CHECK_FALSE(is_readable(signals.descriptor()));
  }
}

TEST_CASE("a terminal that closes asks to stop as SIGTERM does, unless that was ignored") {
  {
    StopSignals signals;
    ::raise(SIGHUP);
    CHECK(is_readable(signals.descriptor()));
    CHECK(signals.take() == SIGTERM);
    CHECK_FALSE(signals.take());
  }
  CHECK((handler_of(SIGHUP) == SIG_DFL));
  ::signal(SIGHUP, SIG_IGN);
  {
    StopSignals signals;
    ::raise(SIGHUP);
    CHECK((handler_of(SIGHUP) == SIG_IGN));
    CHECK_FALSE(signals.take());
  }
  CHECK((handler_of(SIGHUP) == SIG_IGN));
  ::signal(SIGHUP, SIG_DFL);
}

TEST_CASE("both stop signals are told one after the other") {
  StopSignals signals;
  ::raise(SIGINT);
  ::raise(SIGTERM);
  const auto first = signals.take(), second = signals.take();
  REQUIRE(first);
  REQUIRE(second);
  CHECK(*first + *second == SIGINT + SIGTERM);
  CHECK_FALSE(signals.take());
}

TEST_CASE("the second SIGINT ends the process at once") {
  const int pid = fork_off([] {
    StopSignals signals;
    ::raise(SIGINT);
    if (signals.take() != SIGINT) return 1;
    ::raise(SIGINT);
    return 2;
  });
  const int status = status_of(pid);
  CHECK(WIFSIGNALED(status));
  CHECK(WTERMSIG(status) == SIGINT);
}

TEST_CASE(
    "while it is held the second SIGINT waits like the first, and ends the process after that") {
  const int pid = fork_off([] {
    StopSignals signals;
    signals.hold(true);
    for (int i = 0; i < 2; ++i) {
      ::raise(SIGINT);
      if (signals.take() != SIGINT) return 1;
    }
    ::raise(SIGINT);
    signals.hold(false);
    return 2;
  });
  CHECK(WTERMSIG(status_of(pid)) == SIGINT);
}

TEST_CASE("a SIGINT that nobody has taken yet ends nothing, however often it comes") {
  const int pid = fork_off([] {
    StopSignals signals;
    for (int i = 0; i < 3; ++i)
      ::raise(SIGINT);
    signals.hold(false);
    return signals.take() == SIGINT ? 0 : 1;
  });
  CHECK(status_of(pid) == 0);
}

TEST_CASE("a second SIGTERM waits like the first") {
  const int pid = fork_off([] {
    StopSignals signals;
    for (int i = 0; i < 2; ++i) {
      ::raise(SIGTERM);
      if (signals.take() != SIGTERM) return 1;
    }
    return 0;
  });
  CHECK(status_of(pid) == 0);
}

TEST_CASE("a process that its shell started with SIGINT ignored stops all the same") {
  const int pid = fork_off([] {
    ::signal(SIGINT, SIG_IGN);
    StopSignals signals;
    ::raise(SIGINT);
    return signals.take() == SIGINT ? 0 : 1;
  });
  CHECK(status_of(pid) == 0);
}

TEST_CASE("a closed pipe is an error code and no end") {
  std::array<int, 2> ends{};
  REQUIRE(::pipe(ends.data()) == 0);
  ::close(ends[0]);
  {
    const StopSignals signals;
    CHECK(::write(ends[1], "x", 1) == -1);
    CHECK(errno == EPIPE);
  }
  ::close(ends[1]);
}

TEST_CASE("mask and dispositions are put back") {
  const auto mine = [](int) {};
  for (const int signal : {SIGINT, SIGTERM, SIGPIPE, SIGXFSZ, SIGCHLD})
    ::signal(signal, mine);
  { StopSignals signals; }
  sigset_t mask;
  ::pthread_sigmask(SIG_SETMASK, nullptr, &mask);
  CHECK(sigismember(&mask, SIGINT) == 0);
  CHECK(sigismember(&mask, SIGTERM) == 0);
  for (const int signal : {SIGINT, SIGTERM, SIGPIPE, SIGXFSZ, SIGCHLD}) {
    const bool back = handler_of(signal) == static_cast<void (*)(int)>(mine);
    CHECK(back);
    ::signal(signal, SIG_DFL);
  }
}
