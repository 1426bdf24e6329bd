// The list of instances: its filters, its pages and what it says of each instance.
#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "cli/simulate/cloud_model.h"

namespace pawl::simulate {

namespace {

using Tag = std::pair<std::string_view, std::string_view>;

/// What the one project and its one network are called.
constexpr std::string_view region = "eu-west-101";
constexpr std::string_view vpc = "b21630c1-e7d3-450d-907d-39ef5f445ae7";
constexpr std::string_view subnet = "45557a98-9e17-4600-8aec-999150bc4eef";

/// What was asked for; an empty text asks for nothing.
struct Filters {
  std::string_view name, type, engine, vpc_id, subnet_id;
  std::vector<Tag> tags;  ///< an empty value: any
  bool contains = false;  ///< the name does, and need not be equal
};

template <std::size_t N>
bool one_of(std::string_view word, const std::array<std::string_view, N>& words) {
  return word.empty() || std::find(words.begin(), words.end(), word) != words.end();
}

/// "key=value,key2=value2", at most ten of them.
std::optional<std::vector<Tag>> tags_of(std::string_view text) {
  std::vector<Tag> tags;
  while (!text.empty()) {
    const std::string_view pair = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), pair.size() + 1));
    const std::size_t equals = pair.find('=');
    if (equals == 0 || equals == std::string_view::npos || tags.size() == 10) return std::nullopt;
    tags.emplace_back(pair.substr(0, equals), pair.substr(equals + 1));
  }
  return tags;
}

std::optional<Filters> filters_of(const HttpRequest& request) {
  constexpr std::array<std::string_view, 3> types{"Single", "Ha", "Replica"};
  constexpr std::array<std::string_view, 4> engines{"PostgreSQL", "MySQL", "SQLServer", "MariaDB"};
  auto tags = tags_of(value_of(request, "tags"));
  if (!tags) return std::nullopt;
  Filters filters{value_of(request, "name"),
                  value_of(request, "type"),
                  value_of(request, "datastore_type"),
                  value_of(request, "vpc_id"),
                  value_of(request, "subnet_id"),
                  std::move(*tags),
                  false};
  if (filters.name.starts_with('*')) {
    filters.contains = true;
    filters.name.remove_prefix(1);
    if (filters.name.find_first_not_of('*') == std::string_view::npos) return std::nullopt;
  }
  const bool known = one_of(filters.type, types) && one_of(filters.engine, engines);
  return known ? std::optional(std::move(filters)) : std::nullopt;
}

bool passes(const Filters& filters, const Instance& instance) {
  const auto wanted = [](std::string_view filter, std::string_view value) {
    return filter.empty() || filter == value;
  };
  const bool named = filters.contains ? instance.name.find(filters.name) != std::string::npos
                                      : wanted(filters.name, instance.name);
  return named && wanted(filters.type, instance.type) && wanted(filters.engine, instance.engine) &&
         wanted(filters.vpc_id, vpc) && wanted(filters.subnet_id, subnet) &&
         std::all_of(filters.tags.begin(), filters.tags.end(), [&](const Tag& tag) {
           return std::any_of(instance.tags.begin(), instance.tags.end(), [&](const auto& has) {
             return has.first == tag.first && wanted(tag.second, has.second);
           });
         });
}

bool over(const Task& upgrade, CloudInstant now) {
  return upgrade.ended && now >= *upgrade.ended;
}

std::string node_json(const Instance& instance, int number, std::string_view role,
                      std::string_view state) {
  return fmt::format(R"({{"id":"{}no{}{}","name":{},"role":"{}","status":"{}",)"
                     R"("availability_zone":"{}-0{}"}})",
                     instance.id.substr(0, 31), number, instance.id.substr(34),
                     json_text(fmt::format("{}_node{}", instance.name, number)), role, state,
                     region, number + 1);
}

std::string nodes_json(const Instance& instance, std::string_view state) {
  if (instance.primary) return node_json(instance, 0, "readreplica", state);
  const std::string master = node_json(instance, 0, "master", state);
  const bool pair = std::string_view(instance.type) == "Ha";
  return pair ? master + ',' + node_json(instance, 1, "slave", state) : master;
}

std::string tags_json(const Instance& instance) {
  std::string tags;
  for (const auto& [key, value] : instance.tags) {
    tags += fmt::format(R"({}{{"key":{},"value":{}}})", tags.empty() ? "" : ",", json_text(key),
                        json_text(value));
  }
  return tags;
}

}  // namespace

bool CloudModel::listed(Instance& instance, CloudInstant now) {
  settle(instance, now);
  const Task* upgrade = maker(instance);
  if (upgrade == nullptr) return true;
  settle(instances_[instance.made_by->first], now);
  const CloudInstant shown = now - settings_.list_delay;
  return shown >= upgrade->start && !(over(*upgrade, shown) && upgrade->fails);
}

Reply CloudModel::list(const HttpRequest& request, CloudInstant now) {
  ++lists_;
  const auto page = page_of(request, 100);
  const auto filters = filters_of(request);
  if (!page || !filters) return refused(refusal::parameter);
  std::string entries;
  std::size_t total = 0;
  const auto add = [&](Instance& instance) {
    if (!listed(instance, now) || !passes(*filters, instance)) return;
    if (page->holds(total)) entries += (entries.empty() ? "" : ",") + describe(instance, now);
    ++total;
  };
  if (const std::string_view id = value_of(request, "id"); !id.empty()) {
    const auto found = by_id_.find(std::string(id));
    if (found != by_id_.end()) add(instances_[found->second]);
  } else {
    for (Instance& instance : instances_)
      add(instance);
  }
  return {200, fmt::format(R"({{"instances":[{}],"total_count":{}}})", entries, total)};
}

