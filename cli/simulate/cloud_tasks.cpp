// Checks and upgrades of the model: how they are asked for, begin, run and end.
#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <utility>

#include "cli/simulate/cloud_model.h"

namespace pawl::simulate {

namespace {

using Json = nlohmann::json;

int major_of(std::string_view version) {
  int major = 0;
  std::from_chars(version.data(), version.data() + version.size(), major);
  return major;
}

/// What the body of a trigger asks for.
struct Asked {
  std::string target, statistics;
  bool cutover = false;
};

/// The member `name` when it is a T; nullopt when it is another thing or not there.
template <typename T>
std::optional<T> member(const Json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end()) return std::nullopt;
  const T* value = found->get_ptr<const T*>();
  return value == nullptr ? std::nullopt : std::optional(*value);
}

/// nullopt where the documented fields are not as documented.
std::optional<Asked> read_body(const std::string& body, Kind kind) {
  const Json json = Json::parse(body, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  auto target = member<std::string>(json, "target_version");
  if (!target) return std::nullopt;
  if (kind == Kind::check) return Asked{std::move(*target), "", false};
  const auto cutover = member<bool>(json, "is_change_private_ip");
  auto statistics = member<std::string>(json, "statistics_collection_mode");
  const bool known =
      statistics == "before_change_private_ip" || statistics == "after_change_private_ip";
  // Left out without a cutover it is accepted.
  const bool left_out = !json.contains("statistics_collection_mode") && cutover == false;
  if (!cutover || (!known && !left_out)) return std::nullopt;
  return Asked{std::move(*target), std::move(statistics).value_or(""), *cutover};
}

/// `text` with `value` wherever `mark` stands.
std::string filled_in(std::string text, std::string_view mark, std::string_view value) {
  for (std::size_t at = 0; (at = text.find(mark, at)) != std::string::npos; at += value.size())
    text.replace(at, mark.size(), value);
  return text;
}

/// Several upgrades at once where a second one is accepted.
bool running(const std::vector<Task>& tasks) {
  return std::any_of(tasks.begin(), tasks.end(), [](const Task& task) { return !task.ended; });
}

}  // namespace

bool CloudModel::visible(const Task& task, CloudInstant now) const {
  return now >= task.start + settings_.visible_after;
}

const Task* CloudModel::shown(const std::vector<Task>& tasks, CloudInstant now) const {
  const auto found = std::find_if(tasks.rbegin(), tasks.rend(),
                                  [&](const Task& task) { return visible(task, now); });
  return found == tasks.rend() ? nullptr : &*found;
}

bool CloudModel::upgrading(const Instance& instance) const {
  return running(instance.upgrades);
}

const Task* CloudModel::maker(const Instance& instance) const {
  if (!instance.made_by) return nullptr;
  return &instances_[instance.made_by->first].upgrades[instance.made_by->second];
}

bool CloudModel::in_making(const Instance& instance) const {
  const Task* upgrade = maker(instance);
  return upgrade != nullptr && !upgrade->ended;
}

bool CloudModel::gone(const Instance& instance) const {
  const Task* upgrade = maker(instance);
  return upgrade != nullptr && upgrade->ended && upgrade->fails;
}

bool CloudModel::held_by_backup(const Instance& instance, CloudInstant now) const {
  return backing_up(instance, now) ||
         (instance.hold == Hold::backup && now < began_ + settings_.busy_time);
}

bool CloudModel::offered(const Instance& instance, const std::string& target) const {
  return !instance.primary && major_of(target) > major_of(instance.version) &&
         std::find(settings_.targets.begin(), settings_.targets.end(), target) !=
             settings_.targets.end();
}

void CloudModel::settle(Instance& instance, CloudInstant now) {
  settle_backup(instance, now);
  if (running(instance.checks) && !settings_.check_polls) {
    Task& check = instance.checks.back();
    if (now >= check.start + check.takes) check.ended = check.start + check.takes;
  }
  for (Task& upgrade : instance.upgrades)
    settle_upgrade(instance, upgrade, now);
}

void CloudModel::settle_upgrade(Instance& instance, Task& upgrade, CloudInstant now) {
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
  instance.updated = std::max(instance.updated, *upgrade.ended);
  instances_[upgrade.made].updated = *upgrade.ended;
}

Task CloudModel::make_task(const Instance& instance, Kind kind, std::string target,
                           CloudInstant now) {
  const bool check = kind == Kind::check;
  const std::size_t n = check ? instance.checks.size() : instance.upgrades.size();
  // With its number: what fails once may go well when it is tried again, and the reverse.
  const std::string purpose = fmt::format("{} {}", check ? "check" : "upgrade", n);
  Task task;
  task.id = uuid(instance.id, 2 * n + (check ? 0 : 1));
  task.target = std::move(target);
  task.source_version = instance.version;
  task.start = now;
  task.takes = within(check ? settings_.check_time : settings_.upgrade_time, instance.id, purpose);
  task.polls_left = (check ? settings_.check_polls : settings_.upgrade_polls).value_or(0);
  task.luck = hash(instance.id, purpose + " finds");
  task.fails = chance(instance.id, purpose + " fails") <
               (check ? settings_.check_fail : settings_.upgrade_fail);
  return task;
}

void CloudModel::make_instance(Instance& source, const Task& upgrade, CloudInstant now) {
  Instance made;
  made.name =
      filled_in(filled_in(settings_.made_name, "{version}", upgrade.target), "{name}", source.name);
  made.id = instance_id(upgrade.id, "in03");
  made.version = upgrade.target;
  made.ip = fmt::format("172.{}.{}.{}", 16 + upgrade.made / 62'500, upgrade.made / 250 % 250,
                        upgrade.made % 250 + 1);
  made.type = source.type;
  made.tags = source.tags;
  made.created = made.updated = now;
  made.made_by = std::pair(by_id_.at(source.id), source.upgrades.size());
  by_id_.emplace(made.id, instances_.size());
  instances_.push_back(std::move(made));
}

const Refusal* CloudModel::closed(const Instance& instance) const {
  if (std::string_view(instance.engine) != "PostgreSQL") return &refusal::version;
  if (instance.hold == Hold::frozen) return &refusal::frozen;
  return in_making(instance) ? &refusal::wrong_state : nullptr;
}

const Refusal* CloudModel::hindered(const Instance& instance, Kind kind, const std::string& target,
                                    CloudInstant now) const {
  if (instance.primary) return &refusal::not_a_replica;
  if (instance.dr_primary) return &refusal::not_in_recovery;
  if (held_by_backup(instance, now)) return &refusal::in_backup;
  // That a second upgrade is refused while one runs is documented nowhere.
  const bool beside = kind == Kind::upgrade && settings_.second_upgrade;
  if (running(instance.checks) || (upgrading(instance) && !beside)) return &refusal::busy;
  return offered(instance, target) ? nullptr : &refusal::version;
}

Reply CloudModel::start_check(Instance& instance, const std::string& body, CloudInstant now) {
  auto asked = read_body(body, Kind::check);
  if (!asked) return refused(refusal::parameter);
  if (const Refusal* why = hindered(instance, Kind::check, asked->target, now))
    return refused(*why);
  instance.checks.push_back(make_task(instance, Kind::check, std::move(asked->target), now));
  instance.updated = now;
  ++instance.checks_accepted;
  return {200, fmt::format(R"({{"report_id":"{}"}})", instance.checks.back().id)};
}

Reply CloudModel::start_upgrade(Instance& instance, const std::string& body, CloudInstant now) {
  auto asked = read_body(body, Kind::upgrade);
  if (!asked) return refused(refusal::parameter);
  if (const Refusal* why = hindered(instance, Kind::upgrade, asked->target, now))
    return refused(*why);
  if (asked->cutover && !instance.standbys.empty()) return refused(refusal::not_in_recovery);
  const bool checked =
      std::any_of(instance.checks.begin(), instance.checks.end(), [&](const Task& check) {
        return check.ended && !check.fails && check.target == asked->target &&
               check.source_version == instance.version &&
               now <= *check.ended + settings_.check_valid;
      });
  if (!checked) return refused(refusal::not_checked);
  // Nothing is said about an upgrade after one that succeeded, so it is let through.
  Task upgrade = make_task(instance, Kind::upgrade, std::move(asked->target), now);
  upgrade.cutover = asked->cutover;
  upgrade.statistics = std::move(asked->statistics);
  upgrade.made = instances_.size();
  upgrade.updated_before = instance.updated;
  make_instance(instance, upgrade, now);
  std::string job = uuid(upgrade.id, 7);
  instance.upgrades.push_back(std::move(upgrade));
  instance.updated = now;
  ++instance.upgrades_accepted;
  return {200, fmt::format(R"({{"job_id":"{}"}})", job)};
}

}  // namespace pawl::simulate
