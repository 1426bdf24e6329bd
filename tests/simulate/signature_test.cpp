// The stand-in's own reading of signatures, against the published vectors and against tampering.
#include "cli/simulate/signature.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cctype>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>

#include "tests/simulate/cloud.h"

namespace pawl::test {

using namespace simulate;
using nlohmann::json;

namespace {

/// Everything but letters, digits and what `kept` names, as a client may well do it.
std::string escaped(const std::string& text, std::string_view kept = "") {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = std::isalnum(byte) != 0 || kept.find(c) != std::string_view::npos;
    out += plain ? std::string(1, c) : fmt::format("%{:02x}", byte);
  }
  return out;
}

struct Signed {
  RawRequest request;
  SigningKey key;
  CloudInstant at;
};

Signed from_vector(const json& vector) {
  const json& asked = vector["request"];
  Signed made;
  made.request.method = asked["method"];
  made.request.target = escaped(asked["path"], "/");
  char joint = '?';
  for (const json& pair : asked["query"]) {
    made.request.target += joint + escaped(pair[0]) + '=' + escaped(pair[1]);
    joint = '&';
  }
  made.request.body = asked["body"];
  auto& headers = made.request.headers;
  headers = {{"host", asked["host"]},
             {"x-sdk-date", vector["x_sdk_date"]},
             {"authorization", vector["expected"]["authorization"]}};
  for (const auto& [name, value] : asked["headers"].items()) {
    std::string low = name;
    for (char& c : low)
      c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    headers.emplace_back(low, value.get<std::string>());
    if (low == "x-security-token") made.key.security_token = value;
  }
  made.key.access = vector["access_key"];
  made.key.secret = vector["secret_key"];
  const std::string date = vector["x_sdk_date"];
  made.at = {*parse_utc(fmt::format("{}-{}-{}T{}:{}:{}.000Z", date.substr(0, 4), date.substr(4, 2),
                                    date.substr(6, 2), date.substr(9, 2), date.substr(11, 2),
                                    date.substr(13, 2)))};
  return made;
}

std::optional<std::string> flaw_of(const Signed& made) {
  return flaw_of_signature(made.request, {&made.key, 1}, made.at);
}

json vectors() {
  std::ifstream file(std::string(PAWL_SOURCE) + "/tests/workflows/signing-vectors.json");
  return json::parse(file)["cases"];
}

Signed the(const char* name) {
  for (const json& vector : vectors()) {
    if (vector["name"] == name) return from_vector(vector);
  }
  FAIL("no such vector: " << name);
  return {};
}

bool has(const std::optional<std::string>& text, const char* part) {
  return text && text->find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("the stand-in takes the signature of every published vector") {
  REQUIRE(vectors().size() == 21);
  for (const json& vector : vectors()) {
    CAPTURE(vector["name"].get<std::string>());
    const auto flaw = flaw_of(from_vector(vector));
    CHECK_MESSAGE(!flaw, flaw.value_or(""));
  }
}

TEST_CASE("whatever is changed after the signing is found") {
  const std::vector<std::function<void(Signed&)>> changes{
      [](Signed& made) { made.request.method = "GET"; },
      [](Signed& made) {
        made.request.target += "/";
        made.request.target += "x";
      },
      [](Signed& made) { made.request.target += "?a=1"; },
      [](Signed& made) { made.request.body += " "; },
      [](Signed& made) { made.request.body.clear(); },
      [](Signed& made) { made.request.headers[0].second += ":8080"; },
      [](Signed& made) { made.key.secret += "x"; },
      [](Signed& made) { made.request.headers[2].second.back() ^= 1; }};
  REQUIRE_FALSE(flaw_of(the("post-upgrade-json")));
  for (std::size_t i = 0; i < changes.size(); ++i) {
    CAPTURE(i);
    Signed made = the("post-upgrade-json");
    changes[i](made);
    CHECK(has(flaw_of(made), "verify aksk signature fail"));
  }
}

TEST_CASE("what is not signed, not sent once, too old or of another key is refused by its name") {
  const auto changed = [](const std::function<void(Signed&)>& change) {
    Signed made = the("get-status-check");
    REQUIRE_FALSE(flaw_of(made));
    change(made);
    return flaw_of(made);
  };
  const auto minutes = [](int count) { return Duration{std::chrono::minutes{count}}; };
  CHECK(has(
      changed([](Signed& made) { made.request.headers.erase(made.request.headers.begin() + 2); }),
      "no signature"));
  CHECK(has(changed([](Signed& made) { made.request.headers[2].second = "Basic abc"; }), "format"));
  CHECK(has(changed([](Signed& made) { made.key.access += "x"; }), "ak not exist"));
  CHECK(has(changed([&](Signed& made) { made.at.at += minutes(16); }), "signature expired"));
  CHECK(has(changed([&](Signed& made) { made.at.at -= minutes(16); }), "signature expired"));
  CHECK_FALSE(changed([&](Signed& made) { made.at.at += minutes(15); }));
  CHECK(has(changed([](Signed& made) { made.request.headers.emplace_back("x-language", "en-us"); }),
            "x-language is not signed"));
  CHECK(has(changed([](Signed& made) {
              std::string& claim = made.request.headers[2].second;
              claim.erase(claim.find("content-type;"), 13);
            }),
            "content-type is not signed"));
  CHECK(has(changed([](Signed& made) { made.request.headers.push_back(made.request.headers[0]); }),
            "host was not sent once"));
  CHECK(has(changed([](Signed& made) { made.key.security_token = "t"; }), "security token"));
  CHECK(has(changed([](Signed& made) { made.key.ends = made.at; }), "expired"));
}

}  // namespace pawl::test
