// Whole answers, as they arrive over a socket.
#include <doctest/doctest.h>
#include <fmt/core.h>

#include "tests/engine_io/caller.h"
#include "tests/engine_io/raw_server.h"

using namespace pawl::test;
using pawl::Call;
using pawl::HttpResponse;

namespace {

HttpResponse answer_to(const Call& call, const std::string& bytes) {
  RawServer server([&](Peer& peer, int) {
    peer.read_request();
    peer.write(bytes);
    peer.wait_for_close();
  });
  Caller caller(server.url());
  return answer(caller.make(call));
}

const std::string date_line = "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n";

}  // namespace

TEST_CASE("status, headers and body of an answer come over whole") {
  for (const Call& call : {get(), post()}) {
    const HttpResponse got =
        answer_to(call, ok("{}", date_line + "X-Request-Id: 4711\r\nRetry-After: 3\r\n"
                                             "Content-Type: application/json; charset=utf-8\r\n"));
    CHECK(got.status == 200);
    CHECK(got.body == "{}");
    CHECK(got.request_id == "4711");
    CHECK(got.content_type == "application/json; charset=utf-8");
    CHECK(got.retry_after == std::chrono::seconds{3});
    REQUIRE(got.date);
    CHECK(pawl::format_utc(got.date->at) == "1994-11-06T08:49:37.000Z");
  }
}

TEST_CASE("every status is an answer, whatever it says") {
  for (const int status :
       {201, 202, 206, 300, 304, 400, 401, 403, 404, 407, 409, 417, 429, 500, 502, 503, 599, 999}) {
    CAPTURE(status);
    for (const Call& call : {get(), post()}) {
      const HttpResponse got =
          answer_to(call, fmt::format("HTTP/1.1 {} Said\r\nWWW-Authenticate: Basic realm=\"x\"\r\n"
                                      "Content-Length: 0\r\n\r\n",
                                      status));
      CHECK(got.status == status);
    }
  }
}

TEST_CASE("interim answers come before the one that counts") {
  const std::string interim =
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nX: y\r\n\r\n";
  for (const Call& call : {get(), post()}) {
    const HttpResponse got = answer_to(call, interim + ok("after"));
    CHECK(got.status == 200);
    CHECK(got.body == "after");
  }
}

TEST_CASE("an answer without a body ends with its headers") {
  CHECK(answer_to(get(), "HTTP/1.1 204 No Content\r\n\r\n").status == 204);
  CHECK(answer_to(get(), "HTTP/1.1 204 No Content\r\nContent-Length: 50\r\n\r\n").body.empty());
  CHECK(answer_to(get(), "HTTP/1.1 304 Not Modified\r\nContent-Length: 50\r\n\r\n").body.empty());
}

TEST_CASE("a body may come in chunks, with trailers, or last until the connection ends") {
  const HttpResponse chunked =
      answer_to(get(),
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"
                "2;x=y\r\nde\r\n0\r\nX-Request-Id: late\r\n\r\n");
  CHECK(chunked.body == "abcde");
  CHECK(chunked.request_id.empty());

  RawServer server([](Peer& peer, int) {
    peer.read_request();
    peer.write("HTTP/1.1 200 OK\r\n\r\nto the end");
  });
  Caller caller(server.url());
  CHECK(answer(caller.make(get())).body == "to the end");
}

TEST_CASE("chunks count where a length stands beside them") {
  const HttpResponse got =
      answer_to(get(),
                "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"
                "3\r\nabc\r\n0\r\n\r\n");
  CHECK(got.body == "abc");
}

TEST_CASE("a packed body stays packed, so that nothing small becomes large") {
  const std::string packed = "\x1f\x8b\x08 not really";
  CHECK(answer_to(get(), ok(packed, "Content-Encoding: gzip\r\n")).body == packed);
}

TEST_CASE("a target arrives as it was spelled, with every byte of its query") {
  RawServer server(always(ok("")));
  std::string every;
  for (int byte = 0; byte < 256; ++byte)
    every += static_cast<char>(byte);
  {
    Caller caller(server.url());
    Call call = get("/v3/../x/./y//");
    call.request.query = {{"q", every}, {every, ""}};
    answer(caller.make(call));
  }
  const auto seen = server.finish();
  REQUIRE(seen.requests.size() == 1);
  const std::string& request = seen.requests.front();
  const std::string line = request.substr(0, request.find("\r\n"));
  CHECK(line.starts_with("GET /v3/../x/./y//?q=%00%01%02"));
  CHECK(contains(line, "%1F%20%21%22%23%24%25%26%27%28%29%2A%2B%2C-.%2F0123456789%3A"));
  CHECK(line.ends_with("%FD%FE%FF= HTTP/1.1"));
}

TEST_CASE("an IPv6 endpoint is called by its address") {
  RawServer server(always(ok("six")), {.ipv6 = true});
  {
    Caller caller(server.url());
    CHECK(answer(caller.make(get())).body == "six");
    CHECK(answer(caller.make(post())).body == "six");
  }
  const auto seen = server.finish();
  CHECK(contains(seen.requests.front(), fmt::format("\r\nHost: [::1]:{}\r\n", server.port())));
}
