// Checks and upgrades of the model: how they begin, run, end and show.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "cli/simulate/cloud_model.h"
#include "cli/simulate/cloud_text.h"

namespace pawl::simulate {

namespace {

using Json = nlohmann::json;

int major_of(std::string_view version) {
  int major = 0;
  std::from_chars(version.data(), version.data() + version.size(), major);
  return major;
}

std::string_view state_of(const Task& task) {
  if (!task.ended) return "running";
  return task.fails ? "failed" : "success";
}

std::string check_detail(const Task& task) {
  std::string text = fmt::format("{} --- pg_upgrade check task begin", detail_time(task.start));
  if (!task.ended) return text;
  text += fmt::format("\n{} --- pg_upgrade check on master: [user_check_report]{}",
                      detail_time(*task.ended),
                      task.fails ? "invalid user: [\"user_02\"]" : "User check success");
  return text;
}

std::string upgrade_detail(const Task& task) {
  std::string text = fmt::format("{} --- pg_upgrade upgrade task begin", detail_time(task.start));
  if (!task.ended) return text;
  return text + fmt::format("\n{} --- pg_upgrade upgrade {}", detail_time(*task.ended),
                            task.fails ? "failed: new cluster could not be started" : "task end");
}

/// The page of a history that was asked for; `rows` are newest first.
std::optional<std::string> history_body(std::string_view name, std::vector<std::string> rows,
                                        const HttpRequest& request) {
  const auto page = page_of(value_of(request, "offset"), value_of(request, "limit"), 10);
  if (!page) return std::nullopt;
  if (value_of(request, "order") == "ASC") std::reverse(rows.begin(), rows.end());
  std::string entries;
  const std::size_t end = std::min(rows.size(), page->offset + page->limit);
  for (std::size_t i = page->offset; i < end; ++i)
    entries += (entries.empty() ? "" : ",") + rows[i];
  return fmt::format(R"({{"total_count":{},"{}":[{}]}})", rows.size(), name, entries);
}

std::string refusal(std::string_view code, std::string_view text) {
  return error_body(code, text);
}

}  // namespace

bool CloudModel::visible(const Task& task, CloudInstant now) const {
  return now >= task.start + settings_.visible_after;
}

const Task* CloudModel::shown(const std::vector<Task>& tasks, CloudInstant now) const {
  for (auto task = tasks.rbegin(); task != tasks.rend(); ++task) {
    if (visible(*task, now)) return &*task;
  }
  return nullptr;
}

void CloudModel::settle(Instance& instance, CloudInstant now) {
  if (!instance.checks.empty() && !instance.checks.back().ended && !settings_.check_polls) {
    Task& check = instance.checks.back();
    if (now >= check.start + check.takes) check.ended = check.start + check.takes;
  }
  if (instance.upgrades.empty()) return;
  Task& upgrade = instance.upgrades.back();
  if (!upgrade.ended && !settings_.upgrade_polls && now >= upgrade.start + upgrade.takes) {
    upgrade.ended = upgrade.start + upgrade.takes;
    end_upgrade(instance, upgrade);
  }
  const bool due = upgrade.ended && !upgrade.fails && upgrade.cutover && !upgrade.swapped &&
                   now >= *upgrade.ended + settings_.swap_delay;
  if (due) {
    upgrade.swapped = true;
    std::swap(instance.ip, instances_[upgrade.made].ip);
  }
}

void CloudModel::end_upgrade(Instance& instance, Task& upgrade) {
  instance.updated = *upgrade.ended;
  instances_[upgrade.made].updated = *upgrade.ended;
}

bool CloudModel::busy(const Instance& instance) const {
  const auto running = [](const std::vector<Task>& tasks) {
    return !tasks.empty() && !tasks.back().ended;
  };
  return running(instance.checks) || running(instance.upgrades);
}

std::string CloudModel::instance_status(const Instance& instance) const {
  if (instance.made_by) {
    const auto& [source, upgrade] = *instance.made_by;
    if (!instances_[source].upgrades[upgrade].ended) return "BUILD";
  }
  const bool upgrading = !instance.upgrades.empty() && !instance.upgrades.back().ended;
  return upgrading ? "UPGRADING" : "ACTIVE";
}

bool CloudModel::offered(const Instance& instance, const std::string& target) const {
  return major_of(target) > major_of(instance.version) &&
         std::find(settings_.targets.begin(), settings_.targets.end(), target) !=
             settings_.targets.end();
}

CloudModel::Reply CloudModel::available_versions(const Instance& instance) const {
  std::string list;
  for (const std::string& target : settings_.targets) {
    if (offered(instance, target)) list += (list.empty() ? "" : ",") + json_text(target);
  }
  return {200, fmt::format(R"({{"available_versions":[{}]}})", list)};
}

CloudModel::Reply CloudModel::status(Instance& instance, std::string_view action,
                                     CloudInstant now) {
  const bool check = action == "check";
  if (!check && action != "upgrade") return {400, refusal("DBS.200001", "Parameter error.")};
  std::vector<Task>& tasks = check ? instance.checks : instance.upgrades;
  const auto& polls = check ? settings_.check_polls : settings_.upgrade_polls;
  const Task* task = shown(tasks, now);
  if (task == nullptr) return {200, "{}"};
  if (polls && task == &tasks.back() && !task->ended) {
    Task& polled = tasks.back();
    if (polled.polls_left > 0) {
      --polled.polls_left;
    } else {
      polled.ended = now;
      if (!check) {
        end_upgrade(instance, polled);
        settle(instance, now);
      }
    }
  }
  std::string expires;
  if (check && task->ended && !task->fails) {
    expires = fmt::format(R"("check_expiration_time":"{}",)",
                          cloud_time(*task->ended + settings_.check_valid));
  }
  return {200,
          fmt::format(R"({{"status":"{}","target_version":{},"start_time":"{}",{}"detail":{}}})",
                      state_of(*task), json_text(task->target), cloud_time(task->start), expires,
                      json_text(check ? check_detail(*task) : upgrade_detail(*task)))};
}

CloudModel::Reply CloudModel::check_history(Instance& instance, const HttpRequest& request,
                                            CloudInstant now) {
  ++histories_;
  std::vector<std::string> rows;
  for (auto task = instance.checks.rbegin(); task != instance.checks.rend(); ++task) {
    if (!visible(*task, now)) continue;
    const bool good = task->ended && !task->fails;
    rows.push_back(
        fmt::format(R"({{"id":"{}","check_time":"{}","expiration_time":"{}","target_version":{},)"
                    R"("result":"{}","detail":{}}})",
                    task->id, cloud_time(task->start),
                    good ? cloud_time(*task->ended + settings_.check_valid) : "",
                    json_text(task->target), state_of(*task), json_text(check_detail(*task))));
  }
  auto body = history_body("inspection_reports", std::move(rows), request);
  if (!body) return {400, refusal("DBS.200001", "Parameter error.")};
  return {200, std::move(*body)};
}

CloudModel::Reply CloudModel::upgrade_history(Instance& instance, const HttpRequest& request,
                                              CloudInstant now) {
  ++histories_;
  const auto when = [](bool known, CloudInstant at) {
    return known ? '"' + cloud_time(at) + '"' : std::string("null");
  };
  std::vector<std::string> rows;
  for (auto task = instance.upgrades.rbegin(); task != instance.upgrades.rend(); ++task) {
    if (!visible(*task, now)) continue;
    const CloudInstant end = task->ended.value_or(task->start);
    const bool named = task->ended && !task->fails && now >= end + settings_.dst_delay;
    rows.push_back(
        fmt::format(R"({{"id":"{}","start_time":"{}","end_time":{},"src_instance_id":"{}",)"
                    R"("src_database_version":{},"dst_instance_id":{},"dst_database_version":{},)"
                    R"("result":"{}","is_private_ip_changed":{},"private_ip_change_time":{},)"
                    R"("statistics_collection_mode":{},"detail":{}}})",
                    task->id, cloud_time(task->start), when(task->ended.has_value(), end),
                    instance.id, json_text(task->source_version),
                    named ? json_text(instances_[task->made].id) : "null", json_text(task->target),
                    state_of(*task), task->cutover, when(task->swapped, end + settings_.swap_delay),
                    task->statistics.empty() ? "null" : json_text(task->statistics),
                    json_text(upgrade_detail(*task))));
  }
  auto body = history_body("upgrade_reports", std::move(rows), request);
  if (!body) return {400, refusal("DBS.200001", "Parameter error.")};
  return {200, std::move(*body)};
}

Task CloudModel::make_task(const Instance& instance, Kind kind, std::string target,
                           CloudInstant now) {
  const bool check = kind == Kind::check;
  const Range& range = check ? settings_.check_time : settings_.upgrade_time;
  const char* purpose = check ? "check" : "upgrade";
  const std::size_t n = check ? instance.checks.size() : instance.upgrades.size();
  Task task;
  task.id = uuid(instance.id, 2 * n + (check ? 0 : 1));
  task.target = std::move(target);
  task.source_version = instance.version;
  task.start = now;
  const auto width = static_cast<std::uint64_t>((range.most - range.least).count());
  task.takes =
      range.least + Duration{static_cast<Duration::rep>(
                        hash(instance.id, fmt::format("{} {}", purpose, n)) % (width + 1))};
  task.polls_left = (check ? settings_.check_polls : settings_.upgrade_polls).value_or(0);
  task.fails = chance(instance.id, check ? "check fails" : "upgrade fails") <
               (check ? settings_.check_fail : settings_.upgrade_fail);
  return task;
}

CloudModel::Reply CloudModel::start_check(Instance& instance, const std::string& body,
                                          CloudInstant now) {
  const Json asked = Json::parse(body, nullptr, false);
  if (!asked.is_object() || !asked.contains("target_version") ||
      !asked["target_version"].is_string()) {
    return {400, refusal("DBS.200001", "Parameter error.")};
  }
  const auto target = asked["target_version"].get<std::string>();
  if (busy(instance)) {
    return {409, refusal("DBS.200011",
                         "Another operation is being performed or the DB instance "
                         "is faulty.")};
  }
  if (!offered(instance, target)) {
    return {400, refusal("DBS.200040", "The DB engine version is not supported.")};
  }
  instance.checks.push_back(make_task(instance, Kind::check, target, now));
  instance.updated = now;
  ++instance.checks_accepted;
  return {200, fmt::format(R"({{"report_id":"{}"}})", instance.checks.back().id)};
}

CloudModel::Reply CloudModel::start_upgrade(Instance& instance, const std::string& body,
                                            CloudInstant now) {
  const Json asked = Json::parse(body, nullptr, false);
  const bool good = asked.is_object() && asked.contains("target_version") &&
                    asked["target_version"].is_string() && asked.contains("is_change_private_ip") &&
                    asked["is_change_private_ip"].is_boolean();
  if (!good) return {400, refusal("DBS.200001", "Parameter error.")};
  const bool cutover = asked["is_change_private_ip"].get<bool>();
  const std::string statistics = asked.value("statistics_collection_mode", "");
  const bool known_mode =
      statistics == "before_change_private_ip" || statistics == "after_change_private_ip";
  if (cutover && !known_mode) return {400, refusal("DBS.200001", "Parameter error.")};
  const auto target = asked["target_version"].get<std::string>();
  if (busy(instance)) {
    return {409, refusal("DBS.200011",
                         "Another operation is being performed or the DB instance "
                         "is faulty.")};
  }
  if (!offered(instance, target)) {
    return {400, refusal("DBS.200040", "The DB engine version is not supported.")};
  }
  const bool checked =
      std::any_of(instance.checks.begin(), instance.checks.end(), [&](const Task& check) {
        return check.ended && !check.fails && check.target == target &&
               check.source_version == instance.version &&
               now <= *check.ended + settings_.check_valid;
      });
  if (!checked) {
    return {409, refusal("DBS.200402",
                         "This operation is not allowed: no successful check of the "
                         "target version is in its validity period.")};
  }
  // Nothing is said about an upgrade after one that succeeded, so it is let through.
  Task upgrade = make_task(instance, Kind::upgrade, target, now);
  upgrade.cutover = cutover;
  upgrade.statistics = statistics;
  upgrade.made = instances_.size();
  Instance made;
  made.name = fmt::format("{}-{}", instance.name, target);
  made.id = fmt::format("{:016x}{:016x}in03", hash(upgrade.id, "id"), hash(upgrade.id, "id2"));
  made.version = target;
  made.ip = fmt::format("172.{}.{}.{}", 16 + upgrade.made / 62'500, upgrade.made / 250 % 250,
                        upgrade.made % 250 + 1);
  made.tags = instance.tags;
  made.created = made.updated = now;
  made.made_by = std::pair(by_id_.at(instance.id), instance.upgrades.size());
  const std::string job = uuid(upgrade.id, 7);
  instance.upgrades.push_back(std::move(upgrade));
  instance.updated = now;
  ++instance.upgrades_accepted;
  by_id_.emplace(made.id, instances_.size());
  instances_.push_back(std::move(made));
  return {200, fmt::format(R"({{"job_id":"{}"}})", job)};
}

std::string CloudModel::describe(const Instance& instance) const {
  std::string tags;
  for (const auto& [key, value] : instance.tags) {
    tags += fmt::format(R"({}{{"key":{},"value":{}}})", tags.empty() ? "" : ",", json_text(key),
                        json_text(value));
  }
  return fmt::format(
      R"({{"id":"{}","status":"{}","name":{},"port":5432,"type":"Ha","region":"eu-west-101",)"
      R"("datastore":{{"type":"PostgreSQL","version":"{}","complete_version":"{}"}},)"
      R"("ha":{{"replication_mode":"async"}},"created":"{}","updated":"{}",)"
      R"("volume":{{"type":"ULTRAHIGH","size":100}},"nodes":[],"tags":[{}],"private_ips":["{}"],)"
      R"("public_ips":[],"db_user_name":"root","flavor_ref":"rds.pg.n1.large.2.ha","cpu":"2",)"
      R"("mem":"4","backup_strategy":{{"start_time":"19:00-20:00","keep_days":7}},)"
      R"("maintenance_window":"02:00-06:00","related_instance":[],"time_zone":"UTC"}})",
      instance.id, instance_status(instance), json_text(instance.name), major_of(instance.version),
      instance.version, cloud_time(instance.created), cloud_time(instance.updated), tags,
      instance.ip);
}

}  // namespace pawl::simulate
