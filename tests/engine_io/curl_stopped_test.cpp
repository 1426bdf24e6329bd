// A driver that stands still between its decision and the write.
#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <array>

#include "tests/engine_io/caller.h"
#include "tests/engine_io/forked.h"

using namespace pawl::test;
using pawl::CurlOptions;
using pawl::Delivery;
using pawl::Duration;

namespace {

constexpr Duration send_within{100};

enum Code : int { wrong_client, answered, in_doubt, not_sent };

/// Starts a POST to be sent within `send_within`, stops, and goes on when it is continued.
int post_with_a_stop(int port) {
  pawl::SystemClock clock;
  CurlOptions options;
  options.base_url = "http://127.0.0.1:" + std::to_string(port);
  auto client = pawl::CurlClient::open(options, clock, nullptr);
  if (!client) return wrong_client;
  pawl::Call call = post();
  call.timeout = Duration{2000};
  (*client)->start({1, 1}, call, clock.now() + send_within);
  ::raise(SIGSTOP);
  std::vector<pawl::Completion> done;
  while (done.empty())
    (*client)->wait(clock.now() + patience, done);
  const auto* const none = std::get_if<pawl::NoAnswer>(&done.front().what);
  if (none == nullptr) return answered;
  return none->delivery == Delivery::not_sent ? not_sent : in_doubt;
}

}  // namespace

TEST_CASE("a process that was stopped before its write does not send late") {
  sockaddr_in address{AF_INET, 0, {htonl(INADDR_LOOPBACK)}, {}};
  socklen_t size = sizeof address;
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  REQUIRE(::bind(listener, any, size) == 0);
  REQUIRE(::listen(listener, 8) == 0);
  ::getsockname(listener, any, &size);

  const int pid = fork_off([&] { return post_with_a_stop(ntohs(address.sin_port)); });
  REQUIRE(WIFSTOPPED(status_of(pid, WUNTRACED)));
  // It started before it stopped, so this clock is past its limit when this sleep is.
  const timespec over{0, 1'000'000 * send_within.count()};
  ::clock_nanosleep(CLOCK_BOOTTIME, 0, &over, nullptr);
  ::kill(pid, SIGCONT);
  const int status = status_of(pid);
  REQUIRE(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == not_sent);

  const int connection = ::accept(listener, nullptr, nullptr);
  std::array<char, 16> bytes{};
  if (connection >= 0) CHECK(::read(connection, bytes.data(), bytes.size()) <= 0);
  ::close(connection);
  ::close(listener);
}
