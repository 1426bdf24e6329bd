// Opening a store: to drive it, alone and creating it where it is missing, or to read it beside a
// driver. What is no pawl store, has other tables or triggers than pawl makes, or is a newer
// pawl's, is refused and left as it is; an older pawl's is brought up to date by whoever opens it
// first. Before it is written to, it is looked at more closely: first_look.h.
#pragma once

#include <memory>
#include <string>

#include "engine/result.h"
#include "storage/driver_lock.h"
#include "storage/sqlite.h"

namespace pawl {

class Store final {
 public:
  /// Takes the driver's lock (Fault::held when another has it), makes the store where there is
  /// none, and brings an older one up to date. All else that goes wrong is Fault::store.
  static Result<std::unique_ptr<Store>> open_for_driving(const std::string& path,
                                                         const Holder& holder,
                                                         LockWait lock_wait = {});
  /// To write a lever down beside a driver: needs no lock. A missing store is Fault::usage; an
  /// older one is first brought up to date, as by a driver that starts `now`: Fault::store while an
  /// older pawl drives it.
  static Result<std::unique_ptr<Store>> open_for_levers(const std::string& path, Instant now,
                                                        LockWait lock_wait = {});
  /// Needs no lock and blocks no driver. A missing store is Fault::usage; an older one is brought
  /// up to date as for levers.
  static Result<std::unique_ptr<Store>> open_for_reading(const std::string& path, Instant now,
                                                         LockWait lock_wait = {});
  /// As for reading, and with a schema that is not pawl's too: whoever asks whether a store is
  /// whole is to be told.
  static Result<std::unique_ptr<Store>> open_for_verifying(const std::string& path, Instant now,
                                                           LockWait lock_wait = {});
  /// The absolute path of the store at `path`; a missing one is Fault::usage.
  static Result<std::string> path_of_present(const std::string& path);
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;
  ~Store();

  /// Absolute.
  const std::string& path() const { return path_; }
  Database& database() { return *database_; }
  /// Who drives through this object. REQUIRES: opened for driving.
  const Holder& holder() const;

 private:
  static Result<std::unique_ptr<Store>> open_beside(const std::string& path, Access access,
                                                    const char* settings, Instant now,
                                                    LockWait lock_wait);
  Store(std::string path, std::unique_ptr<DriverLock> lock, std::unique_ptr<Database> database);

  std::string path_;
  std::unique_ptr<DriverLock> lock_;  ///< null for a reader; outlives the connection
  std::unique_ptr<Database> database_;
};

}  // namespace pawl
