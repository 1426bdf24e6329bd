// Who the stand-in lets in, and what its IAM and its metadata service give out.
#include "cli/simulate/identity.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "tests/simulate/cloud.h"

namespace pawl::test {

using namespace simulate;
using nlohmann::json;

namespace {

Settings with(Auth auth) {
  Settings settings;
  settings.auth = auth;
  return settings;
}

RawRequest request(const std::string& method, const std::string& target,
                   std::vector<std::pair<std::string, std::string>> headers = {},
                   const std::string& body = "") {
  return {method, target, body, std::move(headers)};
}

/// What IAM or the metadata service answers; the test fails where it is neither's request.
CloudAnswer served(Identity& identity, const RawRequest& raw, CloudInstant now = beginning()) {
  HttpRequest decoded;
  decoded.path = raw.target;
  auto answer = identity.serve(raw, decoded, now);
  REQUIRE(answer);
  return std::move(*answer);
}

std::string login(const std::string& password, const std::string& project = "eu-de") {
  return json{
      {"auth",
       {{"identity",
         {{"methods", {"password"}},
          {"password",
           {{"user",
             {{"name", "pawl"}, {"password", password}, {"domain", {{"name", "pawl-domain"}}}}}}}}},
        {"scope", {{"project", {{"name", project}}}}}}}}
      .dump();
}

CloudAnswer token_for(Identity& identity, const std::string& body) {
  return served(identity, request("POST", "/v3/auth/tokens", {}, body));
}

}  // namespace

TEST_CASE("a token is given for the right user, password and project, and opens until it ends") {
  Settings settings = with(Auth::token);
  settings.credentials_valid = std::chrono::minutes{10};
  Identity identity(settings);
  for (const std::string& wrong :
       {login("guess"), login(settings.password, "eu-nl"), std::string("{}"), std::string("[")}) {
    CAPTURE(wrong);
    const CloudAnswer refused = token_for(identity, wrong);
    CHECK(refused.status >= 400);
    CHECK(refused.subject_token.empty());
    CHECK(refused.body.find(settings.password) == std::string::npos);
  }
  const CloudAnswer given = token_for(identity, login(settings.password));
  REQUIRE(given.status == 201);
  CHECK(json::parse(given.body)["token"]["project"]["id"] == settings.project_id);
  const auto flaw = [&](const std::string& token, Duration later) {
    return identity
        .flaw(request("GET", "/v3/p", {{"x-auth-token", token}}), {beginning().at + later})
        .value_or("");
  };
  CHECK(flaw(given.subject_token, Duration{0}).empty());
  CHECK(flaw(given.subject_token, std::chrono::minutes{11}).starts_with("token expires"));
  CHECK(flaw(given.subject_token + "x", Duration{0}) == "decrypt token fail");
  CHECK(identity.flaw(request("GET", "/v3/p"), beginning()) == "x-auth-token not found");
}

TEST_CASE("the metadata service gives a temporary key for its own token alone") {
  Identity identity(with(Auth::aksk));
  CHECK(served(identity, request("GET", "/openstack/latest/securitykey")).status == 401);
  const RawRequest put = request("PUT", "/meta-data/latest/api/token");
  CHECK(served(identity, put).status == 400);
  const std::string token = served(identity, request("PUT", "/meta-data/latest/api/token",
                                                     {{"x-metadata-token-ttl-seconds", "21600"}}))
                                .body;
  const CloudAnswer given = served(
      identity, request("GET", "/openstack/latest/securitykey", {{"x-metadata-token", token}}));
  REQUIRE(given.status == 200);
  const json credential = json::parse(given.body)["credential"];
  for (const char* field : {"access", "secret", "securitytoken", "expires_at"})
    CHECK_FALSE(credential[field].get<std::string>().empty());
}

TEST_CASE("more than five failures in a row lock the keys for five minutes") {
  Identity identity(with(Auth::aksk));
  const RawRequest bad = request("GET", "/v3/p", {{"host", "h"}});
  for (int failures = 1; failures <= 6; ++failures)
    CHECK(identity.flaw(bad, beginning()) == "the request has no signature, or no X-Sdk-Date");
  const std::string locked = "AK access failed to reach the limit,forbidden";
  CHECK(identity.flaw(bad, beginning()) == locked);
  CHECK(identity.flaw(bad, {beginning().at + std::chrono::minutes{4}}) == locked);
  CHECK(identity.flaw(bad, {beginning().at + std::chrono::minutes{5}}) != locked);
}

TEST_CASE("a call that names another project than its own is refused, however it is proven") {
  for (const Auth auth : {Auth::none, Auth::token, Auth::aksk}) {
    Settings settings = with(auth);
    Identity identity(settings);
    const auto flaw = [&](const std::string& project) {
      const std::string target = "/v3/" + settings.project_id + "/instances?limit=1";
      return identity.flaw(request("GET", target, {{"x-project-id", project}}), beginning())
          .value_or("");
    };
    CHECK(flaw("other") == "x-project-id other is not the project of the call");
    CHECK(flaw(settings.project_id).find("x-project-id") == std::string::npos);
  }
}

TEST_CASE("bytes that are no UTF-8 are refused like any others, in JSON") {
  Settings settings = with(Auth::aksk);
  Identity identity(settings);
  const auto signed_with = [](const std::string& access, const std::string& names) {
    return request("GET", "/v3/projects",
                   {{"x-sdk-date", "20260301T120000Z"},
                    {"authorization", "SDK-HMAC-SHA256 Access=" + access +
                                          ", SignedHeaders=" + names + ", Signature=x"}});
  };
  for (const RawRequest& raw : {signed_with(settings.access_key, "\xff"),
                                signed_with("\xff", "host"), signed_with("\xc3", "\xc3\x28")}) {
    const CloudAnswer answer = served(identity, raw);
    CHECK(answer.status == 401);
    CHECK_MESSAGE(json::accept(answer.body), answer.body);
    CloudModel model(settings, beginning());
    const auto why = identity.flaw(raw, beginning());
    REQUIRE(why);
    const std::string body = model.refuse({}, *why).body;
    CHECK_MESSAGE(json::accept(body), body);
  }
}

TEST_CASE("calls of the numbers named are refused as if the credentials had been revoked") {
  Settings settings = with(Auth::none);
  settings.revoked = parse_calls("2..3");
  Identity identity(settings);
  const RawRequest call = request("GET", "/v3/p");
  CHECK_FALSE(identity.flaw(call, beginning()));
  CHECK(identity.flaw(call, beginning()) == "ak not exist");
  CHECK(identity.flaw(call, beginning()) == "ak not exist");
  CHECK_FALSE(identity.flaw(call, beginning()));
  CHECK(parse_calls("7") == CallRange{7, 7});
  for (const char* word : {"", "0", "3..2", "a..b", "1..", "..2", "1..2..3"}) {
    CAPTURE(word);
    CHECK_FALSE(parse_calls(word));
  }
}

}  // namespace pawl::test
