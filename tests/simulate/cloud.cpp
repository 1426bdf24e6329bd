#include "tests/simulate/cloud.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <utility>

namespace pawl::test {

using nlohmann::json;
using simulate::CloudAnswer;

CloudInstant beginning() {
  return {*parse_utc("2026-03-01T12:00:00.000Z")};
}

simulate::Settings ten_seconds() {
  simulate::Settings settings;
  settings.instances = 8;
  settings.check_time = settings.upgrade_time = {Duration{10'000}, Duration{10'000}};
  return settings;
}

Cloud::Cloud(simulate::Settings settings) : model_(std::move(settings), beginning()) {}

CloudAnswer Cloud::ask(const HttpRequest& request) {
  return model_.serve(request, model_.settings().token, now_);
}

CloudAnswer Cloud::list(Query query) {
  const std::string path = fmt::format("/v3/{}/instances", model_.settings().project_id);
  return ask({Method::get, path, std::move(query), ""});
}

CloudAnswer Cloud::get(std::string_view id, std::string_view call, Query query) {
  return ask(
      {Method::get,
       fmt::format("/v3/{}/instances/{}/major-version/{}", model_.settings().project_id, id, call),
       std::move(query), ""});
}

CloudAnswer Cloud::post(std::string_view id, std::string_view call, std::string body) {
  return ask(
      {Method::post,
       fmt::format("/v3/{}/instances/{}/major-version/{}", model_.settings().project_id, id, call),
       {},
       std::move(body)});
}

CloudAnswer Cloud::status(std::string_view id, std::string_view action) {
  return get(id, "status", {{"action", std::string(action)}});
}

CloudAnswer Cloud::check(std::string_view id, std::string_view target) {
  return post(id, "inspection", fmt::format(R"({{"target_version":"{}"}})", target));
}

CloudAnswer Cloud::upgrade(std::string_view id, std::string_view target) {
  return post(id, "upgrade",
              fmt::format(R"({{"target_version":"{}","is_change_private_ip":true,)"
                          R"("statistics_collection_mode":"before_change_private_ip"}})",
                          target));
}

CloudAnswer Cloud::backup(std::string_view id, std::string_view name,
                          std::string_view description) {
  const json body{{"instance_id", id}, {"name", name}, {"description", description}};
  return ask(
      {Method::post, fmt::format("/v3/{}/backups", model_.settings().project_id), {}, body.dump()});
}

CloudAnswer Cloud::backups(std::string_view id, Query query) {
  query.emplace_back("instance_id", id);
  return ask({Method::get,
              fmt::format("/v3/{}/backups", model_.settings().project_id),
              std::move(query),
              {}});
}

json Cloud::named(const std::string& name) {
  const json found = good(list({{"name", name}}));
  REQUIRE(found["instances"].size() == 1);
  return found["instances"][0];
}

json Cloud::with_id(const std::string& id) {
  const json found = good(list({{"id", id}}));
  REQUIRE(found["instances"].size() == 1);
  return found["instances"][0];
}

std::string Cloud::first() {
  return good(list({{"limit", "1"}}))["instances"][0]["id"];
}

json Cloud::upgraded(std::string_view id) {
  good(check(id));
  pass(Duration{10'000});
  good(upgrade(id));
  pass(Duration{10'000});
  const json history = good(get(id, "upgrade-histories"));
  REQUIRE(history["upgrade_reports"].size() >= 1);
  return history["upgrade_reports"][0];
}

json Cloud::stats() const {
  return json::parse(model_.stats());
}

json good(const CloudAnswer& answer) {
  REQUIRE_MESSAGE(answer.status == 200, answer.body);
  CHECK(answer.content_type == "application/json");
  CHECK(answer.request_id.size() == 32);
  REQUIRE_MESSAGE(json::accept(answer.body), answer.body);
  return json::parse(answer.body);
}

std::string outcome(const CloudAnswer& answer) {
  if (answer.status == 200) return "200";
  REQUIRE_MESSAGE(json::accept(answer.body), answer.body);
  const json body = json::parse(answer.body);
  CHECK(body["error_msg"].is_string());
  const std::string code = body["error_code"];
  // The gateway's own errors name the request, the service's do not.
  CHECK(body.contains("request_id") == code.starts_with("APIGW."));
  if (body.contains("request_id")) CHECK(body["request_id"] == answer.request_id);
  return fmt::format("{} {}", answer.status, code);
}

}  // namespace pawl::test