Reply CloudModel::dr_relations() {
  ++lists_;
  const auto other_side = [this](std::size_t position) {
    return fmt::format(
        R"({{"instance_id":"{}","region":"{}","project_id":"{}","project_name":"{}"}})",
        instances_[position].id, region, settings_.project_id, region);
  };
  std::string entries;
  for (const Instance& instance : instances_) {
    std::string sides;
    if (instance.dr_primary) {
      sides = fmt::format(R"("master_instance":{})", other_side(*instance.dr_primary));
    }
    std::string copies;
    for (const std::size_t standby : instance.standbys)
      copies += (copies.empty() ? "" : ",") + other_side(standby);
    if (!copies.empty()) sides = fmt::format(R"("slave_instances":[{}])", copies);
    if (sides.empty()) continue;
    entries += fmt::format(R"({}{{"instance_id":"{}",{}}})", entries.empty() ? "" : ",",
                           instance.id, sides);
  }
  return {200, fmt::format(R"({{"instance_dr_relations":[{}]}})", entries)};
}

std::string CloudModel::status_of(const Instance& instance, CloudInstant now) const {
  const CloudInstant shown = now - settings_.list_delay;
  if (const Task* upgrade = maker(instance); upgrade != nullptr && !over(*upgrade, shown)) {
    return "BUILD";
  }
  if (instance.hold == Hold::frozen) return "FROZEN";
  if (held_by_backup(instance, now)) return "BACKING UP";
  const bool upgrading = std::any_of(
      instance.upgrades.begin(), instance.upgrades.end(),
      [shown](const Task& upgrade) { return shown >= upgrade.start && !over(upgrade, shown); });
  return upgrading ? settings_.upgrading_status : "ACTIVE";
}

/// An upgrade that the list does not show yet does not stand in `updated` either.
CloudInstant CloudModel::updated_of(const Instance& instance, CloudInstant now) const {
  const CloudInstant shown = now - settings_.list_delay;
  CloudInstant updated = instance.updated;
  for (auto upgrade = instance.upgrades.rbegin(); upgrade != instance.upgrades.rend(); ++upgrade) {
    if (upgrade->ended == updated && shown < updated) updated = upgrade->start;
    if (upgrade->start == updated && shown < updated) updated = upgrade->updated_before;
  }
  return updated;
}

std::string CloudModel::describe(const Instance& instance, CloudInstant now) const {
  std::string related;
  const auto relate = [&](std::size_t position, std::string_view how) {
    related += fmt::format(R"({}{{"id":"{}","type":"{}"}})", related.empty() ? "" : ",",
                           instances_[position].id, how);
  };
  if (instance.primary) relate(*instance.primary, "replica_of");
  for (const std::size_t replica : instance.replicas)
    relate(replica, "replica");
  const std::string state = status_of(instance, now);
  // Both times are empty while an instance is created.
  const bool made = state != "BUILD";
  const bool mysql = std::string_view(instance.engine) == "MySQL";
  const bool pair = std::string_view(instance.type) == "Ha";
  const std::string& version = instance.version;
  const std::string ha = pair ? R"("ha":{"replication_mode":"async"},)" : "";
  return fmt::format(
      R"({{"id":"{}","status":"{}","name":{},"alias":"","port":{},"type":"{}","region":"{}",)"
      R"("datastore":{{"type":"{}","version":{},"complete_version":{}}},{})"
      R"("created":"{}","updated":"{}","volume":{{"type":"ULTRAHIGH","size":100}},"nodes":[{}],)"
      R"("tags":[{}],"private_ips":["{}"],"private_dns_names":[],"public_dns_names":[],)"
      R"("public_ips":[],"db_user_name":"root","enable_ssl":true,"vpc_id":"{}","subnet_id":"{}",)"
      R"("security_group_id":"38815c5c-482b-450a-80b6-0a301f2afd97","enterprise_project_id":"0",)"
      R"("flavor_ref":"rds.{}.n1.large.2{}","cpu":"2","mem":"4","switch_strategy":"",)"
      R"("backup_strategy":{{"start_time":"19:00-20:00","keep_days":7}},)"
      R"("maintenance_window":"02:00-06:00","charge_info":{{"charge_mode":"postPaid"}},)"
      R"("related_instance":[{}],"disk_encryption_id":"","time_zone":"UTC"}})",
      instance.id, state, json_text(instance.name), mysql ? 3306 : 5432, instance.type, region,
      instance.engine,
      json_text(mysql ? version.substr(0, 3) : version.substr(0, version.find('.'))),
      json_text(version), ha, made ? cloud_time(instance.created) : "",
      made ? cloud_time(updated_of(instance, now)) : "", nodes_json(instance, state),
      tags_json(instance), instance.ip, vpc, subnet, mysql ? "mysql" : "pg", pair ? ".ha" : "",
      related);
}

}  // namespace pawl::simulate
