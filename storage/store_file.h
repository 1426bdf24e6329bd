// The store as a file: where it may lie, and how it comes into being whole or not at all.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "engine/result.h"

namespace pawl {

/// Of a store that is made today; older ones have half of that. An entry takes two or three
/// kilobytes, of which a smaller page holds one.
inline constexpr std::size_t page_bytes = 8192;

enum class Presence : std::uint8_t { missing, empty, present };

/// The one spelling of `path` under which the store and its lock are opened. An empty path is
/// Fault::usage.
Result<std::string> store_path(const std::string& path);

/// What lies at `path`. Anything but a plain file with one name is Fault::store: under a second
/// name (a link) the same store would have a second lock, and so two drivers.
Result<Presence> look_at_store(const std::string& path);

/// Makes the missing directories above `path`, for this user only (0700, whatever the umask).
Outcome make_store_directory(const std::string& path);

/// Makes an empty store (mode 0600, whatever the umask; its -wal and -shm files follow that) and
/// puts it at `path` in one rename. REQUIRES: the driver's lock is held, nothing or an empty file
/// lies at `path`. A log left over from a store that is gone is Fault::store: SQLite would write
/// it into the new one.
Outcome create_store(const std::string& path);

}  // namespace pawl
