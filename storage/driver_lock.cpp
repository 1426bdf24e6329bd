#include "storage/driver_lock.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <string_view>
#include <thread>
#include <utility>

namespace pawl {
namespace {

// Between taking the lock and writing its name a new holder is nameless for an instant.
constexpr int named_after_tries = 20;
// Each time somebody has removed the file between opening and locking it.
constexpr int locked_after_tries = 20;

constexpr mode_t lock_file_mode = 0600;

std::string lock_path(const std::string& store_path) {
  return store_path + ".lock";
}

// A lock of the open file description, not of the process: another descriptor of the same file,
// opened and closed anywhere in the process, leaves it alone (fcntl(2), "Open file description
// locks").
struct flock whole_file() {
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  return lock;
}

std::string words_of(const Holder& holder) {
  return fmt::format("pid {}\nhost {}\nsince {}\n", holder.pid, holder.host,
                     format_utc(holder.since));
}

std::optional<std::string_view> take_line(std::string_view& text, std::string_view key) {
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos || !text.starts_with(key)) return std::nullopt;
  const std::string_view value = text.substr(key.size(), end - key.size());
  text.remove_prefix(end + 1);
  return value;
}

std::optional<Holder> read_holder(int descriptor) {
  std::array<char, 512> buffer{};
  const ssize_t got = pread(descriptor, buffer.data(), buffer.size(), 0);
  if (got <= 0) return std::nullopt;
  std::string_view text(buffer.data(), static_cast<std::size_t>(got));
  const auto pid = take_line(text, "pid ");
  const auto host = pid ? take_line(text, "host ") : std::nullopt;
  const auto since = host ? take_line(text, "since ") : std::nullopt;
  const auto instant = since ? parse_utc(*since) : std::nullopt;
  if (!instant) return std::nullopt;
  Holder holder{0, std::string(*host), *instant};
  const auto parsed = std::from_chars(pid->data(), pid->data() + pid->size(), holder.pid);
  if (parsed.ec != std::errc{} || parsed.ptr != pid->data() + pid->size()) return std::nullopt;
  return holder;
}

Error held_by(const std::string& store_path, const std::optional<Holder>& holder) {
  const std::string who = holder ? fmt::format("pid {} on host {}, since {}", holder->pid,
                                               holder->host, format_utc(holder->since))
                                 : "a driver that has just started";
  return {
      Fault::held,
      fmt::format("another driver holds the store {}: {}. Follow it with `pawl status --watch`, "
                  "or stop it (SIGTERM) and then `pawl resume`.",
                  store_path, who)};
}

Error cannot(const std::string& store_path, const char* what) {
  const int why = errno;
  const char* mend =
      why == ENOSPC || why == EDQUOT
          ? "Free space, then try again."
          : "The directory of a store must be writable for the one who drives it; make it so, or "
            "name another store with --store.";
  return {Fault::store, fmt::format("the lock file {} cannot be {} ({}). {}", lock_path(store_path),
                                    what, std::strerror(why), mend)};
}

/// `poetry` as a store has `poetry.lock` beside it, which is not pawl's to empty. Of a lock file of
/// pawl's a power cut may have left the beginning, or zeros in its place.
Outcome is_ours(int descriptor, const std::string& store_path) {
  constexpr std::string_view begins = "pid ";
  std::array<char, begins.size()> buffer{};
  const ssize_t got = pread(descriptor, buffer.data(), buffer.size(), 0);
  if (got < 0) return cannot(store_path, "read");
  std::string_view found(buffer.data(), static_cast<std::size_t>(got));
  while (found.ends_with('\0'))
    found.remove_suffix(1);
  if (begins.starts_with(found)) return Done{};
  return Error{Fault::store,
               fmt::format("{} is not a lock file of pawl's, and was left as it is. Name another "
                           "store with --store, or move that file.",
                           lock_path(store_path))};
}

/// Made by root, in a directory of another user's, it would lock that user out: it is given to whom
/// the store belongs, as SQLite gives its -wal and -shm files. Where there is no store yet, the one
/// who makes it is its owner.
Outcome give_to_owner(int descriptor, const std::string& store_path) {
  struct stat store {};
  struct stat lock {};
  if (geteuid() != 0 || lstat(store_path.c_str(), &store) != 0) return Done{};
  if (fstat(descriptor, &lock) != 0) return cannot(store_path, "read");
  if (lock.st_uid == store.st_uid && lock.st_gid == store.st_gid) return Done{};
  // What has a second name elsewhere is not given away.
  if (lock.st_nlink != 1) return Done{};
  if (fchown(descriptor, store.st_uid, store.st_gid) != 0) {
    return cannot(store_path, "given to the store's owner");
  }
  return Done{};
}

Outcome write_holder(int descriptor, const Holder& holder, const std::string& store_path) {
  const std::string words = words_of(holder);
  const bool written =
      ftruncate(descriptor, 0) == 0 &&
      pwrite(descriptor, words.data(), words.size(), 0) == static_cast<ssize_t>(words.size());
  if (!written) return cannot(store_path, "written");
  return Done{};
}

}  // namespace

