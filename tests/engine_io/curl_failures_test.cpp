// Answers that are none: each leaves in doubt whether the request did something.
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <string>

#include "tests/engine_io/caller.h"
#include "tests/engine_io/raw_server.h"

using namespace pawl::test;
using pawl::Call;
using pawl::CurlOptions;
using pawl::Delivery;
using pawl::Duration;
using pawl::NoAnswer;

namespace {

const std::string head = "HTTP/1.1 200 OK\r\n";
constexpr std::size_t mebibyte = 1U << 20U;

/// What a GET and a POST make of a server with this script, having waited for `timeout`.
std::vector<NoAnswer> outcomes(const RawServer::Script& script, Duration timeout = patience) {
  std::vector<NoAnswer> found;
  for (Call call : {get(), post()}) {
    RawServer server(script);
    {
      Caller caller(server.url());
      call.timeout = timeout;
      found.push_back(no_answer(caller.make(call)));
    }
    // Fresh connections are no reason to try again.
    CHECK(server.finish().requests.size() == 1);
    CHECK(contains(found.back().why, "127.0.0.1:" + std::to_string(server.port())));
    CHECK_FALSE(contains(found.back().why, "\n"));
  }
  return found;
}

/// Reads a request, says `bytes` and closes.
RawServer::Script say(const std::string& bytes) {
  return [bytes](Peer& peer, int) {
    peer.read_request();
    peer.write(bytes);
  };
}

}  // namespace

TEST_CASE("an answer that is cut off or no HTTP leaves the call in doubt") {
  struct Row {
    std::string name;
    std::string bytes;
    const char* words;
  };
  for (const Row& row : {
           Row{"nothing", "", "closed the connection without an answer"},
           Row{"half a status line", "HTTP/1.1 2", ""},
           Row{"half the headers", head + "Content-Type: text/plain\r\nDate: Sun", ""},
           Row{"half the body", head + "Content-Length: 10\r\n\r\n12345", "a cut-off answer from"},
           Row{"no body", head + "Content-Length: 10\r\n\r\n", "a cut-off answer from"},
           Row{"half a chunk", head + "Transfer-Encoding: chunked\r\n\r\n5\r\n123", ""},
           Row{"no last chunk", head + "Transfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n", ""},
           Row{"a bad chunk", head + "Transfer-Encoding: chunked\r\n\r\nzz\r\n12345\r\n", ""},
           Row{"only an interim answer", "HTTP/1.1 100 Continue\r\n\r\n", ""},
           Row{"garbage", "\x16\x03\x01\x02 what?\r\n\r\n", "no HTTP that can be understood from"},
           Row{"HTTP/0.9", "<html>hello</html>", "no HTTP that can be understood from"},
           Row{"an unknown version", "HTTP/7.3 200 OK\r\n\r\n", "no HTTP that can be understood"},
           Row{"a length that is none", head + "Content-Length: -5\r\n\r\n12345", ""},
           Row{"a NUL in a header", head + std::string("X: a\0b\r\n\r\n", 10), ""},
           Row{"two lengths", head + "Content-Length: 2\r\nContent-Length: 5\r\n\r\n12345",
               "has two different lengths"},
           Row{"one endless header", head + "X: " + std::string(mebibyte, 'x'), ""},
       }) {
    CAPTURE(row.name);
    for (const NoAnswer& outcome : outcomes(say(row.bytes))) {
      CAPTURE(outcome.why);
      CHECK(outcome.delivery == Delivery::unknown);
      CHECK(contains(outcome.why, row.words));
    }
  }
}

TEST_CASE("a reset leaves the call in doubt, whenever it comes") {
  for (const std::string& bytes : {std::string(), head, head + "Content-Length: 9\r\n\r\n1"}) {
    CAPTURE(bytes);
    const auto script = [&](Peer& peer, int) {
      peer.read_request();
      peer.write(bytes);
      peer.reset();
    };
    for (const NoAnswer& outcome : outcomes(script))
      CHECK(outcome.delivery == Delivery::unknown);
  }
}

TEST_CASE("silence and dribbling end with the call's time") {
  const Duration timeout{300};
  const auto silent = [](Peer& peer, int) {
    peer.read_request();
    peer.wait_for_close();
  };
  const auto dribbling = [](Peer& peer, int) {
    peer.read_request();
    peer.write(head + "Content-Length: 1000000\r\n\r\n");
    while (!peer.closed_within(10))
      peer.write("x");
  };
  const auto endless_headers = [](Peer& peer, int) {
    peer.read_request();
    peer.write(head);
    while (!peer.closed_within(10))
      peer.write("X: y\r\n");
  };
  for (const RawServer::Script& script : {RawServer::Script(silent), RawServer::Script(dribbling),
                                          RawServer::Script(endless_headers)}) {
    for (const NoAnswer& outcome : outcomes(script, timeout)) {
      CHECK(outcome.delivery == Delivery::unknown);
      CHECK(contains(outcome.why, "no whole answer from"));
      CHECK(contains(outcome.why, "within 300ms"));
    }
  }
}

