#include "workflows/signer.h"

#include <doctest/doctest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "engine/digest.h"
#include "workflows/cloud_time.h"

using namespace pawl;
using nlohmann::json;

namespace {

/// 20260115T083000Z
Instant date_of(const std::string& text) {
  const std::string rfc = text.substr(0, 4) + '-' + text.substr(4, 2) + '-' + text.substr(6, 5) +
                          ':' + text.substr(11, 2) + ':' + text.substr(13);
  const auto time = cloud::parse_cloud_time(rfc);
  REQUIRE_MESSAGE(time, rfc);
  return time->at.at;
}

}  // namespace

TEST_CASE("every published and recomputed vector of the signature is met") {
  std::ifstream file(std::string(PAWL_SOURCE) + "/tests/workflows/signing-vectors.json");
  const json vectors = json::parse(file);
  REQUIRE(vectors["cases"].size() == 21);
  for (const json& vector : vectors["cases"]) {
    CAPTURE(vector["name"].get<std::string>());
    const json& asked = vector["request"];
    HttpRequest request;
    request.path = asked["path"].get<std::string>();
    for (const json& pair : asked["query"])
      request.query.emplace_back(pair[0], pair[1]);
    request.body = asked["body"].get<std::string>();
    cloud::SignedHeaders headers;
    for (const auto& [name, value] : asked["headers"].items())
      headers.emplace_back(name, value.get<std::string>());
    const cloud::AccessKey key{vector["access_key"], vector["secret_key"], ""};
    const cloud::Signature signature =
        cloud::sign(key, request, asked["method"].get<std::string>(), asked["host"], headers,
                    date_of(vector["x_sdk_date"]));
    const json& expected = vector["expected"];
    CHECK(signature.date == vector["x_sdk_date"]);
    CHECK(signature.canonical_request == expected["canonical_request"]);
    CHECK(sha256_hex(signature.canonical_request) == expected["canonical_request_sha256"]);
    CHECK(signature.authorization == expected["authorization"]);
  }
}

TEST_CASE("a temporary key sends its token and signs it, and the secret is in no header") {
  HttpRequest request;
  request.path = "/v3/p/instances";
  const cloud::AccessKey key{"AKEXAMPLE", "secret-of-the-key", "token-of-the-key"};
  const auto headers =
      cloud::signed_headers(key, "p", request, "rds.example.com", date_of("20260115T083000Z"));
  std::string all;
  for (const auto& [name, value] : headers)
    all += name + ": " + value + '\n';
  CHECK(all.find("X-Security-Token: token-of-the-key") != std::string::npos);
  CHECK(all.find("SignedHeaders=content-type;host;x-project-id;x-sdk-date;x-security-token") !=
        std::string::npos);
  CHECK(all.find("secret-of-the-key") == std::string::npos);
}
