// Proxies come from the usual environment variables, as libcurl reads them.
#include <doctest/doctest.h>
#include <stdlib.h>

#include <map>
#include <optional>

#include "tests/engine_io/caller.h"
#include "tests/engine_io/raw_server.h"

using namespace pawl::test;
using pawl::Call;
using pawl::CurlOptions;
using pawl::Delivery;
using pawl::NoAnswer;

namespace {

/// The variables that name proxies, set as given and otherwise absent for as long as it lives.
class ProxyVariables final {
 public:
  explicit ProxyVariables(const std::map<std::string, std::string>& values) {
    for (const char* name : {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY",
                             "no_proxy", "NO_PROXY"}) {
      const char* const before = ::getenv(name);
      before_[name] = before != nullptr ? std::optional<std::string>(before) : std::nullopt;
      const auto value = values.find(name);
      set(name, value != values.end() ? std::optional(value->second) : std::nullopt);
    }
  }
  ProxyVariables(const ProxyVariables&) = delete;
  ProxyVariables& operator=(const ProxyVariables&) = delete;
  ~ProxyVariables() {
    for (const auto& [name, value] : before_)
      set(name, value);
  }

 private:
  static void set(const std::string& name, const std::optional<std::string>& value) {
    if (value) {
      ::setenv(name.c_str(), value->c_str(), 1);
    } else {
      ::unsetenv(name.c_str());
    }
  }
  std::map<std::string, std::optional<std::string>> before_;
};

/// No such host is ever asked for: a proxy is in the way, or its name is too long to be resolved.
const std::string far_host = std::string(64, 'a') + ".invalid";

}  // namespace

TEST_CASE("a call to this machine goes through no proxy") {
  RawServer proxy(always(ok("proxy"))), server(always(ok("direct")));
  {
    const ProxyVariables variables(
        {{"http_proxy", proxy.url()}, {"all_proxy", proxy.url()}, {"ALL_PROXY", proxy.url()}});
    Caller caller(server.url()), by_name("http://localhost:" + std::to_string(server.port()));
    for (const Call& call : {get(), post()}) {
      CHECK(answer(caller.make(call)).body == "direct");
      CHECK(answer(by_name.make(call)).body == "direct");
    }
  }
  CHECK(proxy.finish().connections == 0);
}

TEST_CASE("a plain call to another machine goes through http_proxy, but not what no_proxy names") {
  RawServer proxy(always(ok("proxy")));
  {
    const ProxyVariables variables({{"http_proxy", proxy.url()}});
    Caller caller("http://" + far_host);
    for (const Call& call : {get(), get(), post()})
      CHECK(answer(caller.make(call)).body == "proxy");
  }
  {
    const ProxyVariables variables({{"http_proxy", proxy.url()}, {"no_proxy", far_host}});
    Caller caller("http://" + far_host);
    CHECK(no_answer(caller.make(post())).delivery == Delivery::not_sent);
  }
  const auto seen = proxy.finish();
  CHECK(seen.connections == 2);
  CHECK(seen.requests.at(0).starts_with("GET http://" + far_host + "/ HTTP/1.1\r\n"));
}

TEST_CASE("a proxy that opens no tunnel sees neither request nor credentials") {
  for (const char* refusal :
       {"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 302 Moved\r\nLocation: /\r\n\r\n",
        "HTTP/1.1 200 Yes\r\n\r\nno TLS at all\r\n\r\n", "garbage\r\n\r\n", ""}) {
    const std::string words(refusal);
    CAPTURE(words);
    RawServer proxy([&](Peer& peer, int) {
      peer.read_request();
      peer.write(words);
    });
    {
      const ProxyVariables variables({{"https_proxy", proxy.url()}});
      FixedHeaders authorizer("X-Auth-Token", "hush");
      Caller caller("https://" + far_host, &authorizer);
      for (const Call& call : {get("/secret"), post("{\"secret\":1}")})
        CHECK(no_answer(caller.make(call)).delivery == Delivery::not_sent);
    }
    const auto seen = proxy.finish();
    for (const std::string& request : seen.requests) {
      CHECK(request.starts_with("CONNECT " + far_host + ":443 HTTP/1.1\r\n"));
      CHECK_FALSE(contains(request, "hush"));
      CHECK_FALSE(contains(request, "secret"));
    }
  }
}

TEST_CASE("a password in a proxy's address stays out of the words for its failure") {
  for (const std::string& address :
       {std::string("http://user:hush@127.0.0.1:99999999"), std::string("http://user:hush@"),
        std::string("odd://user:hush@127.0.0.1:1"), std::string("http://user:hush@127.0.0.1:1"),
        "http://user:hush@" + far_host, std::string("http://user:hush@[::1")}) {
    CAPTURE(address);
    const ProxyVariables variables({{"http_proxy", address}});
    Caller caller("http://rds.invalid");
    const NoAnswer none = no_answer(caller.make(post()));
    CAPTURE(none.why);
    CHECK(none.delivery == Delivery::not_sent);
    CHECK_FALSE(contains(none.why, "hush"));
  }
}
