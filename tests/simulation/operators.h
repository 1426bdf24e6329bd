// The people at other terminals, who pull levers at any moment, and who let go on what waits for
// them.
#pragma once

#include <cstddef>
#include <string>

#include "engine/journal.h"
#include "engine/loop.h"
#include "tests/simulation/laws.h"
#include "tests/simulation/ledger.h"
#include "tests/simulation/world.h"

namespace pawl::simulation {

class Operators {
 public:
  Operators(World& world, Ledger& ledger, const Laws& laws, const NewRollout& rollout)
      : world_(world), ledger_(ledger), laws_(laws), rollout_(rollout) {}
  Operators(const Operators&) = delete;
  Operators& operator=(const Operators&) = delete;

  /// As many levers as the weather has, at random moments of the storm; after it somebody comes by
  /// every hour.
  void begin();
  /// Where only runs are left that a person must decide, somebody does, a few times; whether a
  /// driver is to come again.
  bool help(Ending ending);
  /// The rollout has ended, and nobody comes by any more.
  void leave() { gone_ = true; }

 private:
  void pull(LeverKind kind, const std::string& instance = {});
  void pull_something();
  void come_by();
  const std::string& any_member() {
    return rollout_.runs[world_.dice.below(rollout_.runs.size())].instance_id;
  }

  World& world_;
  Ledger& ledger_;
  const Laws& laws_;
  const NewRollout& rollout_;
  std::size_t helps_left_ = 0;
  bool gone_ = false;
};

}  // namespace pawl::simulation
