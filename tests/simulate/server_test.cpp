// The socket: answers, faults as they look on the wire, and clients that mean no good.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "tests/simulate/cloud.h"
#include "tests/simulate/served.h"

namespace pawl::test {

using nlohmann::json;
using simulate::Trouble;

namespace {

const std::string instances = "/v3/0483b6b16e954cb88930a360d2c4e663/instances";

simulate::Settings failing(Trouble trouble) {
  simulate::Settings settings = ten_seconds();
  settings.faults = {{trouble, 1}};
  return settings;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// It still answers, which is all that a hostile client must leave it able to do.
void check_alive(const Served& served) {
  const Wire::Answer answer = get(served, "/_stats");
  CHECK(has(answer.head, " 200 OK"));
  CHECK(json::accept(answer.body));
}

json stats(const Served& served) {
  return json::parse(get(served, "/_stats").body);
}

}  // namespace

TEST_CASE("an answer has its headers, the cloud's date, and the query is decoded") {
  simulate::Settings settings = ten_seconds();
  settings.clock_offset = std::chrono::hours{-24 * 365 * 20};
  const Served served(settings);
  const Wire::Answer answer = get(served, instances + "?name=%2Aorders&limit=1");
  CHECK(answer.head.starts_with("HTTP/1.1 200 OK\r\n"));
  CHECK(has(answer.head, "Content-Type: application/json\r\n"));
  CHECK(has(answer.head, "X-Request-Id: 00000000000000010000000000000001\r\n"));
  const auto there =
      std::chrono::floor<Duration>(std::chrono::system_clock::now()) + settings.clock_offset;
  const std::string date = answer.head.substr(answer.head.find("\r\nDate: "));
  CHECK(has(date.substr(0, date.find("GMT")), " " + format_utc(there).substr(0, 4) + " "));
  const json page = json::parse(answer.body);
  CHECK(page["total_count"] == 2);
  CHECK(page["instances"].size() == 1);
}

TEST_CASE("one connection carries many requests, also when they come together") {
  const Served served(ten_seconds());
  Wire wire(served);
  const std::string request = "GET " + instances + "?limit=1 HTTP/1.1\r\nHost: x\r\n\r\n";
  CHECK(wire.send(request + request + request));
  for (int answers = 0; answers < 3; ++answers)
    CHECK(json::accept(wire.answer().body));
  CHECK(wire.send(request));
  CHECK(wire.answer().whole);
  CHECK(stats(served)["requests"] == 4);
}

TEST_CASE("a trigger's body may come in pieces") {
  const Served served(ten_seconds());
  const std::string id =
      json::parse(get(served, instances + "?limit=1").body)["instances"][0]["id"];
  const std::string body = R"({"target_version":"14.6"})";
  Wire wire(served);
  wire.send(
      fmt::format("POST {}/{}/major-version/inspection HTTP/1.1\r\nHost: x\r\n"
                  "Content-Length: {}\r\n\r\n{}",
                  instances, id, body.size(), body.substr(0, 5)));
  wire.send(body.substr(5));
  CHECK(json::parse(wire.answer().body).contains("report_id"));
  CHECK(stats(served)["instances"][id]["checks"] == 1);
}

TEST_CASE("only the right token is let in") {
  simulate::Settings settings = ten_seconds();
  settings.token = std::string(6'000, 't');
  const Served served(settings);
  CHECK(has(get(served, instances).head, " 401 "));
  CHECK(has(get(served, instances, "X-Auth-Token: wrong\r\n").head, " 401 "));
  CHECK(has(get(served, instances, "X-Auth-Token: " + settings.token + "\r\n").head, " 200 "));
}

TEST_CASE("on the wire a fault is what its word says") {
  SUBCASE("a connection closed without an answer") {
    const Served served(failing(Trouble::reset_after));
    Wire wire(served);
    wire.send("GET " + instances + " HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(wire.rest().empty());
    check_alive(served);
  }
  SUBCASE("a throttle that says for how long") {
    const Served served(failing(Trouble::throttled_until));
    const Wire::Answer answer = get(served, instances);
    CHECK(has(answer.head, " 429 "));
    CHECK(has(answer.head, "Retry-After: 1\r\n"));
  }
  SUBCASE("a throttle that does not") {
    const Served served(failing(Trouble::throttled));
    CHECK_FALSE(has(get(served, instances).head, "Retry-After"));
  }
  SUBCASE("a redirect to another host, which counts who follows") {
    const Served served(failing(Trouble::redirect));
    const Wire::Answer answer = get(served, instances);
    CHECK(has(answer.head, " 307 "));
    const std::string place = fmt::format("http://localhost:{}", served.port());
    CHECK(has(answer.head, "Location: " + place + "/_elsewhere\r\n"));
    get(served, "/_elsewhere");
    get(served, "/_elsewhere", "X-Auth-Token: stolen\r\n");
    get(served, "/_elsewhere", "Authorization: SDK-HMAC-SHA256 Access=x\r\n");
    CHECK(stats(served)["followed"] == 3);
    CHECK(stats(served)["followed_with_credentials"] == 2);
  }
  SUBCASE("a body that breaks off") {
    const Served served(failing(Trouble::truncated));
    const Wire::Answer answer = get(served, instances);
    CHECK(has(answer.head, " 200 "));
    CHECK_FALSE(answer.whole);
    CHECK_FALSE(answer.body.empty());
  }
  SUBCASE("JSON that breaks off, in a body that is whole") {
    const Served served(failing(Trouble::cut_json));
    const Wire::Answer answer = get(served, instances);
    CHECK(answer.whole);
    CHECK_FALSE(json::accept(answer.body));
  }
  SUBCASE("a body of 100 MB, which a client may leave at any time") {
    const Served served(failing(Trouble::oversized));
    const Wire::Answer answer = get(served, instances);
    CHECK(answer.whole);
    CHECK(answer.body.size() == 100'000'000);
    CHECK(json::accept(answer.body));
    Wire leaving(served);
    leaving.send("GET " + instances + " HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(leaving.rest(1'000).size() >= 1'000);
    check_alive(served);
  }
  SUBCASE("a body that dribbles, beside which others are served") {
    const Served served(failing(Trouble::dribble));
    Wire slow(served);
    slow.send("GET " + instances + "?id=none HTTP/1.1\r\nHost: x\r\n\r\n");
    check_alive(served);
    const Wire::Answer answer = slow.answer();
    CHECK(answer.body == R"({"instances":[],"total_count":0})");
    Wire leaving(served);  // whose body is under way when all ends
    leaving.send("GET " + instances + " HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK_FALSE(leaving.rest(1).empty());
  }
}

TEST_CASE("an answer that is late holds up nobody else, and may never be waited for") {
  simulate::Settings settings = ten_seconds();
  settings.latency = {std::chrono::hours{1}, std::chrono::hours{1}};
  const Served late(settings);
  std::vector<std::unique_ptr<Wire>> wires;
  for (int count = 0; count < 20; ++count) {
    wires.push_back(std::make_unique<Wire>(late));
    wires.back()->send("GET " + instances + " HTTP/1.1\r\nHost: x\r\n\r\n");
  }
  wires.resize(10);  // the other half is gone before its answers
  settings.latency = {Duration{20}, Duration{30}};
  const Served soon(settings);
  Wire wire(soon);
  for (int count = 0; count < 3; ++count) {
    wire.send("GET " + instances + " HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(wire.answer().whole);
  }
}

TEST_CASE("no request ends it, whatever its bytes") {
  const Served served(ten_seconds());
  const std::string head = "GET " + instances + " HTTP/1.1\r\nHost: x\r\n";
  const std::string post = "POST " + instances + "/x/major-version/upgrade HTTP/1.1\r\nHost: x\r\n";
  std::string header_crowd = head, argument_crowd = "GET " + instances + "?a=b";
  for (int count = 0; count < 20'000; ++count) {
    header_crowd += "X-A: b\r\n";
    argument_crowd += "&a=b";
  }
  const std::string rows[] = {
      "",
      "\r\n",
      std::string(100'000, '\0'),
      std::string(200'000, 'A'),
      "GET\r\n\r\n",
      "GET  HTTP/1.1\r\n\r\n",
      "GET / HTTP/9.9\r\n\r\n",
      "\x16\x03\x01\x02\x01\x01\xfc\x03\x03 hello",
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
      "GET " + instances + "/%00%ff%zz%/..%2f HTTP/1.1\r\nHost: x\r\n\r\n",
      "GET " + instances + "?%00=%00&=&&&==&name=%ff%fe&limit=%31 HTTP/1.1\r\nHost: x\r\n\r\n",
      "GET /" + std::string(60'000, 'p') + " HTTP/1.1\r\nHost: x\r\n\r\n",
      "GET " + instances + "?name=" + std::string(60'000, 'n') + " HTTP/1.1\r\nHost: x\r\n\r\n",
      head + "X-Large: " + std::string(1'000'000, 'h') + "\r\n\r\n",
      header_crowd + "\r\n",
      argument_crowd + " HTTP/1.1\r\nHost: x\r\n\r\n",
      head + "X-Auth-Token: \xff\xfe\x01\r\n\r\n",
      head + "X-Project-Id: \xff\r\n\r\n",
      head + "no colon\r\n\r\n",
      "DELETE " + instances + " HTTP/1.1\r\nHost: x\r\n\r\n",
      "\xff\xfe\xfd " + instances + " HTTP/1.1\r\nHost: x\r\n\r\n",
      post + "Content-Length: -5\r\n\r\n{}",
      post + "Content-Length: 99999999999999999999\r\n\r\n{}",
      post + "Content-Length: 5\r\nContent-Length: 6\r\n\r\n{}",
      post + "Content-Length: 3000000\r\n\r\n" + std::string(3'000'000, '['),
      post + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffffffff\r\n{}",
      post + "Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
      post + "Expect: 100-continue\r\nContent-Length: 10\r\n\r\n",
      post + "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 3\r\n\r\na=b",
  };
  for (const std::string& bytes : rows) {
    CAPTURE(bytes.substr(0, 60));
    Wire wire(served);
    wire.send(bytes);
    wire.end();
    check_alive(served);
    const std::string said = wire.so_far();
    CHECK((said.empty() || said.starts_with("HTTP/1.1 ")));
  }
  Wire large(served);
  large.send(post + "Content-Length: 3000000\r\n\r\n" + std::string(3'000'000, ' '));
  CHECK(has(large.answer().head, " 413 "));
  CHECK(has(get(served, instances).head, " 200 "));
}

TEST_CASE("whatever bytes a call proves itself with, the refusal of it is JSON") {
  simulate::Settings settings = ten_seconds();
  settings.auth = simulate::Auth::aksk;
  const Served served(settings);
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  std::string date = format_utc(now).substr(0, 19) + "Z";
  std::erase_if(date, [](char c) { return c == '-' || c == ':'; });
  const std::string proof = "X-Sdk-Date: " + date +
                            "\r\nAuthorization: SDK-HMAC-SHA256 Access=" + settings.access_key +
                            ", SignedHeaders=\xff, Signature=x\r\n";
  for (const std::string& path : {instances, std::string("/v3/projects")}) {
    for (const std::string& headers : {proof, "X-Project-Id: \xff\r\n" + proof}) {
      const Wire::Answer answer = get(served, path, headers);
      CHECK(has(answer.head, " 401 "));
      CHECK_MESSAGE(json::accept(answer.body), answer.body);
    }
  }
  check_alive(served);
}

TEST_CASE("the clock is put forward on request, and what has become due by then has happened") {
  const Served served(ten_seconds());
  Wire wire(served);
  const std::string check = R"({"target_version":"14.6"})";
  const std::string id = json::parse(get(served, instances).body)["instances"][0]["id"];
  const std::string calls = instances + "/" + id + "/major-version/";
  wire.send(fmt::format("POST {}inspection HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{}",
                        calls, check.size(), check));
  REQUIRE(has(wire.answer().head, " 200 "));
  const auto status = [&] {
    return json::parse(get(served, calls + "status?action=check").body)["status"];
  };
  CHECK(status() == "running");
  const std::string then = json::parse(get(served, "/_forward?by=0s").body)["now"];
  const std::string later = json::parse(get(served, "/_forward?by=2d").body)["now"];
  CHECK(*parse_utc(later) - *parse_utc(then) >= std::chrono::hours{48});
  CHECK(status() == "success");
  for (const char* wrong : {"/_forward", "/_forward?by=-1h", "/_forward?by=soon"})
    CHECK(has(get(served, wrong).head, " 400 "));
}

TEST_CASE("a submit may take effect late, and does so when its client has gone") {
  simulate::Settings settings = ten_seconds();
  settings.late_effect = Duration{300};
  const Served served(settings);
  const json fleet = json::parse(get(served, instances).body)["instances"];
  const std::string check = R"({"target_version":"14.6"})";
  const auto ask = [&](Wire& wire, std::size_t n) {
    wire.send(fmt::format(
        "POST {}/{}/major-version/inspection HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{}",
        instances, fleet[n]["id"].get<std::string>(), check.size(), check));
  };
  const auto began = std::chrono::steady_clock::now();
  Wire waits(served);
  ask(waits, 0);
  {
    Wire goes(served);
    ask(goes, 1);
  }
  Wire fast(served);
  fast.send("GET " + instances + " HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(fast.answer().whole);  // what only asks waits for nothing
  CHECK(json::parse(waits.answer().body).contains("report_id"));
  CHECK(std::chrono::steady_clock::now() - began >= std::chrono::milliseconds{300});
  const auto checks = [&] { return stats(served)["checks"].get<int>(); };
  for (int tries = 0; checks() < 2 && tries < 1'000; ++tries)
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
  CHECK(checks() == 2);
  ask(waits, 2);  // left behind: the server stops with it
}

TEST_CASE("many connections at once are served, and a port in use is refused in words") {
  const Served served(ten_seconds());
  std::vector<std::unique_ptr<Wire>> wires;
  for (int count = 0; count < 300; ++count)
    wires.push_back(std::make_unique<Wire>(served));
  for (const auto& wire : wires)
    wire->send("GET " + instances + "?limit=1 HTTP/1.1\r\nHost: x\r\n\r\n");
  for (const auto& wire : wires)
    CHECK(wire->answer().whole);
  simulate::Settings settings = ten_seconds();
  settings.port = served.port();
  const auto second = simulate::Server::listen(settings);
  REQUIRE_FALSE(second);
  CHECK(second.error().fault == Fault::usage);
  CHECK(has(second.error().what, std::to_string(served.port())));
}

}  // namespace pawl::test
