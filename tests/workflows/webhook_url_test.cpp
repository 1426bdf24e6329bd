#include "workflows/webhook_url.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace pawl;

TEST_CASE("a webhook's address is taken apart, with its path and query decoded") {
  const auto parsed = parse_webhook_url("https://Hooks.Example.com:8443/a%20b/c?to=x%26y&n=1");
  REQUIRE(std::holds_alternative<WebhookUrl>(parsed));
  const auto& url = std::get<WebhookUrl>(parsed);
  CHECK(to_string(url.endpoint) == "https://hooks.example.com:8443");
  CHECK(url.path == "/a b/c");
  CHECK(url.query == Query{{"to", "x&y"}, {"n", "1"}});
  // As workflow services give them out.
  const auto signed_url = std::get<WebhookUrl>(
      parse_webhook_url("https://logic.example.com:443/invoke?sp=%2Ftriggers%2Frun&sig=a-b"));
  CHECK(signed_url.query == Query{{"sp", "/triggers/run"}, {"sig", "a-b"}});
  const auto bare = std::get<WebhookUrl>(parse_webhook_url("http://localhost"));
  CHECK(bare.path == "/");
  CHECK(bare.query.empty());
}

TEST_CASE("an address that could go astray is refused, and its text is not repeated") {
  struct Row {
    const char *url, *must;
  };
  for (const Row& row :
       std::vector<Row>{{"hooks.example.com/x", "begin with https://"},
                        {"ftp://hooks.example.com/x", "begin with https://"},
                        {"http://hooks.example.com/x", "plain http is for this machine alone"},
                        {"http://127.0.0.1.example.com/", "plain http is for this machine alone"},
                        {"https://user:secret@example.com/", "name no user"},
                        {"https:///x", "name a host"},
                        {"https://example.com/a b", "be printable ASCII"},
                        {"https://example.com/a#b", "have no `#`"},
                        {"https://example.com/%2", "percent-encodings"},
                        {"https://example.com/%zz", "percent-encodings"},
                        {"https://example.com/a%2Fb", "percent-encodings"},
                        {"https://example.com/%00", "percent-encodings"},
                        {"https://example.com/?a", "name=value"},
                        {"https://example.com/?a=%2", "percent-encodings"},
                        {"https://example.com/?=b", "name=value"}}) {
    CAPTURE(row.url);
    const auto parsed = parse_webhook_url(row.url);
    REQUIRE(std::holds_alternative<NoEndpoint>(parsed));
    const std::string must(std::get<NoEndpoint>(parsed).must);
    CHECK(must.find(row.must) != std::string::npos);
    CHECK(must.find("secret") == std::string::npos);
  }
}
