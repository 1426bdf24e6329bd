// A shim over SQLite's own VFS (https://www.sqlite.org/vfs.html). Reads, locks and shared memory
// go through; what changes a file is counted, may fail, and is remembered until a sync, so that
// the file can be set back to what a disk would have kept.
#include "tests/support/faulty_disk.h"

#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <limits>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "engine/result.h"
#include "tests/support/disk_image.h"

namespace pawl::test {
namespace {

constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();

/// What becomes of an operation; one during which the power goes may be on the disk in part.
enum class Fate : std::uint8_t { done, fails, power_goes, power_is_off };

/// Whether an operation takes room, without which it cannot fail for want of it.
enum class Takes : std::uint8_t { room, none };

}  // namespace

/// The disk as the VFS sees it: which files there are, and what is to fail.
class FaultyDisk::Files final {
 public:
  Files();
  Files(const Files&) = delete;
  Files& operator=(const Files&) = delete;
  ~Files();

  sqlite3_vfs vfs{};
  sqlite3_vfs* real = nullptr;

  std::int64_t operations = 0;
  std::int64_t fails_at = never;
  Failure failure = Failure::broken;
  Lasting lasting = Lasting::once;
  bool next_sync_fails = false;
  bool reading_only = false;
  std::int64_t power_goes_at = never;
  int open_files = 0;
  int last_error = 0;  ///< an errno; 0 leaves it to the real VFS
  std::map<std::string, Record> records;

  bool power_is_off() const { return operations >= power_goes_at; }
  /// Counts one operation.
  Fate next(Takes takes);
  /// What a failing operation answers; `broken` is its own way to say that the disk broke.
  int answer(int broken) const;
  Record* track(const std::string& path, bool was_there);
  /// A new file's first sync is its directory's too, and with it the removals there are kept.
  void keep(Record& record);
  void restore(Unsynced unsynced, std::uint32_t seed);
};

Fate FaultyDisk::Files::next(Takes takes) {
  last_error = EIO;
  if (power_is_off()) return Fate::power_is_off;
  ++operations;
  if (power_is_off()) return Fate::power_goes;
  const bool chosen =
      operations == fails_at || (lasting == Lasting::from_then_on && operations > fails_at);
  if (chosen && (failure == Failure::broken || takes == Takes::room)) {
    if (failure == Failure::full) last_error = ENOSPC;
    return Fate::fails;
  }
  last_error = 0;
  return Fate::done;
}

int FaultyDisk::Files::answer(int broken) const {
  return broken == SQLITE_IOERR_WRITE && last_error == ENOSPC ? SQLITE_FULL : broken;
}

Record* FaultyDisk::Files::track(const std::string& path, bool was_there) {
  const ino_t inode = inode_of(path).value_or(0);
  const auto [place, is_new] = records.try_emplace(path);
  Record& record = place->second;
  // Another file under a known name was put there beside SQLite.
  if (is_new || record.inode != inode) {
    record = {inode, was_there ? read_file(path) : std::nullopt, {}};
  }
  return &record;
}

void FaultyDisk::Files::keep(Record& record) {
  if (!record.synced) {
    std::erase_if(records, [](const auto& known) { return is_removed(known.second); });
    record.synced.emplace();
  }
  for (const Change& change : record.unsynced)
    carry_out(record.synced, change);
}

void FaultyDisk::Files::restore(Unsynced unsynced, std::uint32_t seed) {
  check(open_files == 0, "no connection is open when the power comes back");
  std::minstd_rand random(seed + 1);
  for (const auto& [path, record] : records) {
    unlink((path + "-shm").c_str());
    const std::optional<ino_t> there = inode_of(path);
    // Renamed or replaced beside SQLite: what was known of it concerns no file of this name.
    if (is_removed(record) ? there.has_value() : there != record.inode) continue;
    const Image image = found_after(record, unsynced, random);
    if (image) {
      std::ofstream(path, std::ios::binary | std::ios::trunc) << *image;
    } else {
      unlink(path.c_str());
    }
  }
  records.clear();
  power_goes_at = never;
}

namespace {

using Files = FaultyDisk::Files;

/// An open file; the real one's own follows it in the same allocation. Without a record it is one
/// of SQLite's temporary files.
struct File {
  sqlite3_file base;
  Files* files;
  Record* record;

  sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

File& of(sqlite3_file* file) {
  return *reinterpret_cast<File*>(file);
}

Files& of(sqlite3_vfs* vfs) {
  return *static_cast<Files*>(vfs->pAppData);
}

int close_file(sqlite3_file* file) {
  --of(file).files->open_files;
  return of(file).real()->pMethods->xClose(of(file).real());
}

int read(sqlite3_file* file, void* into, int size, sqlite3_int64 offset) {
  if (of(file).files->power_is_off()) return SQLITE_IOERR_READ;
  return of(file).real()->pMethods->xRead(of(file).real(), into, size, offset);
}

int write(sqlite3_file* file, const void* from, int size, sqlite3_int64 offset) {
  File& self = of(file);
  const Fate fate = self.files->next(Takes::room);
  // A write that fails has often begun.
  const int begun = fate == Fate::fails ? size / 2 : size;
  if (self.record != nullptr && fate != Fate::power_is_off) {
    const auto* bytes = static_cast<const char*>(from);
    self.record->unsynced.push_back(
        {Kind::write, offset, std::string(bytes, static_cast<std::size_t>(begun))});
  }
  if (fate == Fate::done || fate == Fate::fails) {
    const int code = self.real()->pMethods->xWrite(self.real(), from, begun, offset);
    if (code != SQLITE_OK) return code;
  }
  return fate == Fate::done ? SQLITE_OK : self.files->answer(SQLITE_IOERR_WRITE);
}

int truncate_file(sqlite3_file* file, sqlite3_int64 size) {
  File& self = of(file);
  if (self.files->next(Takes::none) != Fate::done) return self.files->answer(SQLITE_IOERR_TRUNCATE);
  if (self.record != nullptr) self.record->unsynced.push_back({Kind::truncate, size, ""});
  return self.real()->pMethods->xTruncate(self.real(), size);
}

/// The real file is not synced: the power that goes is not this machine's.
int sync_file(sqlite3_file* file, int /*flags*/) {
  File& self = of(file);
  Fate fate = self.files->next(Takes::none);
  if (fate == Fate::done && self.files->next_sync_fails) {
    self.files->next_sync_fails = false;
    self.files->last_error = EIO;
    fate = Fate::fails;
  }
  if (self.record != nullptr && fate == Fate::done) self.files->keep(*self.record);
  if (self.record != nullptr && fate != Fate::power_goes && fate != Fate::power_is_off)
    self.record->unsynced.clear();
  return fate == Fate::done ? SQLITE_OK : self.files->answer(SQLITE_IOERR_FSYNC);
}

int file_size(sqlite3_file* file, sqlite3_int64* size) {
  return of(file).real()->pMethods->xFileSize(of(file).real(), size);
}

int lock(sqlite3_file* file, int level) {
  return of(file).real()->pMethods->xLock(of(file).real(), level);
}

int unlock(sqlite3_file* file, int level) {
  return of(file).real()->pMethods->xUnlock(of(file).real(), level);
}

int is_reserved(sqlite3_file* file, int* result) {
  return of(file).real()->pMethods->xCheckReservedLock(of(file).real(), result);
}

int control(sqlite3_file* file, int operation, void* argument) {
  return of(file).real()->pMethods->xFileControl(of(file).real(), operation, argument);
}

int sector_size(sqlite3_file* file) {
  return of(file).real()->pMethods->xSectorSize(of(file).real());
}

int characteristics(sqlite3_file* file) {
  return of(file).real()->pMethods->xDeviceCharacteristics(of(file).real());
}

int shm_map(sqlite3_file* file, int region, int size, int extend, void volatile** memory) {
  Files& files = *of(file).files;
  if (extend != 0 && files.next(Takes::room) != Fate::done)
    return files.answer(SQLITE_IOERR_SHMSIZE);
  return of(file).real()->pMethods->xShmMap(of(file).real(), region, size, extend, memory);
}

int shm_lock(sqlite3_file* file, int offset, int count, int flags) {
  return of(file).real()->pMethods->xShmLock(of(file).real(), offset, count, flags);
}

void shm_barrier(sqlite3_file* file) {
  of(file).real()->pMethods->xShmBarrier(of(file).real());
}

int shm_unmap(sqlite3_file* file, int remove) {
  return of(file).real()->pMethods->xShmUnmap(of(file).real(), remove);
}

constexpr sqlite3_io_methods file_methods = {
    2,        close_file,  read,        write,   truncate_file, sync_file,       file_size,
    lock,     unlock,      is_reserved, control, sector_size,   characteristics, shm_map,
    shm_lock, shm_barrier, shm_unmap,   nullptr, nullptr};

int open_file(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags, int* out_flags) {
  Files& files = of(vfs);
  File& self = of(file);
  self.base.pMethods = nullptr;
  if (files.power_is_off()) return SQLITE_CANTOPEN;
  if (files.reading_only && (flags & SQLITE_OPEN_READWRITE) != 0) {
    flags &= ~(SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
    flags |= SQLITE_OPEN_READONLY;
  }
  const bool was_there = path != nullptr && inode_of(path).has_value();
  const int code = files.real->xOpen(files.real, path, self.real(), flags, out_flags);
  if (code != SQLITE_OK) {
    if (self.real()->pMethods != nullptr) self.real()->pMethods->xClose(self.real());
    return code;
  }
  self.base.pMethods = &file_methods;
  self.files = &files;
  self.record = path == nullptr ? nullptr : files.track(path, was_there);
  ++files.open_files;
  return SQLITE_OK;
}

int remove_file(sqlite3_vfs* vfs, const char* path, int sync_directory) {
  Files& files = of(vfs);
  if (files.next(Takes::none) != Fate::done) return files.answer(SQLITE_IOERR_DELETE);
  const int code = files.real->xDelete(files.real, path, sync_directory);
  const auto record = files.records.find(path);
  if (code != SQLITE_OK || record == files.records.end()) return code;
  if (sync_directory != 0) {
    files.records.erase(record);
  } else {
    record->second.unsynced.push_back({Kind::remove, 0, ""});
  }
  return code;
}

int is_accessible(sqlite3_vfs* vfs, const char* path, int flags, int* result) {
  return of(vfs).real->xAccess(of(vfs).real, path, flags, result);
}

int full_path(sqlite3_vfs* vfs, const char* path, int size, char* out) {
  return of(vfs).real->xFullPathname(of(vfs).real, path, size, out);
}

int randomness(sqlite3_vfs* vfs, int size, char* out) {
  return of(vfs).real->xRandomness(of(vfs).real, size, out);
}

int sleep_for(sqlite3_vfs* vfs, int microseconds) {
  return of(vfs).real->xSleep(of(vfs).real, microseconds);
}

int current_time(sqlite3_vfs* vfs, double* now) {
  return of(vfs).real->xCurrentTime(of(vfs).real, now);
}

int last_error(sqlite3_vfs* vfs, int size, char* out) {
  if (of(vfs).last_error != 0) return of(vfs).last_error;
  return of(vfs).real->xGetLastError(of(vfs).real, size, out);
}

}  // namespace

FaultyDisk::Files::Files() : real(sqlite3_vfs_find(nullptr)) {
  check(real != nullptr && real->pAppData != this, "SQLite has a VFS");
  vfs.iVersion = 1;
  vfs.szOsFile = static_cast<int>(sizeof(File)) + real->szOsFile;
  vfs.mxPathname = real->mxPathname;
  vfs.zName = "faulty-disk";
  vfs.pAppData = this;
  vfs.xOpen = open_file;
  vfs.xDelete = remove_file;
  vfs.xAccess = is_accessible;
  vfs.xFullPathname = full_path;
  vfs.xRandomness = randomness;
  vfs.xSleep = sleep_for;
  vfs.xCurrentTime = current_time;
  vfs.xGetLastError = test::last_error;
  check(sqlite3_vfs_register(&vfs, 1) == SQLITE_OK, "SQLite takes a VFS");
}

FaultyDisk::Files::~Files() {
  check(open_files == 0, "no connection outlives its disk");
  sqlite3_vfs_unregister(&vfs);
  sqlite3_vfs_register(real, 1);
}

FaultyDisk::FaultyDisk() : files_(std::make_unique<Files>()) {}

FaultyDisk::~FaultyDisk() = default;

std::int64_t FaultyDisk::operations() const {
  return files_->operations;
}

void FaultyDisk::fail_at(std::int64_t operation, Failure failure, Lasting lasting) {
  files_->fails_at = operation;
  files_->failure = failure;
  files_->lasting = lasting;
}

void FaultyDisk::fail_next_sync() {
  files_->next_sync_fails = true;
}

void FaultyDisk::allow_reading_only() {
  files_->reading_only = true;
}

void FaultyDisk::heal() {
  files_->fails_at = never;
  files_->next_sync_fails = false;
  files_->reading_only = false;
}

void FaultyDisk::cut_power_at(std::int64_t operation) {
  files_->power_goes_at = operation;
}

bool FaultyDisk::power_is_off() const {
  return files_->power_is_off();
}

void FaultyDisk::restore_power(Unsynced unsynced, std::uint32_t seed) {
  files_->restore(unsynced, seed);
}

void FaultyDisk::go_on_after_kill() {
  files_->power_goes_at = never;
}

}  // namespace pawl::test