TEST_CASE("an answer whose first byte does not come, or that stalls, is given up before its time") {
  for (const std::string& begun : {std::string(), head + "Content-Length: 10\r\n\r\nhalf"}) {
    CAPTURE(begun);
    RawServer server([&begun](Peer& peer, int) {
      peer.read_request();
      peer.write(begun);
      peer.wait_for_close();
    });
    CurlOptions options;
    options.base_url = server.url();
    options.silence_max = std::chrono::seconds{1};
    Caller caller(options);
    const NoAnswer none = no_answer(caller.make(post()));
    CHECK(none.delivery == Delivery::unknown);
    CHECK(contains(none.why, "nothing came for too long"));
  }
}

TEST_CASE("an answer beyond the limit is given up long before its end") {
  const std::string piece(mebibyte, 'x');
  for (const std::string& headers :
       {std::string("Content-Length: 104857600\r\n\r\n"), std::string("Connection: close\r\n\r\n"),
        std::string("X: ")}) {
    CAPTURE(headers);
    std::atomic<std::size_t> written = 0;
    const auto script = [&](Peer& peer, int) {
      peer.read_request();
      peer.write(head + headers);
      for (int i = 0; i < 100 && peer.write(piece); ++i)
        written += piece.size();
    };
    for (const NoAnswer& outcome : outcomes(script)) {
      CAPTURE(outcome.why);
      CHECK(outcome.delivery == Delivery::unknown);
      if (headers != "X: ") CHECK(contains(outcome.why, "is larger than 8 MiB"));
    }
    // Twice, as there are two calls; what lies in the kernel's buffers counts too.
    CHECK(written < 60 * mebibyte);
  }
}

TEST_CASE("headers without end are no answer") {
  std::string many = head;
  while (many.size() < 9 * mebibyte)
    many += "X-Filler: " + std::string(1000, 'x') + "\r\n";
  for (const NoAnswer& outcome : outcomes(say(many + "\r\n")))
    CHECK(outcome.delivery == Delivery::unknown);
}

TEST_CASE("the limit is the caller's, to the byte") {
  const std::string answer_bytes = ok(std::string(100, 'x'));
  for (const std::size_t spare : {0U, 1U}) {
    CAPTURE(spare);
    RawServer server(always(answer_bytes));
    {
      CurlOptions options;
      options.base_url = server.url();
      options.response_bytes_max = answer_bytes.size() - spare;
      Caller caller(options);
      const auto completion = caller.make(get());
      if (spare == 0) {
        CHECK(answer(completion).body.size() == 100);
      } else {
        CHECK(contains(no_answer(completion).why, "is larger than 139 bytes"));
      }
    }
  }
}

TEST_CASE("an answer beyond the limit spoils no later call") {
  RawServer server([](Peer& peer, int connection) {
    while (peer.read_request())
      peer.write(connection == 1 ? ok(std::string(9 * mebibyte, 'x')) : ok("small"));
  });
  {
    Caller caller(server.url());
    CHECK(no_answer(caller.make(get())).delivery == Delivery::unknown);
    CHECK(answer(caller.make(get())).body == "small");
  }
}

TEST_CASE("what a server says beyond its answer is never the next call's answer") {
  const TlsIdentity identity("127.0.0.1");
  enum class Comes { with_the_body, at_once, later };
  for (const Comes comes : {Comes::with_the_body, Comes::at_once, Comes::later}) {
    for (const TlsIdentity* const tls : {static_cast<const TlsIdentity*>(nullptr), &identity}) {
      CAPTURE(static_cast<int>(comes));
      CAPTURE(tls);
      std::promise<void> received, smuggled;
      RawServer server(
          [&, go = received.get_future().share()](Peer& peer, int connection) {
            while (peer.read_request()) {
              const std::string whole = ok("answer " + std::to_string(connection));
              // Over TLS each write is a record of its own, which OpenSSL takes in whole.
              const std::size_t body = whole.find("\r\n\r\n") + 4;
              peer.write(whole.substr(0, body));
              const bool together = connection == 1 && comes == Comes::with_the_body;
              peer.write(whole.substr(body) + (together ? ok("smuggled") : ""));
              if (connection > 1) continue;
              if (comes == Comes::later) go.wait();
              if (!together) peer.write(ok("smuggled"));
              smuggled.set_value();
              peer.wait_for_close();
            }
          },
          {.identity = tls});
      CurlOptions options;
      options.base_url = server.url();
      options.ca_file = identity.file();
      Caller caller(options);
      CHECK(answer(caller.make(get())).body == "answer 1");
      received.set_value();
      smuggled.get_future().wait();
      CHECK(answer(caller.make(get())).body == "answer 2");
      CHECK(answer(caller.make(get())).body == "answer 2");
    }
  }
}
