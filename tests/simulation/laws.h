// The laws of design.md, judged after every step by what is true at the cloud and by what the
// journal holds, never by what the driver believes.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "engine/journal.h"
#include "engine/loop.h"
#include "tests/simulation/machine.h"
#include "tests/simulation/true_cloud.h"
#include "tests/simulation/world.h"

namespace pawl::simulation {

/// It has something of its step at the cloud, or on the way there.
bool in_flight(const Run& run);

class Laws {
 public:
  /// `start` is what the rollout begins with.
  Laws(World& world, TrueCloud& cloud, const Machine& machine, const Workflow& workflow,
       const LoopRules& rules, const NewRollout& start);

  /// These are in the store for good.
  void committed(std::span<const Entry> entries);
  /// A submit leaves the process now; it may be applied by the cloud later, or never.
  void sends(const Ticket& ticket, const Call& call, bool may_arrive);
  /// A submit that was sent comes to the cloud, and is answered at once.
  void arrives(const HttpRequest& submit);
  void answered(const HttpRequest& submit, bool accepted);
  /// A hook is let go.
  void runs(const Ticket& ticket, const Command& hook, std::int64_t group);
  /// A turn has come to its end.
  void turned(const Rollout& rollout);
  /// The loop says that there is nothing more to do.
  void ended(Ending ending);
  /// The instances of runs that a person may decide about.
  std::vector<std::string> undecided() const;
  /// The levers that the rollout waits for.
  std::vector<LeverKind> awaited() const;

 private:
  struct Member {
    Run run;
    std::string stored;               ///< its state as JSON
    std::uint64_t entries = 0;        ///< about it
    std::uint64_t sent_after = 0;     ///< its `entries` when its last submit left
    std::size_t travelling = 0;       ///< its upgrades on their way to the cloud
    std::size_t accepted_before = 0;  ///< its upgrades that the cloud took on in earlier attempts
    bool left_alone = false;          ///< a person took the run off, whatever is under way
    bool in_doubt = false;            ///< an obligation says so
    bool followed_again = false;      ///< a person sent it back to what was in flight already
    bool upgraded = false;            ///< a person sent it back to what comes after its upgrade
  };

  void committed_run(const Entry& entry);
  void follows(const Entry& entry, std::string& state);
  void judge_bounds();
  std::size_t upgrades_in_flight(std::int32_t wave, bool also_upgraded) const;
  void judge_intent(const Member& member, const Entry& entry);
  void judge_retry(Member& member, const Run& after);
  void judge_outcome(const Member& before, const Run& after, const Entry& entry);
  void judge_check_end(const Run& before, const Run& after);
  void judge_success(const Run& run);
  void judge_what_comes_before(const Run& run);
  bool made_well(const Run& run);
  bool hooks_went_well(Run run, std::uint8_t first);
  void judge_upgrade_end(const Run& before, const std::string& result);
  void judge_proof(const Run& run, const std::string& target);
  bool has_upgrade_under_way(const Member& member);
  std::uint32_t failures(std::int32_t wave) const;
  Member& member_of(const std::string& instance) {
    return members_[by_instance_.find(instance)->second];
  }

  World& world_;
  TrueCloud& cloud_;
  const Machine& machine_;
  const Workflow& workflow_;
  const LoopRules& rules_;
  Instant last_at_ = Instant::min();
  std::string rollout_;
  bool frozen_ = false;
  std::vector<std::string> waves_;
  std::vector<Member> members_;  // by run number, from 1
  std::map<std::string, std::size_t, std::less<>> by_instance_;
};

}  // namespace pawl::simulation
