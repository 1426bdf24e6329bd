// The journal as a driver meets it: it may die around every commit, fall asleep in it, or be told
// that it failed. What was acknowledged is remembered, to be found again by the next driver.
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <vector>

#include "engine/journal.h"
#include "tests/simulation/laws.h"
#include "tests/simulation/lifeline.h"
#include "tests/simulation/stores.h"

namespace pawl::simulation {

/// Who pulls levers.
inline constexpr const char* operator_name = "bob@host";

class Ledger final : public Journal {
 public:
  Ledger(World& world, Laws& laws, Lifeline& life, const Workflow& workflow)
      : world_(world), laws_(laws), life_(life), workflow_(workflow), store_(make_store(world)) {}

  Result<std::vector<Lever>> begin(const std::string& rollout) override;
  void abandon() override;
  Result<bool> levers_wait(const std::string& rollout) override {
    return journal_->levers_wait(rollout);
  }
  Outcome commit(const Batch& batch) override;
  Result<StoredRollout> load(const std::string& id) override { return journal_->load(id); }
  Result<std::optional<QuotaLease>> lease(const std::string& account) override {
    return journal_->lease(account);
  }

  /// A driver comes and finds everything that was ever acknowledged (law 6). After an error it has
  /// ended, and the next may come.
  Outcome reopen();
  /// An operator writes `lever` down, and waits for the driver's transaction to end where one has
  /// begun.
  void post(const Lever& lever);
  /// The driver is gone.
  void leave(bool killed);
  /// No later entry may be earlier.
  Instant head_at() const { return kept_.empty() ? Instant::min() : kept_.back().at; }

 private:
  void judge_levers(const Batch& batch);
  void judge_answers(const Batch& batch);
  void forget_pulled();

  World& world_;
  Laws& laws_;
  Lifeline& life_;
  const Workflow& workflow_;
  std::unique_ptr<WorldStore> store_;
  Journal* journal_ = nullptr;
  std::vector<Entry> kept_;     ///< acknowledged, or found
  std::vector<Entry> unknown_;  ///< of the last commit, which was not acknowledged
  bool begun_ = false;
  std::set<std::int64_t> answered_;    ///< levers that have their entry
  std::set<std::int64_t> forbidding_;  ///< others, written down, that forbid intents
  std::vector<std::int64_t> pulled_;   ///< by the last commit
};

}  // namespace pawl::simulation
