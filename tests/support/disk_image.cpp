#include "tests/support/disk_image.h"

#include <sys/stat.h>

#include <fstream>
#include <iterator>

namespace pawl::test {

bool is_removed(const Record& record) {
  return !record.unsynced.empty() && record.unsynced.back().kind == Kind::remove;
}

void carry_out(Image& image, const Change& change) {
  if (change.kind == Kind::remove) {
    image.reset();
    return;
  }
  if (!image) image.emplace();
  const auto offset = static_cast<std::size_t>(change.offset);
  if (change.kind == Kind::truncate) {
    image->resize(offset);
    return;
  }
  if (image->size() < offset + change.bytes.size()) image->resize(offset + change.bytes.size());
  image->replace(offset, change.bytes.size(), change.bytes);
}

namespace {

Change torn(Change change, std::minstd_rand& random) {
  if (change.kind != Kind::write || change.bytes.empty()) return change;
  const std::size_t good = random() % change.bytes.size();
  for (std::size_t i = good; i < change.bytes.size(); ++i)
    change.bytes[i] = static_cast<char>(random());
  return change;
}

}  // namespace

Image found_after(const Record& record, Unsynced unsynced, std::minstd_rand& random) {
  Image image = record.synced;
  for (const Change& change : record.unsynced) {
    const bool last = &change == &record.unsynced.back();
    switch (unsynced) {
      case Unsynced::lost:
        break;
      case Unsynced::kept:
        carry_out(image, change);
        break;
      case Unsynced::torn:
        carry_out(image, last ? torn(change, random) : change);
        break;
      case Unsynced::scattered:
        if (const auto fate = random() % 3; fate != 0) {
          carry_out(image, fate == 1 ? change : torn(change, random));
        }
        break;
    }
  }
  return image;
}

Image read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(file), {});
}

std::optional<ino_t> inode_of(const std::string& path) {
  struct stat found {};
  if (lstat(path.c_str(), &found) != 0) return std::nullopt;
  return found.st_ino;
}

}  // namespace pawl::test
