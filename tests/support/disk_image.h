// A file as a disk keeps it: what was synced, and what may or may not have followed.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "tests/support/faulty_disk.h"

namespace pawl::test {

enum class Kind : std::uint8_t { write, truncate, remove };

/// Something done to a file that is not synced.
struct Change {
  Kind kind = Kind::write;
  std::int64_t offset = 0;  ///< of a truncation: the size that is left
  std::string bytes;
};

/// A file as the disk has it; without bytes it is not there.
using Image = std::optional<std::string>;

struct Record {
  ino_t inode = 0;
  Image synced;
  std::vector<Change> unsynced;
};

bool is_removed(const Record& record);
/// Does `change` to `image`.
void carry_out(Image& image, const Change& change);
/// What is found of the file after a power cut.
Image found_after(const Record& record, Unsynced unsynced, std::minstd_rand& random);

Image read_file(const std::string& path);
std::optional<ino_t> inode_of(const std::string& path);

}  // namespace pawl::test
