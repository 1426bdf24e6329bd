#include "storage/store_file.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "storage/schema.h"
#include "storage/sqlite.h"

namespace pawl {
namespace {

constexpr mode_t only_owner = 0600;
constexpr mode_t only_owner_directory = 0700;

Error failed(const std::string& path, const char* what) {
  return {Fault::store, fmt::format("{} cannot be {} ({}). Look at the directory's modes and free "
                                    "space, or name another store with --store.",
                                    path, what, std::strerror(errno))};
}

Error unfit(const std::string& path, const char* what) {
  return {Fault::store,
          fmt::format("{} is {}, and a store must be a plain file with one name: through a second "
                      "name a second driver could slip in. Name the file itself with --store.",
                      path, what)};
}

Outcome sync_path(const std::string& path, int flags) {
  const int descriptor = open(path.c_str(), flags | O_CLOEXEC);
  if (descriptor < 0) return failed(path, "opened");
  const bool synced = fsync(descriptor) == 0;
  const Error error = failed(path, "written to the disk");
  close(descriptor);
  if (!synced) return error;
  return Done{};
}

Outcome no_leftover_log(const std::string& path) {
  for (const char* suffix : {"-wal", "-journal"}) {
    struct stat found {};
    const std::string log = path + suffix;
    if (lstat(log.c_str(), &found) != 0 || found.st_size == 0) continue;
    return Error{Fault::store,
                 fmt::format("there is no store at {}, but {} is left of one. Put the store back "
                             "beside it; or, if it is meant to be gone, remove {}.",
                             path, log, log)};
  }
  return Done{};
}

Outcome make_private_file(const std::string& path) {
  const int descriptor =
      open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, only_owner);
  if (descriptor < 0) return failed(path, "made");
  const bool kept = fchmod(descriptor, only_owner) == 0;
  const Error error = failed(path, "kept from others");
  close(descriptor);
  if (!kept) return error;
  return Done{};
}

Outcome fill(const std::string& path) {
  Result<std::unique_ptr<Database>> opened = Database::open(path, Access::write);
  if (!opened) return opened.error();
  Database& database = **opened;
  if (Outcome sized = database.run(fmt::format("PRAGMA page_size = {}", page_bytes)); !sized) {
    return sized;
  }
  if (Outcome migrated = migrate(database, migrations()); !migrated) return migrated;
  return database.run("PRAGMA journal_mode = WAL");
}

/// Ends the name of a store in the making. Nobody names a store so.
constexpr const char* draft_suffix = ".pawl-new";

/// Removes what an attempt that was cut off has left.
void clear(const std::string& draft) {
  for (const char* suffix : {"", "-wal", "-shm", "-journal"})
    unlink((draft + suffix).c_str());
}

}  // namespace

Result<std::string> store_path(const std::string& path) {
  if (path.empty()) {
    return Error{Fault::usage,
                 "the store's path is empty. Name a file with --store or PAWL_STORE."};
  }
  std::error_code code;
  const std::filesystem::path absolute = std::filesystem::absolute(path, code);
  // `link/..` is where the link leads, so it must not be folded as text.
  std::filesystem::path directory;
  if (!code) directory = std::filesystem::weakly_canonical(absolute.parent_path(), code);
  if (code) {
    return Error{Fault::store, fmt::format("the store's path {} cannot be completed ({}). Name it "
                                           "from the root with --store.",
                                           path, code.message())};
  }
  return (directory / absolute.filename()).string();
}

Result<Presence> look_at_store(const std::string& path) {
  struct stat found {};
  if (lstat(path.c_str(), &found) != 0) {
    if (errno == ENOENT) return Presence::missing;
    return Error{Fault::store, fmt::format("the store {} cannot be reached ({}). Look at its path "
                                           "and modes, or name another store with --store.",
                                           path, std::strerror(errno))};
  }
  if (S_ISDIR(found.st_mode)) return unfit(path, "a directory");
  if (S_ISLNK(found.st_mode)) return unfit(path, "a symbolic link");
  if (!S_ISREG(found.st_mode)) return unfit(path, "a device, pipe or socket");
  if (found.st_nlink > 1) return unfit(path, "a file with more than one name (hard links)");
  return found.st_size == 0 ? Presence::empty : Presence::present;
}

Outcome make_store_directory(const std::string& path) {
  const std::filesystem::path directory = std::filesystem::path(path).parent_path();
  std::filesystem::path made;
  for (const std::filesystem::path& part : directory) {
    made /= part;
    if (mkdir(made.c_str(), only_owner_directory) != 0) {
      if (errno == EEXIST) continue;
      // "/" and directories on read-only file systems answer otherwise although they exist.
      std::error_code code;
      if (std::filesystem::is_directory(made, code)) continue;
      return failed(made.string(), "made as the store's directory");
    }
    if (chmod(made.c_str(), only_owner_directory) != 0)
      return failed(made.string(), "kept private");
    // Or a power cut could take the directory, with the store in it.
    const std::string above = made.parent_path().empty() ? "." : made.parent_path().string();
    if (Outcome kept = sync_path(above, O_RDONLY | O_DIRECTORY); !kept) return kept;
  }
  return Done{};
}

Outcome create_store(const std::string& path) {
  if (Outcome clean = no_leftover_log(path); !clean) return clean;
  const std::string draft = path + draft_suffix;
  clear(draft);
  Outcome made = make_private_file(draft);
  if (made) made = fill(draft);
  if (made) made = sync_path(draft, O_RDWR);
  if (made && std::rename(draft.c_str(), path.c_str()) != 0)
    made = failed(path, "put in its place");
  if (!made) {
    clear(draft);
    return made;
  }
  return sync_path(std::filesystem::path(path).parent_path().string(), O_RDONLY | O_DIRECTORY);
}

}  // namespace pawl
