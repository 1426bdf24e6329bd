// What may be sent twice, and what never is.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <future>

#include "tests/engine_io/caller.h"
#include "tests/engine_io/raw_server.h"

using namespace pawl::test;
using pawl::Call;
using pawl::Delivery;
using pawl::Duration;

namespace {

std::size_t count(const RawServer::Seen& seen, const std::string& method) {
  return static_cast<std::size_t>(
      std::count_if(seen.requests.begin(), seen.requests.end(),
                    [&](const std::string& request) { return request.starts_with(method); }));
}

/// Answers the first request of a connection, reads one more and closes.
void answer_once(Peer& peer, int connection) {
  peer.read_request();
  peer.write(ok(std::to_string(connection)));
  peer.read_request();
}

/// `call` meets the end of its connection, by a reset or not, after `idle` others have come to
/// rest.
void check_sent_once(const Call& call, bool reset, int idle) {
  RawServer server([reset](Peer& peer, int) {
    for (auto request = peer.read_request(); request; request = peer.read_request()) {
      if (request->starts_with("POST")) {
        if (reset) peer.reset();
        return;
      }
      peer.write(ok("x"));
    }
  });
  {
    Caller caller(server.url());
    for (int i = 0; i < idle; ++i)
      caller.start(get());
    caller.ended(static_cast<std::size_t>(idle));
    const auto none = no_answer(caller.make(call));
    CHECK(none.delivery == Delivery::unknown);
    CHECK_FALSE(contains(none.why, "callback"));
    // A repetition would come before the answer to what is asked later.
    answer(caller.make(get()));
  }
  CHECK(count(server.finish(), "POST") == 1);
}

}  // namespace

TEST_CASE("GETs that follow each other share a connection") {
  RawServer server(always(ok("x")));
  {
    Caller caller(server.url());
    for (int i = 0; i < 20; ++i)
      CHECK(answer(caller.make(get())).body == "x");
  }
  const auto seen = server.finish();
  CHECK(seen.connections == 1);
  CHECK(seen.requests.size() == 20);
}

TEST_CASE("a POST leaves on a connection of its own, which nothing uses after it") {
  RawServer server(always(ok("x")));
  {
    Caller caller(server.url());
    for (const Call& call : {get(), post(), get(), post(), post(), get()})
      answer(caller.make(call));
  }
  CHECK(server.finish().connections == 4);
}

TEST_CASE("libcurl sends a GET again that met the end of a reused connection") {
  // The trap that the next test shows to be closed for POSTs.
  RawServer server(answer_once);
  {
    Caller caller(server.url());
    CHECK(answer(caller.make(get())).body == "1");
    CHECK(answer(caller.make(get())).body == "2");
  }
  CHECK(server.finish().requests.size() == 3);
}

TEST_CASE("a POST that is costly to repeat goes over a connection that is there") {
  RawServer server(always(ok("x")));
  {
    Caller caller(server.url());
    for (const Call& call : {get(), costly_post(), get(), costly_post()})
      answer(caller.make(call));
  }
  CHECK(server.finish().connections == 1);
}

TEST_CASE("a POST that is read and then cut off is sent once, beside an idle connection too") {
  for (const Call& call : {post(), costly_post()}) {
    for (const bool reset : {false, true}) {
      for (const int idle : {0, 1, 3}) {
        CAPTURE(static_cast<int>(call.repeat));
        CAPTURE(reset);
        CAPTURE(idle);
        check_sent_once(call, reset, idle);
      }
    }
  }
}

TEST_CASE("a POST is HTTP/1.1, names its type and length, and waits for no leave to go on") {
  RawServer server(always(ok("")));
  const std::string body(100'000, 'x');
  {
    Caller caller(server.url());
    answer(caller.make(post(body)));
  }
  const auto seen = server.finish();
  REQUIRE(seen.requests.size() == 1);
  const std::string& request = seen.requests.front();
  CHECK(request.starts_with("POST / HTTP/1.1\r\n"));
  CHECK(contains(request, "\r\nContent-Type: application/json\r\n"));
  CHECK(contains(request, "\r\nContent-Length: 100000\r\n"));
  CHECK(contains(request, fmt::format("\r\nHost: 127.0.0.1:{}\r\n", server.port())));
  CHECK_FALSE(contains(request, "Expect"));
  CHECK_FALSE(contains(request, "Accept-Encoding"));
  CHECK(request.ends_with("\r\n\r\n" + body));
}

TEST_CASE("no redirect is followed, and the other host sees nothing") {
  RawServer other(always(ok("stolen")));
  for (const int status : {301, 302, 303, 307, 308}) {
    for (const Call& call : {get(), post()}) {
      CAPTURE(status);
      RawServer server(always(
          fmt::format("HTTP/1.1 {} Moved\r\nLocation: {}/there\r\nContent-Length: 5\r\n\r\nmoved",
                      status, other.url())));
      {
        FixedHeaders secret("X-Auth-Token", "hush");
        Caller caller(server.url(), &secret);
        const auto moved = answer(caller.make(call));
        CHECK(moved.status == status);
        CHECK(moved.body == "moved");
      }
      CHECK(server.finish().requests.size() == 1);
    }
  }
  CHECK(other.finish().connections == 0);
}

TEST_CASE("the kernel stops sending with the call, and no child inherits a socket") {
  for (Call call : {post(), costly_post(), get()}) {
    std::promise<int> port;
    const std::shared_future<int> known_port = port.get_future();
    unsigned limit = 0;
    int flags = 0;
    RawServer server([&](Peer& peer, int) {
      peer.read_request();
      const int descriptor = client_ends(known_port.get()).at(0);
      socklen_t size = sizeof limit;
      ::getsockopt(descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT, &limit, &size);
      flags = ::fcntl(descriptor, F_GETFD);
      peer.write(ok(""));
    });
    port.set_value(server.port());
    call.timeout = Duration(7'654);
    answer(Caller(server.url()).make(call));
    server.finish();
    CHECK(limit == 7'654);
    CHECK(flags == FD_CLOEXEC);
  }
}
