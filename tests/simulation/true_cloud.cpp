#include "tests/simulation/true_cloud.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "engine/result.h"
#include "workflows/cloud_time.h"

namespace pawl::simulation {

namespace {

using nlohmann::json;
using simulate::CloudAnswer;

/// An answer of the cloud's lately is trusted for so long, and a look before an intent counts so
/// long: what changes within it may be seen too late by anyone.
constexpr Duration lately{90'000};

constexpr const char* good = "open sesame";

simulate::Settings with_token(simulate::Settings settings) {
  settings.token = good;
  return settings;
}

CloudInstant time_of(const json& text) {
  const auto time = cloud::parse_cloud_time(text.get<std::string>());
  check(time.has_value(), "the cloud's times are as documented");
  return time->at;
}

std::string text_of(const json& value) {
  return value.is_string() ? value.get<std::string>() : std::string();
}

/// Puts `value` in place of what `name` has, in the object that begins at `from`.
void replace_text(std::string& body, std::size_t from, std::string_view name,
                  std::string_view value) {
  const std::string key = fmt::format("\"{}\":\"", name);
  const std::size_t at = body.find(key, from) + key.size();
  body.replace(at, body.find('"', at) - at, value);
}

}  // namespace

std::string instance_in(const HttpRequest& request) {
  for (const auto& [name, value] : request.query) {
    if (name == "id" || name == "instance_id") return value;
  }
  if (triggers(request, "/backups")) return json::parse(request.body)["instance_id"];
  constexpr std::string_view before = "/instances/";
  const std::size_t at = request.path.find(before);
  if (at == std::string::npos) return {};
  const std::size_t from = at + before.size();
  return request.path.substr(from, request.path.find('/', from) - from);
}

bool triggers(const HttpRequest& request, std::string_view call) {
  return request.method == Method::post && request.path.ends_with(call);
}

TrueCloud::TrueCloud(World& world)
    : world_(world),
      offset_(world.dice.within(Duration{0}, Duration{600'000}) - Duration{300'000}),
      last_{world.now() + offset_},
      model_(with_token(world.conditions.cloud), last_) {
  for (const Shown& instance : fleet())
    first_.insert(instance.id);
}

CloudInstant TrueCloud::now() {
  last_ = std::max(last_, CloudInstant{world_.now() + offset_});
  return last_;
}

void TrueCloud::set_clock(Duration by) {
  (void)now();
  offset_ += by;
  settings_.emplace_back(world_.now(), by);
}

Duration TrueCloud::clock_was_set_by() {
  Duration sum{0};
  for (const auto& [when, by] : settings_) {
    if (world_.now() - when <= lately) sum += std::chrono::abs(by);
  }
  return sum;
}

CloudAnswer TrueCloud::serve(const HttpRequest& request, Who who, bool good_token) {
  CloudAnswer answer = model_.serve(request, good_token ? good : "stale", now());
  answer.date = CloudInstant{std::chrono::floor<std::chrono::seconds>(last_.at)};
  if (request.method == Method::get && request.path.ends_with("/instances")) edit(answer.body);
  if (answer.status == 200) {
    Known& known = known_[instance_in(request)];
    if (triggers(request, "/upgrade")) known.upgrades.push_back(who);
    if (triggers(request, "/inspection")) known.checks.push_back(who);
  }
  return answer;
}

/// What other people did to instances and the model knows nothing of.
void TrueCloud::edit(std::string& body) const {
  for (const auto& [id, known] : known_) {
    if (!known.touched) continue;
    const std::size_t at = body.find(fmt::format(R"({{"id":"{}","status":)", id));
    if (at == std::string::npos) continue;
    if (!known.version.empty()) replace_text(body, at, "complete_version", known.version);
    const std::string key = R"("updated":")";
    const std::size_t from = body.find(key, at) + key.size();
    const auto updated = cloud::parse_cloud_time(body.substr(from, body.find('"', from) - from));
    if (updated && updated->at < *known.touched) {
      replace_text(body, at, "updated", simulate::cloud_time(*known.touched));
    }
  }
}

CloudAnswer TrueCloud::post(const std::string& instance, const char* call, std::string body) {
  HttpRequest request;
  request.method = Method::post;
  request.path = fmt::format("/v3/{}/instances/{}/major-version/{}",
                             world_.conditions.cloud.project_id, instance, call);
  request.body = std::move(body);
  return serve(request, Who::foreign);
}

void TrueCloud::start_check(const std::string& instance, const std::string& target) {
  const auto answer =
      post(instance, "inspection", fmt::format(R"({{"target_version":"{}"}})", target));
  if (answer.status == 200) world_.befall("foreign checks", instance);
}

void TrueCloud::start_upgrade(const std::string& instance, const std::string& target,
                              bool cutover) {
  const auto answer =
      post(instance, "upgrade",
           fmt::format(R"({{"target_version":"{}","is_change_private_ip":{},)"
                       R"("statistics_collection_mode":"before_change_private_ip"}})",
                       target, cutover));
  if (answer.status == 200) world_.befall("foreign upgrades", instance);
}

void TrueCloud::someone_acts_on(const std::string& instance) {
  if (first_.count(instance) == 0) return;
  test::Dice& dice = world_.dice;
  const auto& targets = world_.conditions.cloud.targets;
  const std::string& wanted = world_.conditions.plan.target_version;
  const auto of_plan = std::find_if(targets.begin(), targets.end(), [&](const std::string& target) {
    return target.starts_with(wanted);
  });
  const std::string& target = dice.chance(80) ? *of_plan : targets[dice.below(targets.size())];
  switch (dice.below(6)) {
    case 0:
    case 1:
      return start_check(instance, target);
    case 2:
    case 3:
      return start_upgrade(instance, target, dice.chance(50));
    case 4:
      return touch(instance);
    default:
      return change_minor_version(instance);
  }
}

void TrueCloud::touch(const std::string& instance) {
  known_[instance].touched = now();
  world_.befall("instances changed by others", instance);
}

void TrueCloud::change_minor_version(const std::string& instance) {
  const auto before = shown(instance);
  const bool idle = before && before->status == "ACTIVE";
  if (!idle || running_upgrades(instance, Who::pawl) + running_upgrades(instance, Who::foreign)) {
    return;
  }
  Known& known = known_[instance];
  known.version = before->version + "1";
  known.touched = now();
  known.version_changed = {*known.touched, world_.now()};
  world_.befall("minor versions changed by others", instance);
}

CloudAnswer TrueCloud::ask(std::string_view path, Query query) {
  HttpRequest request;
  request.path = fmt::format("/v3/{}/instances{}", world_.conditions.cloud.project_id, path);
  request.query = std::move(query);
  return serve(request, Who::foreign);
}

namespace {

std::vector<Shown> instances_of(const CloudAnswer& answer) {
  std::vector<Shown> found;
  const json body = json::parse(answer.body);
  for (const json& entry : body["instances"]) {
    found.push_back({entry["id"], entry["name"], entry["status"],
                     entry["datastore"]["complete_version"], entry["private_ips"][0],
                     entry["datastore"]["type"] == "PostgreSQL"});
  }
  return found;
}

}  // namespace

std::vector<Shown> TrueCloud::fleet() {
  return instances_of(ask("", {{"limit", "100"}}));
}

std::optional<Shown> TrueCloud::shown(const std::string& instance) {
  const auto found = instances_of(ask("", {{"id", instance}}));
  return found.empty() ? std::nullopt : std::optional(found.front());
}

std::vector<Report> TrueCloud::history(const std::string& instance, std::string_view call,
                                       Query query, const char* list) {
  query.emplace_back("limit", "100");
  query.emplace_back("order", "ASC");
  const CloudAnswer answer = ask(fmt::format("/{}/major-version/{}", instance, call), query);
  std::vector<Report> reports;
  if (answer.status != 200) return reports;
  const json body = json::parse(answer.body);
  for (const json& entry : body[list]) {
    Report report;
    report.id = entry["id"];
    report.result = entry["result"];
    if (entry.contains("check_time")) {
      report.target = entry["target_version"];
      report.start = time_of(entry["check_time"]);
      if (!text_of(entry["expiration_time"]).empty())
        report.expires = time_of(entry["expiration_time"]);
    } else {
      report.target = entry["dst_database_version"];
      report.start = time_of(entry["start_time"]);
      report.made = text_of(entry["dst_instance_id"]);
      report.cutover = entry["is_private_ip_changed"];
    }
    reports.push_back(std::move(report));
  }
  return reports;
}

std::vector<Report> TrueCloud::checks(const std::string& instance) {
  auto reports = history(instance, "inspection-histories", {}, "inspection_reports");
  for (std::size_t i = 0; i < reports.size(); ++i)
    reports[i].who = known(instance).checks[i];
  return reports;
}

std::vector<Report> TrueCloud::valid_checks(const std::string& instance,
                                            const std::string& target) {
  auto reports =
      history(instance, "inspection-histories",
              {{"target_version", target}, {"is_available", "true"}}, "inspection_reports");
  const auto& changed = known(instance).version_changed;
  if (!changed || world_.now() - changed->at <= lately) return reports;
  std::erase_if(reports, [&](const Report& report) {
    return report.start + Duration{1'000} <= changed->told;
  });
  return reports;
}

std::vector<Report> TrueCloud::upgrades(const std::string& instance) {
  auto reports = history(instance, "upgrade-histories", {}, "upgrade_reports");
  for (std::size_t i = 0; i < reports.size(); ++i)
    reports[i].who = known(instance).upgrades[i];
  return reports;
}

std::vector<std::string> TrueCloud::backups(const std::string& instance) {
  HttpRequest request;
  request.path = fmt::format("/v3/{}/backups", world_.conditions.cloud.project_id);
  request.query = {{"instance_id", instance}, {"backup_type", "manual"}, {"limit", "100"}};
  std::vector<std::string> statuses;
  const json body = json::parse(serve(request, Who::foreign).body);
  for (const json& entry : body["backups"]) {
    if (text_of(entry["name"]).starts_with("pawl-")) statuses.push_back(entry["status"]);
  }
  return statuses;
}

std::size_t TrueCloud::running_upgrades(const std::string& instance, Who who) {
  const std::vector<Who>& begun = known(instance).upgrades;
  if (begun.empty()) return 0;
  // What the history does not show yet has only just begun.
  const std::vector<Report> told = upgrades(instance);
  std::size_t running = 0;
  for (std::size_t i = 0; i < begun.size(); ++i) {
    const bool goes_on = i >= told.size() || told[i].result == "running";
    running += goes_on && begun[i] == who ? 1 : 0;
  }
  return running;
}

std::size_t TrueCloud::accepted_upgrades(const std::string& instance, Who who) const {
  const std::vector<Who>& begun = known(instance).upgrades;
  return static_cast<std::size_t>(std::count(begun.begin(), begun.end(), who));
}

const TrueCloud::Known& TrueCloud::known(const std::string& instance) const {
  static const Known nothing;
  const auto found = known_.find(instance);
  return found == known_.end() ? nothing : found->second;
}

}  // namespace pawl::simulation
