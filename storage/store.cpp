#include "storage/store.h"

#include <fmt/core.h>

#include <chrono>
#include <thread>
#include <utility>

#include "storage/first_look.h"
#include "storage/schema.h"
#include "storage/store_file.h"

namespace pawl {
namespace {

// FULL: in WAL mode only that makes every commit durable before it returns. 4,000 pages of log
// between checkpoints let the pages that every commit touches be copied into the file once in a
// while and not all the time; reading such a log after a crash takes milliseconds.
constexpr const char* driving_settings =
    "PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL; PRAGMA trusted_schema = OFF; "
    "PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -4096; "
    "PRAGMA wal_autocheckpoint = 4000;";
constexpr const char* lever_settings =
    "PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL; PRAGMA trusted_schema = OFF; "
    "PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY;";
constexpr const char* reading_settings =
    "PRAGMA query_only = ON; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; "
    "PRAGMA temp_store = MEMORY; PRAGMA cache_size = -4096;";

Result<std::unique_ptr<Database>> open_checked(const std::string& path, Access access,
                                               LockWait lock_wait) {
  Result<std::unique_ptr<Database>> opened = Database::open(path, access, std::move(lock_wait));
  if (!opened) return opened;
  // Until it is known to be the store's.
  (*opened)->keep_log(true);
  if (const Outcome ours = require_pawl_file(**opened); !ours) return ours.error();
  return opened;
}

Outcome take_for_writing(Database& database) {
  if (Outcome fit = require_fit_for_writing(database); !fit) return fit;
  database.keep_log(false);
  return Done{};
}

Outcome prepare_for_driving(Database& database) {
  if (Outcome set = database.run(driving_settings); !set) return set;
  if (Outcome taken = take_for_writing(database); !taken) return taken;
  if (Outcome migrated = migrate(database, migrations()); !migrated) return migrated;
  const Result<std::string> mode = database.text("PRAGMA journal_mode = WAL");
  if (!mode) return mode.error();
  if (*mode != "wal") {
    return Error{
        Fault::store,
        fmt::format("the store {} cannot keep a write-ahead log where it lies. Move it to a "
                    "local file system, or name another store with --store.",
                    database.path())};
  }
  // What the log holds may lie in the system's cache alone, after a sync that failed, and no later
  // sync of the log would bring it to the disk: copied into the file it is written again. And the
  // file's own header, which is looked at first, shows the version. Readers are not waited for.
  return database.run("PRAGMA wal_checkpoint(PASSIVE)");
}

constexpr int held_tries = 60;
constexpr std::chrono::milliseconds held_pause{50};

/// The lock of a store that an older pawl wrote may be held for a moment by whoever brings it up to
/// date just now.
Result<std::unique_ptr<DriverLock>> take_lock(const std::string& path, const Holder& holder,
                                              bool older) {
  for (int tries = 0;; ++tries) {
    auto lock = DriverLock::take(path, holder);
    if (lock || !older || lock.error().fault != Fault::held || tries == held_tries) return lock;
    std::this_thread::sleep_for(held_pause);
  }
}

/// Brings a store of an older pawl up to date. While that pawl drives it nobody may: it goes on
/// writing the store as it knows it.
Outcome bring_along(const std::string& path, Instant now, LockWait lock_wait) {
  const auto driving = Store::open_for_driving(path, this_process(now), std::move(lock_wait));
  if (driving) return Done{};
  const Error& why = driving.error();
  const auto other = present_driver(path);
  if (other && why.fault == Fault::held) {
    return Error{Fault::store,
                 fmt::format("the store {} is driven by an older pawl, process {} on {}. Use that "
                             "pawl until it has ended: this one brings the store up to date then.",
                             path, other->pid, other->host)};
  }
  return Error{
      Fault::store,
      fmt::format("{} An older pawl wrote the store, and it cannot be read before this one "
                  "has brought it up to date.",
                  why.what)};
}

}  // namespace

Store::Store(std::string path, std::unique_ptr<DriverLock> lock, std::unique_ptr<Database> database)
    : path_(std::move(path)), lock_(std::move(lock)), database_(std::move(database)) {}

Store::~Store() = default;

const Holder& Store::holder() const {
  check(lock_ != nullptr, "only a driving store has a holder");
  return lock_->holder();
}

Result<std::unique_ptr<Store>> Store::open_for_driving(const std::string& path,
                                                       const Holder& holder, LockWait lock_wait) {
  const Result<std::string> full = store_path(path);
  if (!full) return full.error();
  // Before a lock file is made, so that nothing appears beside what is not ours.
  Result<Presence> presence = look_at_store(*full);
  if (!presence) return presence.error();
  bool older = false;
  if (*presence == Presence::present) {
    const auto ours = open_checked(*full, Access::write, lock_wait);
    if (!ours) return ours.error();
    const Result<FileHeader> header = (*ours)->header();
    if (!header) return header.error();
    older = header->user_version < schema_version();
  } else if (Outcome made = make_store_directory(*full); !made) {
    return made.error();
  }
  Result<std::unique_ptr<DriverLock>> lock = take_lock(*full, holder, older);
  if (!lock) return lock.error();
  // Again: until the lock was ours another driver may have made it.
  presence = look_at_store(*full);
  if (!presence) return presence.error();
  if (*presence != Presence::present) {
    if (Outcome created = create_store(*full); !created) return created.error();
  }
  Result<std::unique_ptr<Database>> database =
      open_checked(*full, Access::write, std::move(lock_wait));
  if (!database) return database.error();
  if (Outcome ready = prepare_for_driving(**database); !ready) return ready.error();
  (*database)->guard([held = lock->get()] { return held->still_held(); });
  return std::unique_ptr<Store>(new Store(*full, std::move(*lock), std::move(*database)));
}

Result<std::unique_ptr<Store>> Store::open_for_reading(const std::string& path, Instant now,
                                                       LockWait lock_wait) {
  auto store = open_for_verifying(path, now, std::move(lock_wait));
  if (!store) return store;
  if (Outcome ours = require_fit_for_reading((*store)->database()); !ours) return ours.error();
  return store;
}

Result<std::unique_ptr<Store>> Store::open_for_verifying(const std::string& path, Instant now,
                                                         LockWait lock_wait) {
  return open_beside(path, Access::read, reading_settings, now, std::move(lock_wait));
}

Result<std::unique_ptr<Store>> Store::open_for_levers(const std::string& path, Instant now,
                                                      LockWait lock_wait) {
  auto store = open_beside(path, Access::write, lever_settings, now, std::move(lock_wait));
  if (!store) return store;
  if (Outcome taken = take_for_writing((*store)->database()); !taken) return taken.error();
  return store;
}

Result<std::string> Store::path_of_present(const std::string& path) {
  Result<std::string> full = store_path(path);
  if (!full) return full;
  const Result<Presence> presence = look_at_store(*full);
  if (!presence) return presence.error();
  if (*presence == Presence::present) return full;
  return Error{Fault::usage, fmt::format("no store at {}; `pawl run PLAN` makes one, --store or "
                                         "PAWL_STORE names another.",
                                         *full)};
}

Result<std::unique_ptr<Store>> Store::open_beside(const std::string& path, Access access,
                                                  const char* settings, Instant now,
                                                  LockWait lock_wait) {
  const Result<std::string> full = path_of_present(path);
  if (!full) return full.error();
  while (true) {
    Result<std::unique_ptr<Database>> database = open_checked(*full, access, lock_wait);
    if (!database) return database.error();
    if (Outcome set = (*database)->run(settings); !set) return set.error();
    const Result<bool> current = is_current(**database);
    if (!current) return current.error();
    if (*current) return std::unique_ptr<Store>(new Store(*full, nullptr, std::move(*database)));
    database->reset();
    if (Outcome along = bring_along(*full, now, lock_wait); !along) return along.error();
  }
}

}  // namespace pawl
