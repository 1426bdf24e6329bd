// Plans and checks that the tests of the whole program share.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/support/child.h"

namespace pawl::test {

/// A plan over the whole fleet of `cloud`, with short times; `more` are further lines of it.
std::string plan_for(const StandIn& cloud, const std::string& more = "");

/// Puts `is` where `was`, which must be there, first stands in `text`.
void replace(std::string& text, const std::string& was, const std::string& is);

/// A cloud that takes no time for checks and upgrades; `more` are further options.
StandIn quick_cloud(int instances, std::vector<std::string> more = {});

/// What the stand-in has counted, one number of it, and its accepted upgrades.
nlohmann::json stats(const StandIn& cloud);
int counted(const StandIn& cloud, const char* what);
int upgrades(const StandIn& cloud);

/// The upgrades of an hour that are under way come to their end: a test that pulls a lever in the
/// midst of one need not be quick.
void end_upgrades(const StandIn& cloud);

/// The same again and again, each time as soon as so many more are under way, from `first` accepted
/// ones to `last`.
void end_upgrades(Child& driver, const StandIn& cloud, int first, int last, int together);

/// Waits for what `holds`; a test fails where the driver ends first, or after half a minute.
void until(Child& driver, const std::function<bool()>& holds);

/// A maintenance window, as a plan has it, of one minute on a day that is neither today nor
/// tomorrow.
std::string distant_window();

/// A store of its own and the commands upon it.
class Desk final {
 public:
  Desk() = default;

  Ended pawl(std::vector<std::string> words,
             const std::vector<std::string>& environment = {}) const;
  /// What a command prints with --json.
  nlohmann::json json_of(std::vector<std::string> words) const;
  /// `pawl history -o ndjson`, one object an entry.
  std::vector<nlohmann::json> history(std::vector<std::string> filters = {}) const;
  const Directory& directory() const { return directory_; }
  std::string store() const { return directory_.path() + "/pawl.db"; }

 private:
  Directory directory_;
};

/// Runs `plan` and kills the driver at a random moment of `seed`, `shortest` to `longest` after its
/// first call, again and again, until it ends by itself or `most` kills are reached; how often it
/// was killed. The lives grow by a hundredth each, so that a machine of any speed gets there.
int run_with_kills(const Desk& desk, const StandIn& cloud, const std::string& plan, unsigned seed,
                   std::chrono::milliseconds shortest, std::chrono::milliseconds longest, int most);

/// The stand-in's count, the journal and the status tell the same, nothing was triggered twice, and
/// the journal is whole. Where the cloud had no reason to refuse an upgrade, none was asked for
/// twice either.
void check_agreement(const Desk& desk, const StandIn& cloud);

}  // namespace pawl::test
