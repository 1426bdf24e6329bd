// The journal as a driver meets it: it may die around every commit, fall asleep in it, or be told
// that it failed. What was acknowledged is remembered, to be found again by the next driver.
#pragma once

#include <memory>
#include <vector>

#include "engine/journal.h"
#include "tests/simulation/laws.h"
#include "tests/simulation/lifeline.h"
#include "tests/simulation/stores.h"

namespace pawl::simulation {

class Ledger final : public Journal {
 public:
  Ledger(World& world, Laws& laws, Lifeline& life, const Workflow& workflow)
      : world_(world), laws_(laws), life_(life), workflow_(workflow), store_(make_store(world)) {}

  Result<std::vector<Lever>> begin(const std::string& rollout) override {
    return journal_->begin(rollout);
  }
  void abandon() override { journal_->abandon(); }
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
  /// The driver is gone.
  void leave(bool killed);
  /// No later entry may be earlier.
  Instant head_at() const { return kept_.empty() ? Instant::min() : kept_.back().at; }

 private:
  World& world_;
  Laws& laws_;
  Lifeline& life_;
  const Workflow& workflow_;
  std::unique_ptr<WorldStore> store_;
  Journal* journal_ = nullptr;
  std::vector<Entry> kept_;     ///< acknowledged, or found
  std::vector<Entry> unknown_;  ///< of the last commit, which was not acknowledged
};

}  // namespace pawl::simulation
