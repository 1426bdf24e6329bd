#include "tests/explorer/cloud.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "engine/result.h"

namespace pawl::explorer {

namespace {

constexpr std::string_view source_id = "source";
constexpr std::string_view old_address = "10.0.0.1";
constexpr std::string_view new_address = "10.0.0.2";

std::string_view word(State state) {
  switch (state) {
    case State::running:
      return "running";
    case State::success:
      return "success";
    case State::failed:
      return "failed";
  }
  return {};
}

/// The same version is spelled in two ways, as the cloud does.
std::string_view version(Target target, bool in_full = false) {
  if (target == Target::other) return "15.2";
  return in_full ? "14.6.0" : "14.6";
}

std::string quoted_time(Tick tick) {
  return tick == never ? "null" : fmt::format("\"{}\"", cloud_text(tick));
}

/// The tasks that `from` lets be seen by now, newest first.
template <typename From>
std::vector<std::size_t> seen(const std::vector<Task>& tasks, Tick now, From from) {
  std::vector<std::size_t> order;
  for (std::size_t i = tasks.size(); i-- > 0;) {
    if (std::max(from(tasks[i]), tasks[i].hidden_until) <= now) order.push_back(i);
  }
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return tasks[a].start > tasks[b].start; });
  return order;
}
auto seen_in_history(const std::vector<Task>& tasks, Tick now) {
  return seen(tasks, now, [](const Task& task) { return task.in_history; });
}

std::string list_of(std::string_view name, const std::vector<std::string>& entries) {
  return fmt::format(R"({{"total_count":{},"{}":[{}]}})", entries.size(), name,
                     fmt::join(entries, ","));
}

}  // namespace

bool replaces(const Task& task, Tick now) {
  return task.cutover && std::max(task.moved, task.hidden_until) <= now;
}

