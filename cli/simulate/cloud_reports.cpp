// What the major-version calls say: targets, status, histories.
#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "cli/simulate/cloud_details.h"
#include "cli/simulate/cloud_model.h"

namespace pawl::simulate {

namespace {

std::string_view state_of(const Task& task) {
  if (!task.ended) return "running";
  return task.fails ? "failed" : "success";
}

/// Times and texts that a history may not have yet.
std::string time_or_null(bool known, CloudInstant at) {
  return known ? '"' + cloud_time(at) + '"' : "null";
}
std::string text_or_null(const std::string& text) {
  return text.empty() ? "null" : json_text(text);
}

/// An entry and the two times by which a history can be sorted.
struct Row {
  CloudInstant start, end;
  std::string json;
};

/// The page of a history that was asked for: `rows` are oldest first, `start` and `end` what
/// `sort_field` calls their times.
Reply history(std::string_view list, std::vector<Row> rows, const HttpRequest& request,
              std::string_view start, std::string_view end) {
  const auto page = page_of(request, 10);
  const std::string_view order = value_of(request, "order");
  const std::string_view field = value_of(request, "sort_field");
  const bool ascending = order == "ASC" || order == "asc";
  const bool known = (ascending || order.empty() || order == "DESC" || order == "desc") &&
                     (field.empty() || field == start || field == end);
  if (!page || !known) return refused(refusal::parameter);
  if (field == end) {
    std::stable_sort(rows.begin(), rows.end(),
                     [](const Row& a, const Row& b) { return a.end < b.end; });
  }
  if (!ascending) std::reverse(rows.begin(), rows.end());
  std::string entries;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (page->holds(i)) entries += (entries.empty() ? "" : ",") + rows[i].json;
  }
  return {200, fmt::format(R"({{"total_count":{},"{}":[{}]}})", rows.size(), list, entries)};
}

}  // namespace

Reply CloudModel::available_versions(const Instance& instance) const {
  std::string list;
  for (const std::string& target : settings_.targets) {
    if (offered(instance, target)) list += (list.empty() ? "" : ",") + json_text(target);
  }
  return {200, fmt::format(R"({{"available_versions":[{}]}})", list)};
}

Reply CloudModel::status(Instance& instance, std::string_view action, CloudInstant now) {
  const bool check = action == "check";
  if (!check && action != "upgrade") return refused(refusal::parameter);
  std::vector<Task>& tasks = check ? instance.checks : instance.upgrades;
  const auto& polls = check ? settings_.check_polls : settings_.upgrade_polls;
  const Task* task = shown(tasks, now);
  if (task == nullptr) return {200, "{}"};
  if (polls && task == &tasks.back() && !task->ended) {
    Task& polled = tasks.back();
    if (polled.polls_left > 0) {
      --polled.polls_left;
    } else {
      for (Task& one : tasks) {
        if (one.ended) continue;
        one.ended = now;
        if (!check) end_upgrade(instance, one);
      }
      settle(instance, now);
    }
  }
  // Documented for a check that succeeded; the key stands there with nothing when it failed.
  std::string expires;
  if (check && task->ended) {
    expires = fmt::format(R"("check_expiration_time":{},)",
                          time_or_null(!task->fails, *task->ended + settings_.check_valid));
  }
  return {200,
          fmt::format(R"({{"status":"{}","target_version":{},"start_time":"{}",{}"detail":{}}})",
                      state_of(*task), json_text(task->target), cloud_time(task->start), expires,
                      json_text(check ? check_detail(*task) : upgrade_detail(*task)))};
}

Reply CloudModel::check_history(const Instance& instance, const HttpRequest& request,
                                CloudInstant now) {
  ++histories_;
  const std::string_view target = value_of(request, "target_version");
  const std::string_view available = value_of(request, "is_available");
  if (!available.empty() && available != "true" && available != "false") {
    return refused(refusal::parameter);
  }
  std::vector<Row> rows;
  for (const Task& check : instance.checks) {
    const bool good = check.ended && !check.fails;
    const CloudInstant expires = check.ended.value_or(check.start) + settings_.check_valid;
    const bool valid = good && now <= expires && check.source_version == instance.version;
    if (!visible(check, now) || (!target.empty() && target != check.target)) continue;
    if (!available.empty() && (available == "true") != valid) continue;
    rows.push_back(
        {check.start, expires,
         fmt::format(R"({{"id":"{}","check_time":"{}","expiration_time":"{}","target_version":{},)"
                     R"("result":"{}","detail":{}}})",
                     check.id, cloud_time(check.start), good ? cloud_time(expires) : "",
                     json_text(check.target), state_of(check), json_text(check_detail(check)))});
  }
  return history("inspection_reports", std::move(rows), request, "check_time", "expiration_time");
}

Reply CloudModel::upgrade_history(const Instance& instance, const HttpRequest& request,
                                  CloudInstant now) {
  ++histories_;
  std::vector<Row> rows;
  for (const Task& upgrade : instance.upgrades) {
    if (!visible(upgrade, now)) continue;
    const CloudInstant end = upgrade.ended.value_or(upgrade.start);
    const bool named = upgrade.ended && !upgrade.fails && now >= end + settings_.dst_delay;
    rows.push_back(
        {upgrade.start, end,
         fmt::format(R"({{"id":"{}","start_time":"{}","end_time":{},"src_instance_id":"{}",)"
                     R"("src_database_version":{},"dst_instance_id":{},"dst_database_version":{},)"
                     R"("result":"{}","is_private_ip_changed":{},"private_ip_change_time":{},)"
                     R"("statistics_collection_mode":{},"detail":{}}})",
                     upgrade.id, cloud_time(upgrade.start),
                     time_or_null(upgrade.ended.has_value(), end), instance.id,
                     json_text(upgrade.source_version),
                     named ? json_text(instances_[upgrade.made].id) : "null",
                     json_text(upgrade.target), state_of(upgrade), upgrade.cutover,
                     time_or_null(upgrade.swapped, end + settings_.swap_delay),
                     text_or_null(upgrade.statistics), json_text(upgrade_detail(upgrade)))});
  }
  return history("upgrade_reports", std::move(rows), request, "start_time", "end_time");
}

}  // namespace pawl::simulate
