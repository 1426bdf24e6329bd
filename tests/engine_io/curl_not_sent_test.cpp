// What proves that no byte of a request left.
#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <thread>
#include <vector>

#include "tests/engine_io/caller.h"
#include "tests/engine_io/raw_server.h"

using namespace pawl::test;
using pawl::Call;
using pawl::CurlOptions;
using pawl::Delivery;
using pawl::Duration;
using pawl::NoAnswer;
using pawl::Ticket;

namespace {

/// A port of 127.0.0.1 whose owner accepts nobody: connections to it are refused, or, once its
/// queue is full, hang.
class DeafPort final {
 public:
  enum class Kind { refusing, hanging };

  explicit DeafPort(Kind kind) : sockets_{new_socket()} {
    REQUIRE(::bind(sockets_.front(), any(), size_) == 0);
    ::getsockname(sockets_.front(), any(), &size_);
    if (kind == Kind::refusing) return;
    REQUIRE(::listen(sockets_.front(), 0) == 0);
    for (int i = 0; i < 3; ++i) {
      sockets_.push_back(new_socket());
      static_cast<void>(::connect(sockets_.back(), any(), size_));
    }
  }
  DeafPort(const DeafPort&) = delete;
  DeafPort& operator=(const DeafPort&) = delete;
  ~DeafPort() {
    stop_ = true;
    if (server_.joinable()) server_.join();
    for (const int socket : sockets_)
      ::close(socket);
  }

  /// Of a hanging one: after a moment, whoever calls is answered.
  void answer_all() {
    server_ = std::thread([this] {
      std::this_thread::sleep_for(std::chrono::milliseconds{200});
      std::vector<pollfd> open{{sockets_.front(), POLLIN, 0}};
      while (!stop_) {
        ::poll(open.data(), open.size(), 20);
        if (const int peer = ::accept4(open.front().fd, nullptr, nullptr, SOCK_CLOEXEC); peer >= 0)
          open.push_back({peer, POLLIN, 0});
        for (std::size_t i = 1; i < open.size(); ++i) {
          std::array<char, 4'096> bytes{};
          const std::string words = ok("{}");
          if (::recv(open[i].fd, bytes.data(), bytes.size(), MSG_DONTWAIT) > 0)
            ::send(open[i].fd, words.data(), words.size(), MSG_NOSIGNAL);
        }
      }
      for (std::size_t i = 1; i < open.size(); ++i)
        ::close(open[i].fd);
    });
  }

  std::string url() const { return "http://127.0.0.1:" + std::to_string(ntohs(address_.sin_port)); }

 private:
  static int new_socket() {
    return ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  }
  sockaddr* any() { return reinterpret_cast<sockaddr*>(&address_); }

  sockaddr_in address_ = {AF_INET, 0, {htonl(INADDR_LOOPBACK)}, {}};
  socklen_t size_ = sizeof(sockaddr_in);
  std::vector<int> sockets_;
  std::atomic<bool> stop_ = false;
  std::thread server_;
};

}  // namespace

TEST_CASE("a refused connection proves that nothing was sent") {
  const DeafPort port(DeafPort::Kind::refusing);
  for (const Call& call : {get(), post()}) {
    Caller caller(port.url());
    const NoAnswer none = no_answer(caller.make(call));
    CHECK(none.delivery == Delivery::not_sent);
    CHECK(none.why == "cannot connect to " + port.url().substr(7) + ": Connection refused");
  }
}

TEST_CASE("a connection that comes about too slowly proves that nothing was sent") {
  const DeafPort port(DeafPort::Kind::hanging);
  for (const bool by_call : {false, true}) {
    for (Call call : {get(), post()}) {
      CAPTURE(by_call);
      CurlOptions options;
      options.base_url = port.url();
      (by_call ? call.timeout : options.connect_timeout) = Duration{200};
      Caller caller(options);
      const NoAnswer none = no_answer(caller.make(call));
      CHECK(none.delivery == Delivery::not_sent);
      CHECK(contains(none.why, "no connection to 127.0.0.1"));
    }
  }
}

