#include "workflows/iam_api.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

using namespace pawl;
using nlohmann::json;

namespace {

HttpResponse said(int status, const std::string& body) {
  HttpResponse answer;
  answer.status = status;
  answer.content_type = "application/json";
  answer.body = body;
  return answer;
}

}  // namespace

TEST_CASE("a token is asked for as documented, for the project's id before its name") {
  cloud::PasswordLogin login{"user \"A\"", "pass\\word", "domain A", "", "eu-de"};
  HttpRequest request = cloud::post_token(login);
  CHECK(request.method == Method::post);
  CHECK(request.path == "/v3/auth/tokens");
  CHECK(request.query == Query{{"nocatalog", "true"}});
  const json body = json::parse(request.body);
  CHECK(body["auth"]["identity"]["methods"] == json::array({"password"}));
  const json user = body["auth"]["identity"]["password"]["user"];
  CHECK(user == json{{"name", "user \"A\""},
                     {"password", "pass\\word"},
                     {"domain", json{{"name", "domain A"}}}});
  CHECK(body["auth"]["scope"] == json{{"project", json{{"name", "eu-de"}}}});
  login.project_id = "34c7";
  CHECK(json::parse(cloud::post_token(login).body)["auth"]["scope"] ==
        json{{"project", json{{"id", "34c7"}}}});
}

TEST_CASE("the end and the project of a token are read from its body") {
  const auto token = cloud::read_token(
      said(201, R"({"token":{"expires_at":"2019-02-13T06:52:13.855000Z","methods":["password"],
               "project":{"id":"34c7","name":"eu-de"},"user":{"password_expires_at":null}}})"));
  REQUIRE(token);
  CHECK(token->project_id == "34c7");
  CHECK(format_utc(token->expires.at) == "2019-02-13T06:52:13.855Z");
  for (const char* body : {"", "{}", R"({"token":null})", R"({"token":{}})",
                           R"({"token":{"expires_at":"soon"}})", "<html>"}) {
    CAPTURE(body);
    CHECK_FALSE(cloud::read_token(said(201, body)));
  }
  CHECK(cloud::read_token(said(201, R"({"token":{"expires_at":"2019-02-13T06:52:13Z"}})"))
            ->project_id.empty());
}

TEST_CASE("only the project of exactly the name asked for is taken") {
  const auto project = [](const char* body) {
    const auto read = cloud::read_project(said(200, body), "eu-de");
    return read ? *read : "unreadable";
  };
  CHECK(project(R"({"projects":[{"id":"s","name":"eu-de_mysub"},{"id":"p","name":"eu-de"}]})") ==
        "p");
  CHECK(project(R"({"projects":[]})").empty());
  CHECK(project(R"({"projects":[{"id":"s","name":"eu-de_mysub"}]})").empty());
  CHECK(project(R"({"projects":[{"id":"a","name":"eu-de"},{"id":"b","name":"eu-de"}]})").empty());
  CHECK(project(R"({"projects":[{"name":"eu-de"}]})") == "unreadable");
  CHECK(project(R"({})") == "unreadable");
  CHECK(cloud::ask_projects("eu-de").query == Query{{"name", "eu-de"}});
}

TEST_CASE("a temporary key is read whole or not at all") {
  const auto key = cloud::read_security_key(
      said(200, R"({"credential":{"access":"A","secret":"S","securitytoken":"T",
                    "expires_at":"2026-01-15T10:30:00.000000Z"}})"));
  REQUIRE(key);
  CHECK(key->key.access == "A");
  CHECK(key->key.secret == "S");
  CHECK(key->key.security_token == "T");
  CHECK(format_utc(key->expires.at) == "2026-01-15T10:30:00.000Z");
  CHECK_FALSE(cloud::read_security_key(said(200, "no agency")));
  CHECK_FALSE(cloud::read_security_key(said(200, R"({"credential":{"access":"A"}})")));
  CHECK(cloud::put_metadata_token().method == Method::put);
}
