// A disk that fails on demand, under SQLite: it fills up, errs, can only be read, or loses its
// power and with it what was not synced. Files lie where they are named, so whoever reads them
// otherwise sees the same.
#pragma once

#include <cstdint>
#include <memory>

namespace pawl::test {

enum class Failure : std::uint8_t { full, broken };
enum class Lasting : std::uint8_t { once, from_then_on };

/// What is found, when the power is back, of changes that were made and not synced.
enum class Unsynced : std::uint8_t {
  lost,       ///< none of them
  kept,       ///< all of them
  torn,       ///< all but the last of each file, of which the beginning, then rubbish
  scattered,  ///< some of them, some whole, some torn
};

/// Every write, truncation, sync, removal and growth of shared memory counts as one operation. The
/// changes of a sync that failed never reach the disk, whatever is synced later, as on Linux: only
/// writing them again helps. Until the power goes they are read as written. What is done beside
/// SQLite (renames) counts as synced.
class FaultyDisk final {
 public:
  /// Becomes SQLite's default until it is destroyed; one at a time, and no connection outlives it.
  FaultyDisk();
  FaultyDisk(const FaultyDisk&) = delete;
  FaultyDisk& operator=(const FaultyDisk&) = delete;
  ~FaultyDisk();

  std::int64_t operations() const;

  /// `operation` counts from 1, the first since this object was made.
  void fail_at(std::int64_t operation, Failure failure, Lasting lasting);
  /// The next sync fails, once.
  void fail_next_sync();
  /// Files can be opened for reading only.
  void allow_reading_only();
  void heal();

  /// At `operation` the power goes: it and everything after it fails.
  void cut_power_at(std::int64_t operation);
  bool power_is_off() const;
  /// Leaves files as they are found then; `seed` decides what Unsynced leaves open. REQUIRES: no
  /// connection is open.
  void restore_power(Unsynced unsynced, std::uint32_t seed);
  /// As if it had been no power cut but a SIGKILL: what was written is read as written, and what
  /// was not synced may still be lost.
  void go_on_after_kill();

  class Files;  ///< of the source file alone

 private:
  std::unique_ptr<Files> files_;
};

}  // namespace pawl::test