Instant instant_of(Tick tick) {
  return Instant{std::chrono::seconds{1'800'000'000 + tick}};
}

std::string cloud_text(Tick tick) {
  return format_utc(instant_of(tick)).substr(0, 19) + "+0000";
}

HttpResponse answer_with(int status, std::string body) {
  HttpResponse response;
  response.status = status;
  response.content_type = "application/json";
  response.body = std::move(body);
  return response;
}

bool asks_history(const HttpRequest& request) {
  return request.path.ends_with("-histories");
}

bool asks_status(const HttpRequest& request) {
  return request.path.ends_with("/status");
}

HttpResponse Cloud::answer(const HttpRequest& request, Tick now, Shown shown) const {
  const std::string_view path = request.path;
  if (asks_status(request)) {
    const bool check = request.query.front().second == "check";
    return answer_with(200, status(check ? checks : upgrades, now, shown));
  }
  if (path.ends_with("/inspection-histories")) return answer_with(200, check_history(now, false));
  if (path.ends_with("/upgrade-histories")) return answer_with(200, upgrade_history(now, false));
  if (path.ends_with("/available-version")) {
    return answer_with(200, R"({"available_versions":["13.9","14.6","15.2"]})");
  }
  check(path.ends_with("/instances"), "a question that the cloud does not know");
  return answer_with(200, instances(request.query, now));
}

HttpResponse Cloud::garbled(const HttpRequest& request, Tick now) const {
  const bool check = request.path.ends_with("/inspection-histories");
  return answer_with(200, check ? check_history(now, true) : upgrade_history(now, true));
}

std::string Cloud::status(const std::vector<Task>& tasks, Tick now, Shown shown) const {
  const auto order = seen(tasks, now, [](const Task& task) { return task.in_status; });
  const std::size_t which = shown == Shown::newest ? 0 : 1;
  if (order.size() <= which) return "{}";
  const Task& task = tasks[order[which]];
  if (conduct.forgets_replaced && &tasks == &upgrades && replaces(task, now)) return "{}";
  std::string expiry;
  if (&tasks == &checks && task.state == State::success && task.expires != never) {
    expiry = fmt::format(R"(,"check_expiration_time":"{}")", cloud_text(task.expires));
  }
  return fmt::format(R"({{"status":"{}","target_version":"{}","start_time":"{}"{},"detail":"x"}})",
                     word(task.state), version(task.target), cloud_text(task.start), expiry);
}

std::string Cloud::check_history(Tick now, bool garble) const {
  std::vector<std::string> entries;
  for (const std::size_t i : seen_in_history(checks, now)) {
    const Task& task = checks[i];
    if (std::exchange(garble, false)) {
      entries.push_back(fmt::format(R"({{"id":"check{}","result":"{}"}})", i, word(task.state)));
      continue;
    }
    entries.push_back(fmt::format(
        R"({{"id":"check{}","check_time":"{}","expiration_time":{},"target_version":"{}",)"
        R"("result":"{}","detail":"x"}})",
        i, cloud_text(task.start), quoted_time(task.state == State::success ? task.expires : never),
        version(task.target), word(task.state)));
  }
  return list_of("inspection_reports", entries);
}

std::string Cloud::upgrade_history(Tick now, bool garble) const {
  std::vector<std::string> entries;
  for (const std::size_t i : seen_in_history(upgrades, now)) {
    const Task& task = upgrades[i];
    if (std::exchange(garble, false)) {
      entries.push_back(fmt::format(R"({{"id":"upgrade{}","result":"?"}})", i));
      continue;
    }
    const bool named = task.named <= now && task.state != State::failed;
    entries.push_back(fmt::format(
        R"({{"id":"upgrade{}","start_time":"{}","src_instance_id":"{}",)"
        R"("src_database_version":"13.{}","dst_instance_id":"{}","dst_database_version":"{}",)"
        R"("result":"{}","is_private_ip_changed":{},"private_ip_change_time":{},"detail":"x"}})",
        i, cloud_text(task.start), source_id, source_version,
        named ? fmt::format("made{}", i) : std::string(), version(task.target, true),
        word(task.state), task.cutover, quoted_time(task.moved <= now ? task.moved : never)));
  }
  return list_of("upgrade_reports", entries);
}

std::string Cloud::source(Tick now) const {
  const bool away = std::any_of(upgrades.begin(), upgrades.end(),
                                [now](const Task& task) { return replaces(task, now); });
  const bool busy = conduct.busy_while_upgrading &&
                    std::any_of(upgrades.begin(), upgrades.end(), [now](const Task& task) {
                      return task.state == State::running && task.hidden_until <= now;
                    });
  return fmt::format(
      R"({{"id":"{}","name":"db","status":"{}","type":"Single","datastore":{{"type":"PostgreSQL",)"
      R"("version":"13","complete_version":"13.{}"}},"private_ips":["{}"],)"
      R"("created":"2020-01-01T00:00:00+0000","updated":"{}"}})",
      source_id, busy ? "UPGRADING" : "ACTIVE", source_version, away ? new_address : old_address,
      cloud_text(changed));
}

std::string Cloud::made(std::size_t index, Tick now) const {
  const Task& task = upgrades[index];
  const bool moved = task.cutover && task.moved <= now;
  return fmt::format(
      R"({{"id":"made{}","name":"db","status":"{}","type":"Single","datastore":)"
      R"({{"type":"PostgreSQL","version":"14","complete_version":"{}"}},"private_ips":["{}"],)"
      R"("created":"{}","updated":"{}"}})",
      index, task.ready <= now ? "ACTIVE" : "BUILD", version(task.target, true),
      moved ? old_address : new_address, cloud_text(task.start), cloud_text(task.start));
}

std::string Cloud::instances(const Query& query, Tick now) const {
  std::string_view id;
  for (const auto& [name, value] : query) {
    if (name == "id") id = value;
  }
  std::vector<std::string> entries;
  if (id.empty() || id == source_id) entries.push_back(source(now));
  for (std::size_t i = 0; i < upgrades.size(); ++i) {
    const Tick from = std::max(upgrades[i].in_history, upgrades[i].hidden_until);
    if (upgrades[i].state == State::failed || from > now) continue;
    if (id.empty() || id == fmt::format("made{}", i)) entries.push_back(made(i, now));
  }
  return list_of("instances", entries);
}

}  // namespace pawl::explorer
