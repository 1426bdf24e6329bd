// A store in memory, with the store's promises: a commit is kept whole or not at all, and what is
// loaded is the last state of each subject. It can fail on demand.
#pragma once

#include <fmt/format.h>

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/journal.h"

namespace pawl::test {

/// What a commit that reports an error has left in the store.
enum class Tail { lost, kept };

class MemoryJournal final : public Journal {
 public:
  Result<std::vector<Lever>> begin(const std::string& rollout) override {
    if (before_begin) before_begin();
    return waiting(rollout);
  }
  /// What other processes do just before the transaction is begun.
  std::function<void()> before_begin;
  void abandon() override {}
  Result<bool> levers_wait(const std::string& rollout) override {
    return !waiting(rollout).empty();
  }
  /// An operator writes down what they want; its number.
  std::int64_t post(Lever lever) {
    lever.id = ++last_lever_;
    levers_.push_back(std::move(lever));
    return last_lever_;
  }

  Outcome commit(const Batch& batch) override {
    ++commits_;
    const bool fails = commits_ == failing_;
    if (!fails || tail_ == Tail::kept) keep(batch);
    if (fails) return Error{Fault::store, "the disk is full"};
    return Done{};
  }

  Result<StoredRollout> load(const std::string& id) override {
    const auto found = rollouts_.find(id);
    if (found == rollouts_.end()) return Error{Fault::usage, fmt::format("no rollout {}", id)};
    StoredRollout stored = found->second;
    stored.frozen = frozen_;
    return stored;
  }

  Result<std::optional<QuotaLease>> lease(const std::string& account) override {
    const auto found = leases_.find(account);
    return found == leases_.end() ? std::nullopt : std::optional(found->second);
  }

  /// The `n`-th commit from now on, counted from 1, reports an error.
  void fail_at(std::size_t n, Tail tail) {
    failing_ = commits_ + n;
    tail_ = tail;
  }

  std::size_t commits() const { return commits_; }
  std::size_t pulses() const { return pulses_; }
  const std::vector<Entry>& entries() const { return entries_; }
  bool has_lease(const std::string& account) const { return leases_.count(account) > 0; }
  /// The stored state of a run, for tests that look or meddle.
  std::string& state_of(const std::string& rollout, std::int64_t run) {
    auto& runs = rollouts_.at(rollout).runs;
    return runs.at(static_cast<std::size_t>(run - runs.front().record.run)).state;
  }
  StoredRollout& rollout(const std::string& id) { return rollouts_.at(id); }

 private:
  std::vector<Lever> waiting(const std::string& rollout) const {
    std::vector<Lever> found;
    for (const Lever& lever : levers_) {
      if (lever.rollout.empty() || lever.rollout == rollout) found.push_back(lever);
    }
    return found;
  }
  void keep(const Batch& batch) {
    if (batch.created != nullptr) create(*batch.created);
    for (const Entry& entry : batch.entries) {
      entries_.push_back(entry);
      if (entry.event == "freeze_set") frozen_ = true;
      if (entry.event == "freeze_lifted") frozen_ = false;
      if (entry.subject == Subject::store) continue;
      StoredRollout& stored = rollouts_.at(entry.rollout);
      if (entry.subject == Subject::rollout) stored.state = entry.state;
      if (entry.subject == Subject::wave) {
        stored.waves.at(static_cast<std::size_t>(entry.wave)).state = entry.state;
      }
      if (entry.subject == Subject::run) state_of(entry.rollout, entry.run) = entry.state;
    }
    if (batch.lease != nullptr) leases_[batch.lease->account] = *batch.lease;
    if (batch.pulse != nullptr) ++pulses_;
    for (const std::int64_t id : batch.pulled)
      std::erase_if(levers_, [id](const Lever& lever) { return lever.id == id; });
  }

  void create(const NewRollout& created) {
    StoredRollout stored;
    stored.record = created.rollout;
    for (const WaveRecord& wave : created.waves)
      stored.waves.push_back({wave, ""});
    for (const RunRecord& run : created.runs)
      stored.runs.push_back({run, ""});
    rollouts_.emplace(created.rollout.id, std::move(stored));
  }

  std::map<std::string, StoredRollout> rollouts_;
  std::map<std::string, QuotaLease> leases_;
  std::vector<Lever> levers_;
  std::int64_t last_lever_ = 0;
  bool frozen_ = false;
  std::vector<Entry> entries_;
  std::size_t commits_ = 0, failing_ = 0, pulses_ = 0;
  Tail tail_ = Tail::lost;
};

}  // namespace pawl::test
