#include "workflows/cloud_requests.h"

#include <fmt/core.h>

#include <algorithm>
#include <string>
#include <utility>

#include "engine/ascii.h"
#include "engine/concatenated.h"
#include "engine/request_target.h"
#include "engine/result.h"
#include "workflows/versions.h"

namespace pawl::cloud {

namespace {

std::string instances_path(std::string_view project_id) {
  check(is_path_segment(project_id), "a project id that cannot stand in a path");
  return concatenated({"/v3/", project_id, "/instances"});
}

std::string backups_path(std::string_view project_id) {
  check(is_path_segment(project_id), "a project id that cannot stand in a path");
  return fmt::format("/v3/{}/backups", project_id);
}

bool is_backup_name(std::string_view name) {
  return name.size() >= 4 && name.size() <= 64 && is_letter(name.front()) &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return is_letter(c) || is_digit(c) || c == '-' || c == '_'; });
}

std::string major_version_path(const InstanceKey& key, std::string_view call) {
  check(is_path_segment(key.instance_id), "an instance id that cannot stand in a path");
  return concatenated(
      {instances_path(key.project_id), "/", key.instance_id, "/major-version/", call});
}

void add_page(Query& query, Page page) {
  check(page.limit >= 1 && page.limit <= 100, "a page of 1 to 100 records");
  query.emplace_back("offset", std::to_string(page.offset));
  query.emplace_back("limit", std::to_string(page.limit));
}

HttpRequest ask_history(const InstanceKey& key, std::string_view call, const char* newest_by,
                        Page page) {
  Query query;
  add_page(query, page);
  query.emplace_back("order", "DESC");
  query.emplace_back("sort_field", newest_by);
  return {Method::get, major_version_path(key, call), std::move(query), {}};
}

}  // namespace

bool is_path_segment(std::string_view text) {
  return !text.empty() && text.size() <= 128 &&
         std::all_of(text.begin(), text.end(), is_unreserved) &&
         text.find_first_not_of('.') != std::string_view::npos;
}

HttpRequest ask_available_versions(const InstanceKey& key) {
  return {Method::get, major_version_path(key, "available-version"), {}, {}};
}

HttpRequest post_inspection(const InstanceKey& key, std::string_view target) {
  check(parse_version(target).has_value(), "a check for a target that is no version");
  return {Method::post,
          major_version_path(key, "inspection"),
          {},
          fmt::format(R"({{"target_version":"{}"}})", target)};
}

HttpRequest ask_status(const InstanceKey& key, Task task) {
  return {Method::get,
          major_version_path(key, "status"),
          {{"action", task == Task::check ? "check" : "upgrade"}},
          {}};
}

HttpRequest ask_inspection_history(const InstanceKey& key, Page page) {
  return ask_history(key, "inspection-histories", "check_time", page);
}

HttpRequest post_upgrade(const InstanceKey& key, std::string_view target, Cutover cutover,
                         Statistics statistics) {
  check(parse_version(target).has_value(), "an upgrade to a target that is no version");
  std::string body = fmt::format(R"({{"target_version":"{}","is_change_private_ip":{})", target,
                                 cutover == Cutover::yes);
  if (cutover == Cutover::yes) {
    body += fmt::format(R"(,"statistics_collection_mode":"{}_change_private_ip")",
                        statistics == Statistics::before_cutover ? "before" : "after");
  }
  return {Method::post, major_version_path(key, "upgrade"), {}, body + "}"};
}

HttpRequest ask_upgrade_history(const InstanceKey& key, Page page) {
  return ask_history(key, "upgrade-histories", "start_time", page);
}

HttpRequest post_backup(const InstanceKey& key, std::string_view name,
                        std::string_view description) {
  check(is_path_segment(key.instance_id), "an instance id that cannot stand in a call");
  check(is_backup_name(name), "a name that no backup may have");
  check(description.find_first_of(R"(>!<"&'=\)") == std::string_view::npos,
        "a description that no backup may have");
  return {Method::post,
          backups_path(key.project_id),
          {},
          fmt::format(R"({{"instance_id":"{}","name":"{}","description":"{}"}})", key.instance_id,
                      name, description)};
}

HttpRequest ask_backups(const InstanceKey& key, Page page) {
  Query query{{"instance_id", std::string(key.instance_id)}, {"backup_type", "manual"}};
  add_page(query, page);
  return {Method::get, backups_path(key.project_id), std::move(query), {}};
}

HttpRequest ask_backup(const InstanceKey& key, std::string_view backup_id) {
  return {Method::get,
          backups_path(key.project_id),
          {{"instance_id", std::string(key.instance_id)}, {"backup_id", std::string(backup_id)}},
          {}};
}

HttpRequest ask_instances(std::string_view project_id, Page page) {
  Query query{{"datastore_type", "PostgreSQL"}};
  add_page(query, page);
  return {Method::get, instances_path(project_id), std::move(query), {}};
}

HttpRequest ask_instance(const InstanceKey& key) {
  check(is_path_segment(key.instance_id), "an instance id that cannot stand in a path");
  return {Method::get, instances_path(key.project_id), {{"id", std::string(key.instance_id)}}, {}};
}

HttpRequest ask_dr_relations(std::string_view project_id) {
  return {Method::get, instances_path(project_id) + "/disaster-recovery-relation", {}, {}};
}

HttpRequest ask_instances_named(std::string_view project_id, std::string_view part, Page page) {
  check(!part.empty() && part.find('*') == std::string_view::npos,
        "a search for a name that is empty or has a '*'");
  HttpRequest request = ask_instances(project_id, page);
  request.query.emplace_back("name", fmt::format("*{}", part));
  return request;
}

}  // namespace pawl::cloud
