// The cloud as a pure model: what it would answer, and what it then is. It knows nothing of pawl's
// own reading of the API, so that one mistake cannot cancel itself out.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "cli/simulate/settings.h"
#include "engine/http.h"

namespace pawl::simulate {

enum class Kind : std::uint8_t { check, upgrade };

/// A check or an upgrade.
struct Task {
  std::string id, target, source_version;
  CloudInstant start;
  Duration takes{0};
  std::uint32_t polls_left = 0;       ///< where polls decide instead of time
  std::optional<CloudInstant> ended;  ///< once it is known to have ended
  bool fails = false;
  bool cutover = false;    ///< of an upgrade
  std::string statistics;  ///< of an upgrade, as it was asked for
  std::size_t made = 0;    ///< of an upgrade: the position of the instance that it makes
  bool swapped = false;
};

struct Instance {
  std::string id, name, version, ip;
  std::vector<std::pair<std::string, std::string>> tags;
  CloudInstant created, updated;
  std::vector<Task> checks, upgrades;  ///< oldest first
  std::uint32_t checks_accepted = 0, upgrades_accepted = 0;
  std::optional<std::pair<std::size_t, std::size_t>> made_by;  ///< instance and its upgrade
};

class CloudModel final {
 public:
  explicit CloudModel(Settings settings, CloudInstant now);

  /// The answer to `request` at `now` (never earlier than the last); a status of 0 means that the
  /// connection is closed without one. The same requests at the same times give the same answers.
  HttpResponse serve(const HttpRequest& request, std::string_view token, CloudInstant now);

  /// `GET /_stats`: what has been asked, and every trigger that was accepted, by instance.
  std::string stats() const;

  const Settings& settings() const { return settings_; }

 private:
  struct Reply {
    int status = 200;
    std::string body;
  };

  Reply route(const HttpRequest& request, CloudInstant now);
  Reply major_version(Instance& instance, std::string_view call, const HttpRequest& request,
                      CloudInstant now);
  Reply available_versions(const Instance& instance) const;
  Reply status(Instance& instance, std::string_view action, CloudInstant now);
  Reply check_history(Instance& instance, const HttpRequest& request, CloudInstant now);
  Reply upgrade_history(Instance& instance, const HttpRequest& request, CloudInstant now);
  Reply start_check(Instance& instance, const std::string& body, CloudInstant now);
  Reply start_upgrade(Instance& instance, const std::string& body, CloudInstant now);
  Reply list(const HttpRequest& request, CloudInstant now);

  /// Lets happen what has become due of the instance's tasks.
  void settle(Instance& instance, CloudInstant now);
  void end_upgrade(Instance& instance, Task& upgrade);
  bool visible(const Task& task, CloudInstant now) const;
  const Task* shown(const std::vector<Task>& tasks, CloudInstant now) const;
  bool busy(const Instance& instance) const;
  std::string instance_status(const Instance& instance) const;
  bool offered(const Instance& instance, const std::string& target) const;
  Task make_task(const Instance& instance, Kind kind, std::string target, CloudInstant now);
  std::string describe(const Instance& instance) const;
  std::optional<Trouble> fault();
  std::uint64_t hash(std::string_view what, std::string_view purpose) const;
  double chance(std::string_view what, std::string_view purpose) const;
  std::string uuid(std::string_view what, std::uint64_t n) const;

  Settings settings_;
  std::deque<Instance> instances_;  // in the order of the list; grows at its end
  std::unordered_map<std::string, std::size_t> by_id_;
  std::uint64_t requests_ = 0;
  std::uint64_t lists_ = 0, statuses_ = 0, histories_ = 0, triggers_ = 0, refused_ = 0;
};

}  // namespace pawl::simulate
