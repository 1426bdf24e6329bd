// What an authorizer adds.
#include <doctest/doctest.h>

#include "tests/engine_io/caller.h"
#include "tests/engine_io/raw_server.h"

using namespace pawl::test;
using pawl::Call;
using pawl::CurlOptions;
using pawl::Delivery;
using pawl::NoAnswer;

namespace {

/// The request, as the server saw it, of a call with these headers.
std::string request_with(const std::vector<pawl::Header>& headers, const Call& call) {
  RawServer server(always(ok("")));
  {
    FixedHeaders authorizer(headers);
    Caller caller(server.url(), &authorizer);
    answer(caller.make(call));
    CHECK(authorizer.host == "127.0.0.1:" + std::to_string(server.port()));
  }
  return server.finish().requests.at(0);
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t times = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
    ++times;
  return times;
}

}  // namespace

TEST_CASE("an authorizer's headers are sent as they are") {
  for (const Call& call : {get(), post()}) {
    const std::string request = request_with(
        {{"X-Auth-Token", "a:b; c=\"d\""}, {"X-Empty", ""}, {"X-Long", std::string(9000, 'x')}},
        call);
    CHECK(contains(request, "\r\nX-Auth-Token: a:b; c=\"d\"\r\n"));
    CHECK(contains(request, "\r\nX-Empty:\r\n"));
    CHECK(contains(request, "\r\nX-Long: " + std::string(9000, 'x') + "\r\n"));
    CHECK(contains(request, "\r\nUser-Agent: pawl\r\n"));
    CHECK_FALSE(contains(request, "Expect"));
  }
}

TEST_CASE("an authorizer's Content-Type and Host stand in place of the client's own") {
  const std::string request =
      request_with({{"content-type", "application/xml"}, {"Host", "signed.example.com"}}, post());
  CHECK(count(request, "ontent-") == 2);
  CHECK(contains(request, "\r\ncontent-type: application/xml\r\n"));
  CHECK(contains(request, "\r\nHost: signed.example.com\r\n"));
  CHECK(count(request, "Host:") == 1);
}

TEST_CASE("a header that would become two is held back and not repeated in words") {
  const std::string zero(1, '\0');
  for (const pawl::Header& header :
       std::vector<pawl::Header>{{"X-Auth-Token", "hush\r\nX-Evil: 1"},
                                 {"X-Auth-Token", "hush\n"},
                                 {"X-Auth-Token", "hush\r"},
                                 {"X-Auth-Token", "hush" + zero + "more"},
                                 {"X-Evil: 1\r\nX-Auth-Token", "hush"},
                                 {"X-Evil: 1", "hush"},
                                 {"X Evil", "hush"},
                                 {"", "hush"}}) {
    for (const Call& call : {get(), post()}) {
      CAPTURE(header.first);
      CAPTURE(header.second);
      RawServer server(always(ok("")));
      {
        FixedHeaders authorizer({{"X-Good", "1"}, header});
        Caller caller(server.url(), &authorizer);
        const NoAnswer none = no_answer(caller.make(call));
        CHECK(none.delivery == Delivery::not_sent);
        CHECK(contains(none.why, "held back"));
        CHECK_FALSE(contains(none.why, "hush"));
        CHECK(caller.client().idle() == CurlOptions{}.pool);
      }
      CHECK(server.finish().connections == 0);
    }
  }
}

TEST_CASE("a call is signed by the wall clock, though the store's times are ahead of it") {
  RawServer server(always(ok("")));
  FixedHeaders authorizer("X-Auth-Token", "hush");
  Caller caller(server.url(), &authorizer);
  caller.clock().push(std::chrono::hours{2});
  answer(caller.make(get()));
  CHECK(authorizer.wall <= caller.clock().wall());
  CHECK(authorizer.wall > caller.clock().wall() - pawl::test::patience);
}

TEST_CASE("one call's headers do not reach the next") {
  class Once final : public pawl::Authorizer {
   public:
    std::vector<pawl::Header> headers(const pawl::HttpRequest&, const std::string&,
                                      pawl::Instant) override {
      if (std::exchange(used_, true)) return {};
      return {{"X-Auth-Token", "hush"}, {"Content-Type", "text/plain"}};
    }

   private:
    bool used_ = false;
  };
  RawServer server(always(ok("")));
  {
    Once once;
    Caller caller(server.url(), &once);
    for (const Call& call : {post("{\"a\":1}"), post("{\"b\":2}"), get()})
      answer(caller.make(call));
  }
  const auto seen = server.finish();
  CHECK(contains(seen.requests.at(0), "hush"));
  CHECK(contains(seen.requests.at(0), "{\"a\":1}"));
  CHECK_FALSE(contains(seen.requests.at(1), "hush"));
  CHECK(contains(seen.requests.at(1), "Content-Type: application/json"));
  CHECK(seen.requests.at(1).ends_with("\r\n\r\n{\"b\":2}"));
  CHECK_FALSE(contains(seen.requests.at(2), "hush"));
  CHECK(seen.requests.at(2).ends_with("\r\n\r\n"));
}

TEST_CASE("the words for a failure never hold what proves who calls") {
  for (const std::string& bytes :
       {std::string(), std::string("hush"), std::string("HTTP/1.1 200 hush\r\nhush hush\r\n\r\n"),
        std::string("HTTP/1.1 200 OK\r\nContent-Length: hush\r\n\r\n")}) {
    CAPTURE(bytes);
    RawServer server([&](Peer& peer, int) {
      peer.read_request();
      peer.write(bytes);
      peer.reset();
    });
    FixedHeaders authorizer("X-Auth-Token", "hush");
    Caller caller(server.url(), &authorizer);
    Call call = get();
    call.request.query = {{"q", "hush"}};
    const auto none = no_answer(caller.make(call));
    CHECK(none.delivery == Delivery::unknown);
    CHECK_FALSE(contains(none.why, "hush"));
  }
}

TEST_CASE("a header that is to be kept stands beside the answer, whole, where it came once") {
  const std::string token(8'000, 't');
  const std::vector<std::pair<std::string, std::string>> rows{
      {"X-Subject-Token: " + token + "\r\n", token},
      {"x-SUBJECT-token:  short \r\n", "short"},
      {"X-Subject-Token: a\r\nX-Subject-Token: b\r\n", ""},
      {"X-Other: a\r\n", ""}};
  for (const auto& row : rows) {
    const auto& [headers, kept] = row;
    CAPTURE(row.first.substr(0, 40));
    RawServer server(always(ok("body", headers)));
    CurlOptions options;
    options.base_url = server.url();
    options.keep_header = "x-subject-token";
    Caller caller(options);
    const pawl::Completion completion = caller.make(get());
    CHECK(completion.kept == kept);
    CHECK(answer(completion).body == "body");
  }
}

TEST_CASE("a PUT is sent as one, and the next call of the handle is what it is again") {
  RawServer server(always(ok("")));
  {
    CurlOptions options;
    options.base_url = server.url();
    options.pool = 1;
    Caller caller(options);
    Call put = get("/token");
    put.request.method = pawl::Method::put;
    answer(caller.make(put));
    answer(caller.make(get("/then")));
    answer(caller.make(post()));
  }
  const auto requests = server.finish().requests;
  REQUIRE(requests.size() == 3);
  CHECK(requests[0].starts_with("PUT /token HTTP/1.1\r\n"));
  CHECK(requests[0].find("Content-Length: 0\r\n") != std::string::npos);
  CHECK(requests[1].starts_with("GET /then HTTP/1.1\r\n"));
  CHECK(requests[2].starts_with("POST / HTTP/1.1\r\n"));
}
