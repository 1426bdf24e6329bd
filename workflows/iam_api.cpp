#include "workflows/iam_api.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "workflows/cloud_fields.h"

namespace pawl::cloud {

namespace {

/// The object named `name` in `fields`, which must be there.
const Json& object_in(Fields& fields, std::string_view name) {
  static const Json none;
  const Json* object = fields.optional_object(name);
  if (object != nullptr) return *object;
  fields.fail(Flaw::wrong_shape, name, "nothing", "an object");
  return none;
}

}  // namespace

HttpRequest post_token(const PasswordLogin& login) {
  using nlohmann::json;
  const json project = login.project_id.empty() ? json{{"name", login.project_name}}
                                                : json{{"id", login.project_id}};
  const json user{
      {"name", login.user}, {"password", login.password}, {"domain", json{{"name", login.domain}}}};
  const json identity{{"methods", json::array({"password"})}, {"password", json{{"user", user}}}};
  const json body{{"auth", json{{"identity", identity}, {"scope", json{{"project", project}}}}}};
  return {Method::post,
          "/v3/auth/tokens",
          {{"nocatalog", "true"}},
          body.dump(-1, ' ', false, json::error_handler_t::replace)};
}

Answer<IssuedToken> read_token(const HttpResponse& response) {
  constexpr std::string_view what = "the answer to the request for a token";
  const Answer<JsonDocument> json = open_answer(response, what);
  if (!json) return json.unreadable();
  Fields outer(json->root(), what);
  Fields token(object_in(outer, "token"), what);
  if (outer.flaw()) return *outer.flaw();
  IssuedToken issued{"", token.time("expires_at").at};
  if (const Json* project = token.optional_object("project")) {
    issued.project_id = Fields(*project, what).optional_id("id");
  }
  if (token.flaw()) return *token.flaw();
  return issued;
}

HttpRequest ask_projects(std::string_view name) {
  return {Method::get, "/v3/projects", {{"name", std::string(name)}}, {}};
}

Answer<std::string> read_project(const HttpResponse& response, std::string_view name) {
  constexpr std::string_view what = "the list of projects";
  const Answer<JsonDocument> json = open_answer(response, what);
  if (!json) return json.unreadable();
  Fields outer(json->root(), what);
  std::string id;
  std::size_t found = 0;
  for (const Json& element : outer.array("projects")) {
    Fields project(element, what);
    if (project.text("name") != name) continue;
    id = project.id("id");
    ++found;
    if (project.flaw()) return *project.flaw();
  }
  if (outer.flaw()) return *outer.flaw();
  return found == 1 ? id : std::string();
}

HttpRequest put_metadata_token() {
  return {Method::put, "/meta-data/latest/api/token", {}, {}};
}

HttpRequest ask_security_key() {
  return {Method::get, "/openstack/latest/securitykey", {}, {}};
}

Answer<TemporaryKey> read_security_key(const HttpResponse& response) {
  constexpr std::string_view what = "the metadata service's answer";
  const Answer<JsonDocument> json = open_answer(response, what);
  if (!json) return json.unreadable();
  Fields outer(json->root(), what);
  Fields credential(object_in(outer, "credential"), what);
  if (outer.flaw()) return *outer.flaw();
  TemporaryKey key{
      {credential.text("access"), credential.text("secret"), credential.text("securitytoken")},
      credential.time("expires_at").at};
  if (credential.flaw()) return *credential.flaw();
  return key;
}

}  // namespace pawl::cloud