std::string host_name() {
  std::array<char, 256> name{};
  // A name that does not fit is cut; the last byte stays 0.
  if (gethostname(name.data(), name.size() - 1) != 0) name[0] = '\0';
  return name[0] == '\0' ? "unknown" : name.data();
}

Holder this_process(Instant since) {
  return {getpid(), host_name(), since};
}

DriverLock::DriverLock(int descriptor, std::string path, Holder holder)
    : descriptor_(descriptor), path_(std::move(path)), holder_(std::move(holder)) {
  struct stat file {};
  check(fstat(descriptor_, &file) == 0, "an open file can be looked at");
  device_ = file.st_dev;
  number_ = file.st_ino;
}

DriverLock::~DriverLock() {
  close(descriptor_);
}

bool DriverLock::is_named() const {
  struct stat named {};
  return lstat(path_.c_str(), &named) == 0 && named.st_dev == device_ && named.st_ino == number_;
}

Outcome DriverLock::still_held() const {
  if (is_named()) return Done{};
  return Error{
      Fault::store,
      fmt::format("the lock file {} has been removed or replaced while this driver held it, and "
                  "another driver may have taken the store up. So this one ends; nothing of this "
                  "turn was written or sent. `pawl status` tells whether another drives; else "
                  "`pawl resume` goes on. A lock file is to be left where it is: it holds nobody "
                  "back once its driver has ended.",
                  path_)};
}

Result<std::unique_ptr<DriverLock>> DriverLock::take_once(const std::string& store_path,
                                                          const Holder& holder) {
  const std::string path = lock_path(store_path);
  const int descriptor =
      open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, lock_file_mode);
  if (descriptor < 0) return cannot(store_path, "made");
  std::unique_ptr<DriverLock> lock(new DriverLock(descriptor, path, holder));
  struct flock wanted = whole_file();
  if (fcntl(descriptor, F_OFD_SETLK, &wanted) != 0) {
    if (errno != EAGAIN && errno != EACCES) return cannot(store_path, "locked");
    std::optional<Holder> found = read_holder(descriptor);
    for (int tries = 0; !found && tries < named_after_tries; ++tries) {
      std::this_thread::sleep_for(std::chrono::milliseconds{10});
      found = read_holder(descriptor);
    }
    return held_by(store_path, found);
  }
  return lock;
}

Result<std::unique_ptr<DriverLock>> DriverLock::take(const std::string& store_path,
                                                     const Holder& holder) {
  auto locked = take_once(store_path, holder);
  // A file that was removed meanwhile keeps nobody out.
  for (int tries = 0; locked && !(*locked)->is_named(); ++tries) {
    if (tries == locked_after_tries) return (*locked)->still_held().error();
    locked = take_once(store_path, holder);
  }
  if (!locked) return locked;
  const int descriptor = (*locked)->descriptor_;
  if (Outcome ours = is_ours(descriptor, store_path); !ours) return ours.error();
  // The mode given to open() is lessened by the umask; this one is not.
  if (fchmod(descriptor, lock_file_mode) != 0) return cannot(store_path, "kept from others");
  if (Outcome given = give_to_owner(descriptor, store_path); !given) return given.error();
  if (Outcome written = write_holder(descriptor, holder, store_path); !written) {
    return written.error();
  }
  return locked;
}

std::optional<Holder> present_driver(const std::string& store_path) {
  // Asking for a write lock needs no right to write when it is only a question.
  const int descriptor =
      open(lock_path(store_path).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (descriptor < 0) return std::nullopt;
  struct flock asked = whole_file();
  const bool held = fcntl(descriptor, F_OFD_GETLK, &asked) == 0 && asked.l_type != F_UNLCK;
  std::optional<Holder> holder = held ? read_holder(descriptor) : std::nullopt;
  close(descriptor);
  return holder;
}

}  // namespace pawl
