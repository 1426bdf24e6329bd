#include "cli/way_out.h"

#include <doctest/doctest.h>

#include <map>

namespace pawl {

TEST_CASE("an address leads out unless it is a loopback's or of the link alone") {
  struct Row {
    std::vector<OwnAddress> addresses;
    bool ipv4, ipv6;
  };
  for (const Row& row : {
           Row{{}, false, false},
           Row{{{"127.0.0.1", true}, {"::1", true}}, false, false},
           Row{{{"127.0.0.1", true}, {"2001:db8::1"}}, false, true},
           Row{{{"127.0.0.1", true}, {"fd00::2"}, {"fe80::1"}, {"169.254.3.4"}}, false, true},
           Row{{{"127.8.0.1"}, {"::1"}, {"febf::1"}}, false, false},
           Row{{{"192.0.2.1", true}, {"2001:db8::1", true}}, false, false},
           Row{{{"192.0.2.1"}, {"fe80::1"}}, true, false},
           Row{{{"169.255.0.1"}, {"fec0::1"}, {"::2"}}, true, true},
           Row{{{"not an address"}}, false, false},
       }) {
    CAPTURE(row.addresses.size());
    CAPTURE(row.addresses.empty() ? "" : row.addresses.back().text);
    const WayOut out = way_out(row.addresses);
    CHECK(out.ipv4 == row.ipv4);
    CHECK(out.ipv6 == row.ipv6);
  }
}

TEST_CASE("no_proxy exempts what libcurl says it does") {
  struct Row {
    std::string list, host;
    bool exempt;
  };
  for (const Row& row : {
           Row{"", "rds.example.com", false},
           Row{"*", "rds.example.com", true},
           Row{"*,other", "rds.example.com", false},
           Row{"rds.example.com", "rds.example.com", true},
           Row{"a.test, Example.COM ,b.test", "rds.example.com", true},
           Row{"a.test b.test\texample.com.", "rds.example.com", true},
           Row{".example.com", "rds.example.com", true},
           Row{".example.com", "example.com", true},
           Row{"ample.com", "rds.example.com", false},
           Row{"s.rds.example.com", "rds.example.com", false},
           Row{"*.example.com", "rds.example.com", false},
           Row{"example.com", "rds.example.com.", true},
           Row{",, ,.", "rds.example.com", false},
           Row{"192.0.2.1", "192.0.2.1", true},
           Row{"2.1", "192.0.2.1", false},
           Row{"192.0.2.0/24", "192.0.2.77", true},
           Row{"192.0.2.0/25", "192.0.2.128", false},
           Row{"192.0.2.0/24", "rds.example.com", false},
           Row{"2001:db8::/32", "[2001:db8:1::5]", true},
           Row{"2001:db8::5", "[2001:db8::6]", false},
       }) {
    CAPTURE(row.list);
    CAPTURE(row.host);
    CHECK(exempt_from_proxy(row.list, row.host) == row.exempt);
  }
}

TEST_CASE("the variable that names the proxy is found as libcurl finds it") {
  using Variables = std::map<std::string, std::string>;
  const auto found = [](const std::string& url, const Variables& variables) {
    return proxy_variable(url, [&variables](const char* name) {
      const auto at = variables.find(name);
      return at == variables.end() ? std::string() : at->second;
    });
  };
  const std::string far = "https://rds.example.com";
  CHECK(found(far, {}) == "");
  CHECK(found(far, {{"http_proxy", "p"}}) == "");
  CHECK(found(far, {{"ALL_PROXY", "p"}, {"HTTPS_PROXY", "p"}}) == "HTTPS_PROXY");
  CHECK(found("http://rds.example.com", {{"HTTP_PROXY", "p"}}) == "");
  CHECK(found("http://rds.example.com", {{"http_proxy", "p"}}) == "http_proxy");
  CHECK(found("https://127.0.0.1:1", {{"https_proxy", "p"}}) == "");
  CHECK(found(far, {{"https_proxy", "p"}, {"no_proxy", "example.com"}}) == "");
  CHECK(found(far, {{"https_proxy", "p"}, {"NO_PROXY", "*"}}) == "");
  CHECK(found(far, {{"https_proxy", "p"}, {"no_proxy", "x"}, {"NO_PROXY", "*"}}) == "https_proxy");
}

}  // namespace pawl
