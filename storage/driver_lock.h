// At most one driver a store: an advisory lock on "<store>.lock", which the kernel drops when the
// holder's process ends, however it ends.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "engine/result.h"
#include "engine/time.h"

namespace pawl {

/// Who drives, as the lock file and the store tell others.
struct Holder {
  std::int64_t pid = 0;
  std::string host;
  Instant since{};
  bool operator==(const Holder&) const = default;
};

/// What this machine calls itself; "unknown" where it does not say.
std::string host_name();

/// The calling process, taken as driving since `since`.
Holder this_process(Instant since);

/// Held from take() until it is destroyed. The file stays; it says who holds or last held it.
class DriverLock final {
 public:
  /// Does not wait: held by another is Fault::held, naming who; a file that cannot be made or
  /// written is Fault::store. The descriptor is closed on exec (no child inherits the lock).
  static Result<std::unique_ptr<DriverLock>> take(const std::string& store_path,
                                                  const Holder& holder);
  DriverLock(const DriverLock&) = delete;
  DriverLock& operator=(const DriverLock&) = delete;
  ~DriverLock();

  const Holder& holder() const { return holder_; }
  /// An error once somebody has removed or replaced the file: the next driver locks another one,
  /// and nothing would keep the two apart. One look at the file's name.
  Outcome still_held() const;

 private:
  DriverLock(int descriptor, std::string path, Holder holder);
  static Result<std::unique_ptr<DriverLock>> take_once(const std::string& store_path,
                                                       const Holder& holder);
  bool is_named() const;

  int descriptor_;
  std::string path_;
  dev_t device_ = 0;  ///< with the number, what the file is known by
  ino_t number_ = 0;
  Holder holder_;
};

/// Who drives the store now; nullopt when nobody does, or when that cannot be told. Takes nothing
/// and so never disturbs a driver that starts at this moment.
std::optional<Holder> present_driver(const std::string& store_path);

}  // namespace pawl
