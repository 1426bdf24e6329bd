#include "engine/io/poller.h"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

using pawl::Duration;
using pawl::Poller;
using pawl::Readiness;

namespace {

struct SocketPair {
  SocketPair() { ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()); }
  SocketPair(const SocketPair&) = delete;
  SocketPair& operator=(const SocketPair&) = delete;
  ~SocketPair() {
    for (const int end : ends)
      ::close(end);
  }
  std::array<int, 2> ends{};
};

constexpr Duration at_once{0};

}  // namespace

TEST_CASE("a descriptor is found ready for what was asked last") {
  const SocketPair pair;
  const int mine = pair.ends[0];
  Poller poller;
  CHECK(poller.wait(at_once).empty());
  poller.want(mine, {.readable = true});
  CHECK(poller.wait(at_once).empty());
  poller.want(mine, {.readable = true, .writable = true});
  REQUIRE(poller.wait(at_once).size() == 1);
  CHECK(poller.wait(at_once).front().descriptor == mine);
  CHECK(poller.wait(at_once).front().how == Readiness{.writable = true});
  ::send(pair.ends[1], "x", 1, 0);
  CHECK(poller.wait(at_once).front().how == Readiness{.readable = true, .writable = true});
  poller.want(mine, {.readable = true});
  CHECK(poller.wait(at_once).front().how == Readiness{.readable = true});
  poller.want(mine, {});
  CHECK(poller.wait(at_once).empty());
  poller.want(mine, {});
}

TEST_CASE("the other side's end is told as broken") {
  SocketPair pair;
  Poller poller;
  poller.want(pair.ends[0], {.readable = true});
  ::shutdown(pair.ends[1], SHUT_RDWR);
  REQUIRE(poller.wait(at_once).size() == 1);
  CHECK(poller.wait(at_once).front().how.broken);
}

TEST_CASE("a number that was closed and opened anew is asked for anew") {
  Poller poller;
  int before = -1;
  for (int i = 0; i < 2; ++i) {
    const SocketPair pair;
    if (i > 0) CHECK(pair.ends[0] == before);
    before = pair.ends[0];
    poller.want(before, {.writable = true});
    CHECK(poller.wait(at_once).size() == 1);
  }
  CHECK(poller.wait(at_once).empty());
}

TEST_CASE("what has rested is found ready again, and a number that comes back is another") {
  Poller poller;
  int before = -1;
  for (int i = 0; i < 3; ++i) {
    const SocketPair pair;
    const int mine = pair.ends[0];
    if (i > 0) CHECK(mine == before);
    before = mine;
    for (int again = 0; again < 2; ++again) {
      poller.want(mine, {.readable = true});
      CHECK(poller.wait(at_once).empty());
      ::send(pair.ends[1], "x", 1, 0);
      REQUIRE(poller.wait(at_once).size() == 1);
      char byte = 0;
      CHECK(::recv(mine, &byte, 1, 0) == 1);
      poller.rest(mine);
      CHECK(poller.wait(at_once).empty());
    }
    poller.want(mine, {.writable = true});
    CHECK(poller.wait(at_once).front().how == Readiness{.writable = true});
    poller.want(mine, {.readable = true});
    poller.rest(mine);
    // It rests as the next one of its number begins, which must not be taken for it.
    poller.forget(mine);
  }
}
