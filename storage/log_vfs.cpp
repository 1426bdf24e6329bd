#include "storage/log_vfs.h"

#include <fmt/core.h>
#include <sqlite3.h>

#include <cerrno>
#include <new>
#include <string_view>

#include "engine/result.h"

namespace pawl {

struct LogVfs::Shim {
  sqlite3_vfs vfs;
  sqlite3_vfs* real;
};

namespace {

/// The most that SQLite's VFS for Unix writes at a time: of longer ones it takes a remainder.
constexpr std::size_t held_max = 0x1ffff;
/// A frame's header, told from its page by its size, and where it says how many pages the database
/// has after a commit: 0 but in the commit's last frame
/// (https://www.sqlite.org/fileformat2.html#the_write_ahead_log).
constexpr int frame_header_bytes = 24;
constexpr std::string_view in_mid_commit("\0\0\0\0", 4);
constexpr std::size_t commit_mark_at = 4;

/// An open log; the real one's own follows it in the same allocation.
struct LogFile {
  sqlite3_file base;
  std::string held;           ///< not written yet
  sqlite3_int64 held_at = 0;  ///< where it belongs
  bool commits = false;       ///< the page of the last header ends a commit

  sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
  sqlite3_int64 end() const { return held_at + static_cast<sqlite3_int64>(held.size()); }
  int write(const void* from, int size, sqlite3_int64 offset) {
    held_at = offset + size;
    const int code = real()->pMethods->xWrite(real(), from, size, offset);
    // SQLite tells a full disk alone as such, a quota or a limit on file sizes as a broken disk.
    const bool no_room = code == SQLITE_IOERR_WRITE && (errno == EDQUOT || errno == EFBIG);
    return no_room ? SQLITE_FULL : code;
  }
  /// Writes what is held.
  int put() {
    if (held.empty()) return SQLITE_OK;
    const int code = write(held.data(), static_cast<int>(held.size()), held_at);
    held.clear();
    return code;
  }
};
static_assert(sizeof(LogFile) % alignof(sqlite3_int64) == 0);

LogFile& of(sqlite3_file* file) {
  return *reinterpret_cast<LogFile*>(file);
}

/// What is held is of no commit.
int close_log(sqlite3_file* file) noexcept {
  LogFile& log = of(file);
  const int code = log.real()->pMethods->xClose(log.real());
  log.~LogFile();
  return code;
}

int write_log(sqlite3_file* file, const void* from, int size, sqlite3_int64 offset) noexcept {
  LogFile& log = of(file);
  const std::string_view bytes(static_cast<const char*>(from), static_cast<std::size_t>(size));
  const bool header = size == frame_header_bytes;
  const bool commits = !header && log.commits;
  log.commits = header && bytes.substr(commit_mark_at, in_mid_commit.size()) != in_mid_commit;
  const bool appends = offset == log.end();
  if (!appends || log.held.size() + bytes.size() > held_max) {
    if (const int code = log.put(); code != SQLITE_OK) return code;
  }
  // What stands in the log already is changed by the header or the page alone.
  if (!appends) return log.write(from, size, offset);
  log.held.append(bytes);
  return commits ? log.put() : SQLITE_OK;
}

/// Does `operation` after everything that is held was written.
template <auto operation, typename... Arguments>
int after_held(sqlite3_file* file, Arguments... arguments) noexcept {
  LogFile& log = of(file);
  if (const int code = log.put(); code != SQLITE_OK) return code;
  return (log.real()->pMethods->*operation)(log.real(), arguments...);
}

int sector_size(sqlite3_file* file) noexcept {
  return of(file).real()->pMethods->xSectorSize(of(file).real());
}

int characteristics(sqlite3_file* file) noexcept {
  return of(file).real()->pMethods->xDeviceCharacteristics(of(file).real());
}

/// SQLite locks and maps the database's file, never the log.
constexpr sqlite3_io_methods log_methods = [] {
  sqlite3_io_methods methods{};
  methods.iVersion = 1;
  methods.xClose = close_log;
  methods.xRead = after_held<&sqlite3_io_methods::xRead>;
  methods.xWrite = write_log;
  methods.xTruncate = after_held<&sqlite3_io_methods::xTruncate>;
  methods.xSync = after_held<&sqlite3_io_methods::xSync>;
  methods.xFileSize = after_held<&sqlite3_io_methods::xFileSize>;
  methods.xLock = after_held<&sqlite3_io_methods::xLock>;
  methods.xUnlock = after_held<&sqlite3_io_methods::xUnlock>;
  methods.xCheckReservedLock = after_held<&sqlite3_io_methods::xCheckReservedLock>;
  methods.xFileControl = after_held<&sqlite3_io_methods::xFileControl>;
  methods.xSectorSize = sector_size;
  methods.xDeviceCharacteristics = characteristics;
  return methods;
}();

}  // namespace

LogVfs::LogVfs() : name_(fmt::format("pawl-log-{}", static_cast<const void*>(this))) {
  sqlite3_vfs* const real = sqlite3_vfs_find(nullptr);
  check(real != nullptr, "SQLite has a VFS");
  // All but xOpen is the real one's own, which finds its data by pAppData.
  shim_ = std::make_unique<Shim>(Shim{*real, real});
  shim_->vfs.pNext = nullptr;
  shim_->vfs.zName = name_.c_str();
  shim_->vfs.szOsFile += static_cast<int>(sizeof(LogFile));
  shim_->vfs.xOpen = [](sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags,
                        int* out_flags) noexcept {
    sqlite3_vfs* const below = reinterpret_cast<Shim*>(vfs)->real;
    if ((flags & SQLITE_OPEN_WAL) == 0) return below->xOpen(below, path, file, flags, out_flags);
    auto* const log = new (file) LogFile{};
    const int code = below->xOpen(below, path, log->real(), flags, out_flags);
    // Without methods SQLite closes nothing.
    if (code == SQLITE_OK) {
      log->base.pMethods = &log_methods;
    } else {
      if (log->real()->pMethods != nullptr) log->real()->pMethods->xClose(log->real());
      log->~LogFile();
      file->pMethods = nullptr;
    }
    return code;
  };
  check(sqlite3_vfs_register(&shim_->vfs, 0) == SQLITE_OK, "SQLite takes a VFS");
}

LogVfs::~LogVfs() {
  sqlite3_vfs_unregister(&shim_->vfs);
}

}  // namespace pawl
