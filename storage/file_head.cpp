// SQLite shows a file through its log, and a second handle that ignored the log would drop this
// process's locks when it closes. The head is one row in one page, which is read by hand
// (https://www.sqlite.org/fileformat2.html#b_tree_pages).
#include "storage/file_head.h"

#include <array>
#include <string_view>

namespace pawl {
namespace {

constexpr std::size_t hash_size = 32;

/// Takes bytes from the front; ends with none where there are too few.
class Bytes {
 public:
  explicit Bytes(std::string_view bytes) : left_(bytes) {}

  bool good() const { return good_; }
  /// Big-endian, with its sign; at most 8 bytes.
  std::int64_t integer(std::size_t size) {
    const std::string_view bytes = take(size);
    std::uint64_t value = 0;
    if (!bytes.empty() && (bytes[0] & 0x80) != 0) value = ~std::uint64_t{0};
    for (const char byte : bytes)
      value = value << 8U | static_cast<std::uint8_t>(byte);
    return static_cast<std::int64_t>(value);
  }
  std::string_view take(std::size_t size) {
    if (size > left_.size()) good_ = false;
    if (!good_) return {};
    const std::string_view taken = left_.substr(0, size);
    left_.remove_prefix(size);
    return taken;
  }

 private:
  std::string_view left_;
  bool good_ = true;
};

/// What the serial types 0 to 9 take (https://www.sqlite.org/fileformat2.html#record_format).
constexpr std::array<std::size_t, 10> sizes{0, 1, 2, 3, 4, 6, 8, 8, 0, 0};
constexpr std::int64_t type_real = 7, type_zero = 8, type_one = 9;
constexpr std::int64_t type_of_hash = 12 + 2 * hash_size;

/// One row (1, seq, hash) on a leaf of a table; its lengths all fit into a byte.
std::optional<FileHead> head_on(std::string_view page) {
  constexpr std::int64_t leaf_of_table = 0x0d;
  Bytes header(page);
  if (header.integer(1) != leaf_of_table) return std::nullopt;
  header.take(2);
  const std::int64_t cells = header.integer(2);
  header.take(3);
  const std::int64_t at = header.integer(2);
  if (cells != 1 || at < 0 || at > static_cast<std::int64_t>(page.size())) return std::nullopt;
  Bytes cell(page.substr(static_cast<std::size_t>(at)));
  cell.take(1);  // the row's length
  const std::int64_t row = cell.integer(1), types = cell.integer(1), id = cell.integer(1);
  const std::int64_t type = cell.integer(1), hash = cell.integer(1);
  const bool is_head = row == 1 && types == 4 && id == 0 && type >= 1 && type <= type_one &&
                       type != type_real && hash == type_of_hash;
  if (!is_head) return std::nullopt;
  FileHead found{cell.integer(sizes[static_cast<std::size_t>(type)]), ""};
  if (type == type_zero) found.seq = 0;
  if (type == type_one) found.seq = 1;
  found.hash = cell.take(hash_size);
  if (!cell.good()) return std::nullopt;
  return found;
}

}  // namespace

Result<std::optional<FileHead>> head_in_file(Database& database) {
  std::int64_t root = 0;
  Outcome read =
      database.each("SELECT rootpage FROM sqlite_schema WHERE type = 'table' AND name = 'head'",
                    [&](const Statement& row) { root = row.integer(0); });
  if (!read) return read.error();
  // The first page begins with the file's header; a store of version 0 has no head.
  if (root <= 1) return std::optional<FileHead>{};
  const Result<std::int64_t> size = database.integer("PRAGMA page_size");
  if (!size) return size.error();
  const Result<std::string> page =
      database.bytes_in_file((root - 1) * *size, static_cast<std::size_t>(*size));
  if (!page) return page.error();
  return head_on(*page);
}

}  // namespace pawl
