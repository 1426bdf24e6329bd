#include <doctest/doctest.h>

#include "tests/engine_io/caller.h"
#include "tests/engine_io/raw_server.h"

using namespace pawl::test;
using pawl::Call;
using pawl::CurlOptions;
using pawl::Delivery;
using pawl::NoAnswer;

namespace {

CurlOptions trusting(const RawServer& server, const std::string& ca_file) {
  CurlOptions options;
  options.base_url = server.url();
  options.ca_file = ca_file;
  return options;
}

/// Why a GET and a POST, which the server must not see, come to nothing: one text for both.
std::string refusal(const ServerOptions& server_options, const std::string& ca_file) {
  std::string why;
  RawServer server(always(ok("")), server_options);
  {
    FixedHeaders secret("X-Auth-Token", "hush");
    Caller caller(trusting(server, ca_file), &secret);
    for (const Call& call : {get(), post()}) {
      const NoAnswer none = no_answer(caller.make(call));
      CHECK(none.delivery == Delivery::not_sent);
      if (!why.empty()) CHECK(none.why == why);
      why = none.why;
    }
  }
  CHECK(server.finish().requests.empty());
  CHECK(contains(why, "127.0.0.1:" + std::to_string(server.port())));
  return why;
}

}  // namespace

TEST_CASE("a server whose certificate is trusted is called over TLS") {
  const TlsIdentity identity("127.0.0.1");
  for (const int tls_max : {0, 0x0303}) {
    CAPTURE(tls_max);
    RawServer server(always(ok("safe")), {.identity = &identity, .tls_max = tls_max});
    {
      Caller caller(trusting(server, identity.file()));
      CHECK(answer(caller.make(get())).body == "safe");
      CHECK(answer(caller.make(get())).body == "safe");
      CHECK(answer(caller.make(post())).body == "safe");
    }
    CHECK(server.finish().connections == 2);
  }
}

TEST_CASE("a certificate that nobody vouches for is refused before a request leaves") {
  const TlsIdentity identity("127.0.0.1"), other("127.0.0.1");
  for (const std::string& trusted : {std::string(), other.file()}) {
    const std::string why = refusal({.identity = &identity}, trusted);
    CAPTURE(why);
    CHECK(contains(why, "cannot trust the certificate of"));
    CHECK(contains(why, "self-signed certificate"));
  }
}

TEST_CASE("a certificate for another host is refused before a request leaves") {
  for (const char* host : {"rds.example.com", "127.0.0.2", "localhost"}) {
    const TlsIdentity identity(host);
    const std::string why = refusal({.identity = &identity}, identity.file());
    CAPTURE(why);
    CHECK(contains(why, "cannot trust the certificate of"));
    CHECK(contains(why, "127.0.0.1"));
  }
}

TEST_CASE("a certificate that has expired is refused before a request leaves") {
  const TlsIdentity identity("127.0.0.1", Validity::until_yesterday);
  const std::string why = refusal({.identity = &identity}, identity.file());
  CAPTURE(why);
  CHECK(contains(why, "certificate has expired"));
}

TEST_CASE("TLS before 1.2 is refused before a request leaves") {
  const TlsIdentity identity("127.0.0.1");
  for (const int tls_max : {0x0301, 0x0302}) {
    const std::string why = refusal({.identity = &identity, .tls_max = tls_max}, identity.file());
    CAPTURE(why);
    CHECK(contains(why, "cannot agree on TLS with"));
  }
}

TEST_CASE("a file of trusted certificates that is none is named as the cause") {
  const TlsIdentity identity("127.0.0.1");
  for (const char* file : {"/nowhere/ca.pem", "/dev/null"}) {
    const std::string why = refusal({.identity = &identity}, file);
    CAPTURE(why);
    CHECK(contains(why, "cannot read the trusted certificates for"));
    CHECK(contains(why, file));
  }
}

TEST_CASE("a server that speaks no TLS gets no request") {
  RawServer server([](Peer& peer, int) {
    peer.write("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    peer.wait_for_close();
  });
  {
    CurlOptions options;
    options.base_url = "https://127.0.0.1:" + std::to_string(server.port());
    Caller caller(options);
    const NoAnswer none = no_answer(caller.make(post("{\"secret\":\"hush\"}")));
    CHECK(none.delivery == Delivery::not_sent);
    CHECK(contains(none.why, "cannot agree on TLS with"));
  }
  CHECK(server.finish().requests.empty());
}

TEST_CASE("a server that closes inside the handshake gets no request") {
  RawServer server([](Peer&, int) {});
  CurlOptions options;
  options.base_url = "https://127.0.0.1:" + std::to_string(server.port());
  Caller caller(options);
  CHECK(no_answer(caller.make(post())).delivery == Delivery::not_sent);
}

TEST_CASE("a TLS connection that is cut off ends no answer") {
  const TlsIdentity identity("127.0.0.1");
  RawServer server(
      [](Peer& peer, int) {
        peer.read_request();
        peer.write("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nas far as it");
      },
      {.identity = &identity});
  Caller caller(trusting(server, identity.file()));
  CHECK(no_answer(caller.make(get())).delivery == Delivery::unknown);
}