TEST_CASE("a connection that never came about leaves the next one of its number alone") {
  // libcurl 7.88 closes such a socket without a word, and the next one gets its number.
  DeafPort port(DeafPort::Kind::hanging);
  CurlOptions options;
  options.base_url = port.url();
  options.connect_timeout = Duration{10'000};
  Caller caller(options);
  Call first = get();
  first.timeout = Duration{200};
  CHECK(no_answer(caller.make(first)).delivery == Delivery::not_sent);
  port.answer_all();
  // Connected once the kernel tries again, after a second; unnoticed, when the time to connect
  // ends.
  caller.client().start({1, 9}, post(), caller.clock().now() + Duration{8'000});
  CHECK(answer(caller.ended(1).front()).status == 200);
}

TEST_CASE("a name that cannot be resolved proves that nothing was sent") {
  // Longer than a part of a name may be, so that no server is asked for it.
  const std::string host(64, 'a');
  Caller caller("http://" + host);
  const NoAnswer none = no_answer(caller.make(post()));
  CHECK(none.delivery == Delivery::not_sent);
  CHECK(contains(none.why, "cannot resolve the name of " + host + ":80"));
}

TEST_CASE("a POST whose time to leave has passed is not even begun") {
  RawServer server(always(ok("")));
  {
    Caller caller(server.url());
    for (const Call& call : {post(), costly_post()}) {
      caller.client().start(Ticket{7, 3}, call, caller.clock().now());
      CHECK(caller.client().idle() == CurlOptions{}.pool);
      const auto completion = caller.ended(1).front();
      CHECK(completion.ticket == Ticket{7, 3});
      CHECK(no_answer(completion).delivery == Delivery::not_sent);
      CHECK(contains(no_answer(completion).why, "held back"));
    }
  }
  CHECK(server.finish().connections == 0);
}

TEST_CASE("a POST whose time to leave passes before it is connected writes no byte") {
  for (const Call& call : {post(), costly_post()}) {
    RawServer server([](Peer& peer, int) { peer.wait_for_close(); });
    {
      Caller caller(server.url());
      const pawl::Instant send_by = caller.clock().now() + Duration{5000};
      caller.client().start({1, 1}, call, send_by);
      caller.clock().push(Duration{5000});
      const NoAnswer none = no_answer(caller.ended(1).front());
      CHECK(none.delivery == Delivery::not_sent);
      CHECK(contains(none.why, "held back: the connection to 127.0.0.1"));
    }
    const auto seen = server.finish();
    CHECK(seen.connections == 1);
    CHECK(seen.bytes == 0);
  }
}

TEST_CASE("a POST whose time to leave passes during the TLS handshake is held back") {
  const TlsIdentity identity("127.0.0.1");
  PushedClock* clock = nullptr;
  std::atomic<bool> late = false;
  RawServer server(always(ok("there")), {.identity = &identity, .before_handshake = [&] {
                                           if (late) clock->push(Duration{5000});
                                         }});
  {
    CurlOptions options;
    options.base_url = server.url();
    options.ca_file = identity.file();
    Caller caller(options);
    clock = &caller.clock();
    for (const bool in_time : {true, false}) {
      CAPTURE(in_time);
      late = !in_time;
      caller.client().start({1, 1}, post(), clock->now() + Duration{5000});
      const auto completion = caller.ended(1).front();
      if (in_time) {
        CHECK(answer(completion).body == "there");
      } else {
        CHECK(no_answer(completion).delivery == Delivery::not_sent);
      }
    }
    // A repeatable call has no such limit.
    caller.client().start({1, 1}, get(), clock->now());
    CHECK(answer(caller.ended(1).front()).body == "there");
  }
  CHECK(server.finish().requests.size() == 2);
}

TEST_CASE("the time of sending is that of the write, not that of the start") {
  RawServer server(always(ok("")));
  Caller caller(server.url());
  const pawl::Instant started = caller.clock().now();
  caller.client().start({1, 1}, post(), started + Duration{5000});
  caller.clock().push(Duration{3000});
  const auto completion = caller.ended(1).front();
  answer(completion);
  CHECK(completion.sent >= started + Duration{3000});
  CHECK(completion.received >= completion.sent);
}
