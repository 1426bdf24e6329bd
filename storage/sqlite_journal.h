// The journal in SQLite: what one turn wants remembered is one transaction, durable on return.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "engine/journal.h"
#include "storage/chain.h"
#include "storage/driver_lock.h"
#include "storage/sqlite.h"

namespace pawl {

/// The last entry of a store; all zero for an empty one.
struct Head {
  std::int64_t seq = 0;
  Digest hash;
  Instant at{};  ///< no later entry may be earlier than this
  bool operator==(const Head&) const = default;
};

/// Beyond what Journal promises, a batch is refused, whole, before anything of it is written for
/// good, when one of its entries cannot be right: its time is before the last entry's; `from` is
/// not the state that its subject has (any for a subject's first entry); it names an unknown
/// rollout, wave or run; rollout, wave and instance of a run's entry are not that run's; an entry
/// about anything else names a run or instance; a batch that creates a rollout has no entry about
/// it, or leaves one of its runs without; an entry closes what is no open obligation of its run. A
/// refused batch leaves the journal usable; after an error of the COMMIT itself every further
/// commit is refused.
class SqliteJournal final : public Journal {
 public:
  /// `database` must be open for writing, with the schema in place, and outlive the journal;
  /// `holder` is who signs the driver's sign of life.
  static Result<std::unique_ptr<SqliteJournal>> make(Database& database, const Holder& holder);

  Result<std::vector<Lever>> begin(const std::string& rollout) override;
  void abandon() override { begun_.reset(); }
  Result<bool> levers_wait(const std::string& rollout) override;
  Outcome commit(const Batch& batch) override;
  Result<StoredRollout> load(const std::string& id) override;
  Result<std::optional<QuotaLease>> lease(const std::string& account) override;

  /// As of the last good commit.
  const Head& head() const { return head_; }

 private:
  /// What the last entry about a subject led to.
  struct LastState {
    std::string state;
    std::int64_t last_seq = 0;
  };

  SqliteJournal(Database& database, const Holder& holder);
  Outcome prepare();
  Outcome read_head();
  Outcome write(const Batch& batch, Head& head);
  Outcome create(const NewRollout& created);
  Outcome append(const Entry& entry, std::string_view frozen, Head& head);
  Outcome project(const Entry& entry, std::int64_t seq);
  Outcome project_run(const Entry& entry, std::int64_t seq);
  Result<LastState> last_state(const Entry& entry, std::int64_t seq);
  Result<LastState> last_state_of_run(const Entry& entry, std::int64_t seq);
  Outcome enrolled(const NewRollout& created);
  Outcome keep_unchained(const Batch& batch);

  Database& database_;
  const Holder holder_;
  FieldHasher hasher_;
  Head head_;
  bool tail_unknown_ = false;
  std::optional<Transaction> begun_;

  Statement insert_rollout_, insert_wave_, insert_run_, insert_run_state_;
  Statement insert_entry_, last_of_rollout_, last_of_wave_, last_of_run_;
  Statement update_rollout_, update_wave_, update_run_, update_head_;
  Statement count_unenrolled_, put_lease_, put_driver_, levers_wait_, answer_lever_;
  Statement open_obligation_, close_obligation_;
};

}  // namespace pawl
