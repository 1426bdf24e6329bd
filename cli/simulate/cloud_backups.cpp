// Manual backups of the model: how they are asked for, run, end and are listed.
#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "cli/simulate/cloud_model.h"
#include "engine/ascii.h"

namespace pawl::simulate {

namespace {

using Json = nlohmann::json;

std::string member(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

/// 4 to 64 letters, digits, '-' and '_', the first of them a letter.
bool good_name(std::string_view name) {
  const auto allowed = [](char c) { return is_letter(c) || is_digit(c) || c == '-' || c == '_'; };
  return name.size() >= 4 && name.size() <= 64 && is_letter(name.front()) &&
         std::all_of(name.begin(), name.end(), allowed);
}

/// Up to 256 characters, none of >!<"&'=.
bool good_description(std::string_view text) {
  // In UTF-8 every character has one byte that does not go on with another.
  const auto begins = [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; };
  return std::count_if(text.begin(), text.end(), begins) <= 256 &&
         text.find_first_of(R"(>!<"&'=)") == std::string_view::npos;
}

bool running(const Backup& backup, CloudInstant now) {
  return now < backup.start + backup.takes;
}

/// Without an offset, as the page of the creation prints it.
std::string bare_time(CloudInstant at) {
  std::string text = detail_time(at);
  text[10] = 'T';
  return text;
}

std::string backup_json(const Backup& backup, const Instance& instance, CloudInstant now) {
  const bool runs = running(backup, now);
  const char* status = runs ? "BUILDING" : backup.fails ? "FAILED" : "COMPLETED";
  const std::string end = runs ? "null" : '"' + cloud_time(backup.start + backup.takes) + '"';
  return fmt::format(R"({{"id":"{}","name":{},"type":"manual","size":{},"status":"{}",)"
                     R"("begin_time":"{}","end_time":{},)"
                     R"("datastore":{{"type":"{}","version":"{}"}},"instance_id":"{}"}})",
                     backup.id, json_text(backup.name), runs ? 0 : 2803, status,
                     cloud_time(backup.start), end, instance.engine,
                     instance.version.substr(0, instance.version.find('.')), instance.id);
}

}  // namespace

bool CloudModel::backing_up(const Instance& instance, CloudInstant now) const {
  return !instance.backups.empty() && running(instance.backups.back(), now);
}

/// A backup leaves its trace in the instance.
void CloudModel::settle_backup(Instance& instance, CloudInstant now) {
  if (instance.backups.empty() || instance.backups.back().noted || backing_up(instance, now))
    return;
  Backup& backup = instance.backups.back();
  backup.noted = true;
  instance.updated = std::max(instance.updated, backup.start + backup.takes);
}

Reply CloudModel::backups(const HttpRequest& request, CloudInstant now) {
  if (request.method == Method::post) {
    ++triggers_;
    return start_backup(request.body, now);
  }
  ++histories_;
  const auto page = page_of(request, 100);
  const std::string_view id = value_of(request, "instance_id");
  if (!page || id.empty()) return refused(refusal::parameter);
  const auto found = by_id_.find(std::string(id));
  if (found == by_id_.end()) return refused(refusal::no_instance);
  Instance& instance = instances_[found->second];
  settle(instance, now);
  const std::string_view wanted = value_of(request, "backup_id");
  const std::string_view type = value_of(request, "backup_type");
  std::string entries;
  std::size_t total = 0;
  for (auto backup = instance.backups.rbegin(); backup != instance.backups.rend(); ++backup) {
    const bool visible = now >= backup->start + settings_.visible_after;
    if (!visible || (!wanted.empty() && wanted != backup->id)) continue;
    if (!type.empty() && type != "manual") continue;
    if (page->holds(total)) {
      entries += (entries.empty() ? "" : ",") + backup_json(*backup, instance, now);
    }
    ++total;
  }
  return {200, fmt::format(R"({{"backups":[{}],"total_count":{}}})", entries, total)};
}

Reply CloudModel::start_backup(const std::string& body, CloudInstant now) {
  const Json json = Json::parse(body, nullptr, false);
  if (!json.is_object()) return refused(refusal::parameter);
  const std::string name = member(json, "name");
  const std::string description = member(json, "description");
  if (!good_name(name) || !good_description(description)) return refused(refusal::parameter);
  const auto found = by_id_.find(member(json, "instance_id"));
  if (found == by_id_.end()) return refused(refusal::no_instance);
  Instance& instance = instances_[found->second];
  settle(instance, now);
  if (gone(instance)) return refused(refusal::no_instance);
  if (instance.primary) return refused(refusal::no_backup_of_replica);
  if (instance.hold == Hold::frozen) return refused(refusal::frozen);
  if (held_by_backup(instance, now)) return refused(refusal::in_backup);
  if (in_making(instance) || upgrading(instance)) return refused(refusal::busy);
  const bool known = std::any_of(instance.backups.begin(), instance.backups.end(),
                                 [&name](const Backup& backup) { return backup.name == name; });
  if (known) return refused(refusal::same_name);
  const std::string purpose = fmt::format("backup {}", instance.backups.size());
  Backup backup{uuid(instance.id, 1'000 + instance.backups.size()),
                name,
                description,
                now,
                within(settings_.backup_time, instance.id, purpose),
                chance(instance.id, purpose + " fails") < settings_.backup_fail,
                false};
  instance.updated = now;
  instance.backups.push_back(std::move(backup));
  const Backup& made = instance.backups.back();
  return {200, fmt::format(R"({{"backup":{{"id":"{}","name":{},"description":{},)"
                           R"("begin_time":"{}","status":"BUILDING","type":"manual",)"
                           R"("instance_id":"{}"}}}})",
                           made.id, json_text(made.name), json_text(made.description),
                           bare_time(made.start), instance.id)};
}

}  // namespace pawl::simulate
