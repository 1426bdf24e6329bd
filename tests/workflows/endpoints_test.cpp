#include "workflows/endpoints.h"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

using namespace std::string_literals;
using pawl::Endpoint;
using pawl::endpoint_for_region;
using pawl::is_loopback;
using pawl::is_region;
using pawl::NoEndpoint;
using pawl::parse_endpoint;

TEST_CASE("each cloud's regions lead to its own endpoint") {
  const std::vector<std::pair<std::string, std::string>> rows{
      {"cn-north-4", "https://rds.cn-north-4.myhuaweicloud.com"},
      {"ap-southeast-1", "https://rds.ap-southeast-1.myhuaweicloud.com"},
      {"my-kualalumpur-1", "https://rds.my-kualalumpur-1.myhuaweicloud.com"},
      {"eu-west-101", "https://rds.eu-west-101.myhuaweicloud.eu"},
      {"eu-west-199", "https://rds.eu-west-199.myhuaweicloud.eu"},
      {"eu-de", "https://rds.eu-de.otc.t-systems.com"},
      {"eu-nl", "https://rds.eu-nl.otc.t-systems.com"},
      {"eu-ch2", "https://rds.eu-ch2.sc.otc.t-systems.com"},
      {"eu-west-0", "https://rds.eu-west-0.prod-cloud-ocb.orange-business.com"},
      {"eu-west-1", "https://rds.eu-west-1.prod-cloud-ocb.orange-business.com"},
      {"xx-new-7", "https://rds.xx-new-7.myhuaweicloud.com"},
  };
  for (const auto& row : rows) {
    const auto& [region, endpoint] = row;
    CAPTURE(row.first);
    CHECK(is_region(region));
    CHECK(endpoint_for_region(region) == endpoint);
  }
}

TEST_CASE("IAM lives beside each cloud's service, and its endpoint tells the region") {
  const std::vector<std::pair<std::string, std::string>> rows{
      {"ap-southeast-1", "https://iam.ap-southeast-1.myhuaweicloud.com"},
      {"eu-west-101", "https://iam.eu-west-101.myhuaweicloud.eu"},
      {"eu-de", "https://iam.eu-de.otc.t-systems.com"},
      {"eu-ch2", "https://iam-pub.eu-ch2.sc.otc.t-systems.com"},
      {"eu-west-0", "https://iam.eu-west-0.prod-cloud-ocb.orange-business.com"}};
  for (const auto& row : rows) {
    const auto& [region, iam] = row;
    CAPTURE(row.first);
    CHECK(pawl::iam_endpoint_for_region(region) == iam);
    const auto endpoint = parse_endpoint(endpoint_for_region(region));
    CHECK(pawl::region_of_endpoint(std::get<Endpoint>(endpoint)) == region);
  }
  for (const char* other : {"https://rds.eu-de.example.com", "http://rds.eu-de.otc.t-systems.com",
                            "https://rds.eu-de.otc.t-systems.com:8443", "https://rds.", "https://a",
                            "https://ecs.eu-de.otc.t-systems.com", "http://127.0.0.1"}) {
    CAPTURE(other);
    const auto endpoint = parse_endpoint(other);
    if (const auto* parsed = std::get_if<Endpoint>(&endpoint)) {
      CHECK(pawl::region_of_endpoint(*parsed).empty());
    }
  }
}

TEST_CASE("what could break out of a host name is no region") {
  for (const std::string region :
       {"", "eu", "-eu-de", "eu-de-", "eu--de", "EU-DE", "eu_de", "eu-de.x", "eu-de/", "eu-de:1",
        "1eu-de", "eu de", "eu-\xC3\xA4"}) {
    CAPTURE(region);
    CHECK_FALSE(is_region(region));
  }
  CHECK_FALSE(is_region("eu-" + std::string(40, 'a')));
}

TEST_CASE("an endpoint is a scheme, a host and perhaps a port") {
  const std::vector<std::pair<std::string, std::string>> rows{
      {"https://rds.example.com", "https://rds.example.com"},
      {"HTTPS://RDS.Example.com/", "https://rds.example.com"},
      {"http://127.0.0.1:8080", "http://127.0.0.1:8080"},
      {"http://[::1]:1", "http://[::1]:1"},
      {"https://[fe80::1]", "https://[fe80::1]"},
      {"https://h:65535", "https://h:65535"},
  };
  for (const auto& row : rows) {
    const auto& [url, text] = row;
    CAPTURE(row.first);
    const auto parsed = parse_endpoint(url);
    const auto* endpoint = std::get_if<Endpoint>(&parsed);
    REQUIRE(endpoint != nullptr);
    CHECK(to_string(*endpoint) == text);
  }
}

TEST_CASE("all else is refused, and never quoted") {
  const std::vector<std::pair<std::string, std::string>> rows{
      {"", "begin with"},
      {"rds.example.com", "begin with"},
      {"ftp://h", "begin with"},
      {"https:/h", "begin with"},
      {" https://h", "begin with"},
      {"https://me:secret@h", "no user or password"},
      {"https://h/v3", "end after the host"},
      {"https://h//", "end after the host"},
      {"https://h?x=1", "end after the host"},
      {"https://h#x", "end after the host"},
      {"https://h\\x", "end after the host"},
      {"https://", "name a host"},
      {"https:///", "name a host"},
      {"https://:80", "name a host"},
      {"https://a..b", "name a host"},
      {"https://-a", "name a host"},
      {"https://a b", "name a host"},
      {"https://h\r\nx", "name a host"},
      {"https://[::1", "name a host"},
      {"https://[::1]x", "name a host"},
      {"https://[]", "name a host"},
      {"https://[::%25lo]", "name a host"},
      {"https://"s + std::string(64, 'a'), "name a host"},
      {"https://h:", "a port"},
      {"https://h:0", "a port"},
      {"https://h:65536", "a port"},
      {"https://h:+1", "a port"},
      {"https://h:1:2", "a port"},
  };
  for (const auto& row : rows) {
    const auto& [url, piece] = row;
    CAPTURE(row.first);
    const auto parsed = parse_endpoint(url);
    const auto* flaw = std::get_if<NoEndpoint>(&parsed);
    REQUIRE(flaw != nullptr);
    CHECK(flaw->must.find(piece) != std::string::npos);
    CHECK(flaw->must.find("secret") == std::string::npos);
  }
}

TEST_CASE("only what never leaves the machine is loopback") {
  for (const std::string host : {"127.0.0.1", "127.255.0.9", "localhost", "[::1]"}) {
    CAPTURE(host);
    CHECK(is_loopback({pawl::UrlScheme::http, host, {}}));
  }
  for (const std::string host :
       {"128.0.0.1", "127.0.0.1.example.com", "127.0.0", "127.1", "0127.0.0.1", "127.00.0.1",
        "127.0.0.256", "127.0.0.1.", "localhost.example.com", "localhost.", "[::2]",
        "[::ffff:127.0.0.1]", "0.0.0.0", ""}) {
    CAPTURE(host);
    CHECK_FALSE(is_loopback({pawl::UrlScheme::http, host, {}}));
  }
}
