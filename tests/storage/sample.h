// Stores to test with: a folder that goes when it does, a small rollout, and a story of it.
#pragma once

#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "storage/audit.h"
#include "storage/sqlite_journal.h"
#include "storage/store.h"

namespace pawl::test {

class Folder final {
 public:
  Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder();

  const std::string& path() const { return path_; }
  std::string store() const { return path_ + "/pawl.db"; }

 private:
  std::string path_;
};

Result<std::string> bytes_of(const std::string& path);
void write_bytes(const std::string& path, const std::string& bytes);

/// The value, or a failed test that shows the error.
template <typename T>
T good(Result<T> result) {
  REQUIRE_MESSAGE(bool(result), result.error().what);
  return std::move(*result);
}
inline void good(const Outcome& outcome) {
  REQUIRE_MESSAGE(bool(outcome), outcome.error().what);
}
/// Whether it failed so, with all of `words` in what it says.
template <typename T>
void check_refused(const Result<T>& result, Fault fault, const std::vector<std::string>& words) {
  REQUIRE(!result);
  CHECK(result.error().fault == fault);
  for (const std::string& word : words) {
    CAPTURE(word);
    CAPTURE(result.error().what);
    CHECK(result.error().what.find(word) != std::string::npos);
  }
}

/// When every story begins.
inline constexpr Instant noon{Duration{1'790'000'000'000}};
inline const Holder holder{4711, "ops-1", noon};

/// Rollout "plan-<number>" of one wave "canary" with one run and one wave "rest" with `rest` runs.
NewRollout sample_rollout(std::int64_t number = 1, std::int32_t rest = 2);
/// An entry about the rollout itself, a wave, a run (by its place).
Entry about_rollout(const NewRollout& rollout, Instant at, std::string from, std::string to);
Entry about_wave(const NewRollout& rollout, std::size_t wave, Instant at, std::string from,
                 std::string to);
Entry about_run(const NewRollout& rollout, std::size_t run, Instant at, std::string from,
                std::string to);
/// The entries that start a rollout: itself and each of its runs, as "pending".
std::vector<Entry> starting_entries(const NewRollout& rollout, Instant at);

/// What one turn commits.
struct Turn {
  std::optional<NewRollout> created;
  std::vector<Entry> entries;
  std::optional<QuotaLease> lease;
  std::optional<Pulse> pulse;

  Batch batch() const;
};
/// Starts the sample rollout and moves its runs on, a second a turn; lease and pulse tell the turn.
std::vector<Turn> story(std::size_t turns);

/// A store with its journal, being driven.
struct Driving {
  std::unique_ptr<Store> store;
  std::unique_ptr<SqliteJournal> journal;
};
Result<Driving> drive(const std::string& path, LockWait lock_wait = {});
/// A store at `path` in which a story of `turns` was told, closed; its entries' last hash.
std::string make_store(const std::string& path, std::size_t turns = 3);

std::vector<StoredEntry> history(Database& database, const HistoryFilter& filter = {});
std::vector<std::int64_t> seqs(Database& database, const HistoryFilter& filter = {});

}  // namespace pawl::test
