#include "cli/simulate/identity.h"

#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "engine/digest.h"

namespace pawl::simulate {

namespace {

using Json = nlohmann::json;

/// After more failures than this in a row a key is locked for everybody (5.4).
constexpr unsigned failures_max = 5;
constexpr Duration lock_time = std::chrono::minutes{5};

CloudAnswer answer_of(int status, const Json& body) {
  CloudAnswer answer;
  answer.status = status;
  answer.content_type = "application/json";
  // What a client sent stands in some of them, and need not be UTF-8.
  answer.body = body.dump(-1, ' ', false, Json::error_handler_t::replace);
  return answer;
}

CloudAnswer text_of(int status, std::string body) {
  CloudAnswer answer;
  answer.status = status;
  answer.content_type = "text/plain";
  answer.body = std::move(body);
  return answer;
}

/// IAM's own shape (5.1).
CloudAnswer unauthorized(std::string_view why) {
  return answer_of(401, {{"error", {{"code", 401}, {"message", why}, {"title", "Unauthorized"}}}});
}

/// 2019-02-13T06:52:13.855000Z
std::string iam_time(CloudInstant at) {
  std::string text = format_utc(at.at);
  text.insert(text.size() - 1, "000");
  return text;
}

/// The text at a JSON pointer, empty where there is none.
std::string text_at(const Json& json, const char* pointer) {
  const Json::json_pointer at(pointer);
  return json.contains(at) && json[at].is_string() ? json[at].get<std::string>() : std::string();
}

}  // namespace

Identity::Identity(const Settings& settings) : settings_(settings) {
  keys_.push_back({settings.access_key, settings.secret_key, settings.security_token});
  if (!settings.token.empty()) tokens_.emplace(settings.token, CloudInstant{Instant::max()});
}

/// Made of what a client does not know; the same seed makes the same ones.
std::string Identity::fresh_secret() {
  ++issued_;
  return sha256_hex(fmt::format("{} {} {}", settings_.secret_key, settings_.seed, issued_));
}

std::optional<std::string> Identity::flaw(const RawRequest& request, CloudInstant now) {
  ++calls_;
  if (settings_.revoked && calls_ >= settings_.revoked->first &&
      calls_ <= settings_.revoked->last) {
    ++failures_;
    return "ak not exist";
  }
  if (const auto named = request.header("x-project-id");
      named && !request.target.starts_with(fmt::format("/v3/{}/", *named))) {
    return fmt::format("x-project-id {} is not the project of the call", *named);
  }
  if (settings_.auth == Auth::aksk) return flaw_of_key(request, now);
  if (settings_.auth == Auth::token || !settings_.token.empty()) {
    return flaw_of_token(request, now);
  }
  return std::nullopt;
}

std::optional<std::string> Identity::flaw_of_token(const RawRequest& request,
                                                   CloudInstant now) const {
  const auto token = request.header("x-auth-token");
  if (!token) return "x-auth-token not found";
  const auto known = tokens_.find(*token);
  if (known == tokens_.end()) return "decrypt token fail";
  if (known->second > now) return std::nullopt;
  return "token expires, expires_at:" + iam_time(known->second);
}

std::optional<std::string> Identity::flaw_of_key(const RawRequest& request, CloudInstant now) {
  if (failures_ > failures_max && !locked_until_) locked_until_ = {now.at + lock_time};
  if (locked_until_ && now < *locked_until_) return "AK access failed to reach the limit,forbidden";
  locked_until_.reset();
  auto flaw = flaw_of_signature(request, keys_, now);
  failures_ = flaw ? failures_ + 1 : 0;
  return flaw;
}

std::optional<CloudAnswer> Identity::serve(const RawRequest& request, const HttpRequest& decoded,
                                           CloudInstant now) {
  const std::string call = request.method + ' ' + decoded.path;
  if (call == "POST /v3/auth/tokens") return issue_token(request.body, now);
  if (call == "GET /v3/projects") return list_projects(request, decoded, now);
  if (call == "PUT /meta-data/latest/api/token") {
    if (!request.header("x-metadata-token-ttl-seconds")) return text_of(400, "400 Bad Request");
    metadata_token_ = fresh_secret();
    return text_of(200, metadata_token_);
  }
  if (call == "GET /openstack/latest/securitykey") return issue_key(request, now);
  return std::nullopt;
}

CloudAnswer Identity::issue_token(const std::string& body, CloudInstant now) {
  const Json json = Json::parse(body, nullptr, false);
  const bool password = json.is_object() && text_at(json, "/auth/identity/methods/0") == "password";
  if (!password)
    return answer_of(400, {{"error_code", "IAM.0011"}, {"error_msg", "Request body is invalid."}});
  const std::string user = "/auth/identity/password/user";
  if (text_at(json, (user + "/name").c_str()) != settings_.user ||
      text_at(json, (user + "/password").c_str()) != settings_.password ||
      text_at(json, (user + "/domain/name").c_str()) != settings_.domain) {
    return unauthorized("The username or password is wrong.");
  }
  const std::string id = text_at(json, "/auth/scope/project/id");
  const std::string name = text_at(json, "/auth/scope/project/name");
  if (id.empty() ? name != settings_.region : id != settings_.project_id) {
    return unauthorized("The project does not exist, or the user has no right to it.");
  }
  std::string token = "MII";
  while (token.size() < 3'000)
    token += fresh_secret();
  const CloudInstant ends{now.at + settings_.credentials_valid};
  tokens_.emplace(token, ends);
  CloudAnswer answer =
      answer_of(201, {{"token",
                       {{"expires_at", iam_time(ends)},
                        {"issued_at", iam_time(now)},
                        {"methods", Json::array({"password"})},
                        {"project", {{"id", settings_.project_id}, {"name", settings_.region}}},
                        {"user", {{"name", settings_.user}, {"password_expires_at", nullptr}}}}}});
  answer.subject_token = std::move(token);
  return answer;
}

/// By a token or a signature, whichever the gateway asks for.
CloudAnswer Identity::list_projects(const RawRequest& request, const HttpRequest& decoded,
                                    CloudInstant now) {
  const bool signs = request.header("authorization").has_value();
  const bool proves = settings_.auth != Auth::none || !settings_.token.empty();
  const auto flaw = signs ? flaw_of_key(request, now) : flaw_of_token(request, now);
  if (proves && flaw) {
    return answer_of(401, {{"error_code", "APIGW.0301"},
                           {"error_msg", "Incorrect IAM authentication information: " + *flaw}});
  }
  Json projects = Json::array();
  for (const auto& [name, id] :
       {std::pair{settings_.region + "_mysub", sha256_hex("sub").substr(0, 32)},
        std::pair{settings_.region, settings_.project_id}}) {
    const std::string_view wanted = value_of(decoded, "name");
    if (!wanted.empty() && !name.starts_with(wanted)) continue;
    projects.push_back({{"id", id}, {"name", name}, {"enabled", true}, {"is_domain", false}});
  }
  return answer_of(200, {{"projects", std::move(projects)}, {"links", {{"next", nullptr}}}});
}

CloudAnswer Identity::issue_key(const RawRequest& request, CloudInstant now) {
  if (metadata_token_.empty() || request.header("x-metadata-token") != metadata_token_) {
    return text_of(401, "401 Unauthorized");
  }
  SigningKey key{"HST" + fresh_secret().substr(0, 17),
                 fresh_secret().substr(0, 40),
                 fresh_secret(),
                 {now.at + settings_.credentials_valid}};
  std::transform(key.access.begin(), key.access.end(), key.access.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  keys_.push_back(key);
  return answer_of(200, {{"credential",
                          {{"access", key.access},
                           {"secret", key.secret},
                           {"securitytoken", key.security_token},
                           {"expires_at", iam_time(key.ends)}}}});
}

}  // namespace pawl::simulate
