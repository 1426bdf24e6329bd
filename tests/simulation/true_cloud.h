// The stand-in's model as the one cloud of a world, with its own clock, other people's hands in it,
// and what only an onlooker knows: who began what.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "cli/simulate/cloud_model.h"
#include "tests/simulation/world.h"

namespace pawl::simulation {

enum class Who : std::uint8_t { pawl, foreign };

/// A check or an upgrade as the cloud's history tells it.
struct Report {
  std::string id, target, result;
  CloudInstant start;
  std::optional<CloudInstant> expires;  ///< of a check that succeeded
  std::string made;                     ///< of an upgrade: the new instance, once it is named
  bool cutover = false;
  Who who = Who::pawl;
};

/// An instance as the list shows it.
struct Shown {
  std::string id, name, status, version, address;
  bool postgresql = false;
};

class TrueCloud {
 public:
  explicit TrueCloud(World& world);

  /// The cloud's clock. It may be set forward; when it is set back it stands still for so long.
  CloudInstant now();
  void set_clock(Duration by);
  /// By how much the clock was set within the last minute and a half.
  Duration clock_was_set_by();

  /// The answer to `who`, with a good token or without.
  simulate::CloudAnswer serve(const HttpRequest& request, Who who, bool good_token = true);

  // What other people do; a refusal is left at that.
  void start_check(const std::string& instance, const std::string& target);
  void start_upgrade(const std::string& instance, const std::string& target, bool cutover);
  /// One of these, or a change of the instance; not of one that an upgrade has made.
  void someone_acts_on(const std::string& instance);

  // What an onlooker asks. He disturbs nothing.
  std::vector<Shown> fleet();
  std::optional<Shown> shown(const std::string& instance);
  std::vector<Report> checks(const std::string& instance);
  /// Checks of `target` that succeeded, have not expired and were made from its present version.
  std::vector<Report> valid_checks(const std::string& instance, const std::string& target);
  std::vector<Report> upgrades(const std::string& instance);
  /// Upgrades that `who` began and that have not ended.
  /// Statuses of the backups that pawl has had made, in no order.
  std::vector<std::string> backups(const std::string& instance);
  std::size_t running_upgrades(const std::string& instance, Who who);
  std::size_t accepted_upgrades(const std::string& instance, Who who) const;

 private:
  void touch(const std::string& instance);
  void change_minor_version(const std::string& instance);

  struct VersionChange {
    CloudInstant told;  ///< at the cloud's clock, which may have been set since
    Instant at;
  };
  struct Known {
    std::vector<Who> checks, upgrades;  ///< accepted, in their order
    std::optional<CloudInstant> touched;
    std::optional<VersionChange> version_changed;
    std::string version;  ///< where it was changed
  };
  simulate::CloudAnswer ask(std::string_view path, Query query);
  std::vector<Report> history(const std::string& instance, std::string_view call, Query query,
                              const char* list);
  const Known& known(const std::string& instance) const;
  simulate::CloudAnswer post(const std::string& instance, const char* call, std::string body);
  void edit(std::string& body) const;

  World& world_;
  Duration offset_{};
  CloudInstant last_{};
  std::vector<std::pair<Instant, Duration>> settings_;
  simulate::CloudModel model_;
  std::set<std::string> first_;  ///< instances that no upgrade of this world has made
  std::map<std::string, Known, std::less<>> known_;
};

/// The instance that a call is about by its path; empty where there is none.
std::string instance_in(const HttpRequest& request);
bool triggers(const HttpRequest& request, std::string_view call);

}  // namespace pawl::simulation
