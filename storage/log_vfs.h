// Writes SQLite's log (https://www.sqlite.org/wal.html) in few system calls. SQLite itself writes
// the header of each frame and its page apart, two calls for 4 KiB; where system calls are dear
// that was a twentieth of all that an upgrade costs.
#pragma once

#include <memory>
#include <string>

struct sqlite3_vfs;

namespace pawl {

/// A shim over the VFS that is SQLite's default now (https://www.sqlite.org/vfs.html). It holds
/// back what is appended to a log, and writes it with the last frame of the commit, or before
/// anything else is done with the log. SQLite shows a commit to others only after that frame.
class LogVfs final {
 public:
  /// Known to SQLite by name() while it lives; connections that were opened with it use it on, so
  /// it outlives them.
  LogVfs();
  LogVfs(const LogVfs&) = delete;
  LogVfs& operator=(const LogVfs&) = delete;
  ~LogVfs();

  const char* name() const { return name_.c_str(); }

 private:
  struct Shim;

  const std::string name_;
  std::unique_ptr<Shim> shim_;
};

}  // namespace pawl
