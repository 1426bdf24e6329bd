#include "tests/storage/tampering.h"

#include <fmt/format.h>

#include <utility>

#include "storage/chain.h"
#include "tests/storage/sample.h"

namespace pawl::test {
namespace {

/// Reads one variable-length integer and goes on behind it
/// (https://www.sqlite.org/fileformat2.html#varint).
std::int64_t take_varint(const std::string& bytes, std::size_t& at) {
  std::uint64_t value = 0;
  for (int i = 0; i < 8; ++i) {
    const auto byte = static_cast<std::uint8_t>(bytes[at++]);
    value = value << 7U | (byte & 0x7fU);
    if (byte < 0x80) return static_cast<std::int64_t>(value);
  }
  return static_cast<std::int64_t>(value << 8U | static_cast<std::uint8_t>(bytes[at++]));
}

std::size_t two_bytes(const std::string& bytes, std::size_t at) {
  return static_cast<std::size_t>(static_cast<std::uint8_t>(bytes[at]) << 8U |
                                  static_cast<std::uint8_t>(bytes[at + 1]));
}

}  // namespace

void tamper(const std::string& path, const std::string& sql) {
  const auto database = good(Database::open(path, Access::write));
  auto triggers = good(
      database->prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' ORDER BY 1"));
  std::string drops, makes;
  while (good(triggers.step())) {
    drops += fmt::format("DROP TRIGGER {};", triggers.text(0));
    makes += fmt::format("{};", triggers.text(1));
  }
  good(database->run(drops));
  good(database->run(sql));
  good(database->run(makes));
}

std::size_t root_of(const std::string& path, const std::string& table) {
  const auto database = good(Database::open(path, Access::read));
  return static_cast<std::size_t>(good(database->integer(
      fmt::format("SELECT rootpage FROM sqlite_schema WHERE name = '{}'", table))));
}

void rewrite_chain(const std::string& path, std::int64_t seq, KeptHead head) {
  std::vector<StoredEntry> entries;
  {
    const auto store = good(Store::open_for_reading(path, noon));
    entries = history(store->database());
  }
  std::string sql;
  FieldHasher hasher;
  Digest prev;
  for (StoredEntry& stored : entries) {
    if (stored.seq == seq) stored.entry.data = R"({"reason":"another"})";
    const Link link{stored.seq, stored.prior, prev, stored.frozen};
    const Digest hash = entry_hash(hasher, link, stored.entry);
    sql += fmt::format(
        "UPDATE entries SET data = '{}', prev_hash = x'{}', hash = x'{}' "
        "WHERE seq = {};",
        stored.entry.data, prev.hex(), hash.hex(), stored.seq);
    prev = hash;
  }
  if (head == KeptHead::rewritten) sql += fmt::format("UPDATE head SET hash = x'{}';", prev.hex());
  tamper(path, sql);
}

Result<Verified> verify_store(const std::string& path, const std::string& noted_head,
                              const Judge& judge) {
  const auto store = Store::open_for_verifying(path, noon);
  if (!store) return store.error();
  return verify_journal((*store)->database(), noted_head, judge);
}

std::vector<RowBytes> rows_in_file(const std::string& path) {
  const std::string bytes = good(bytes_of(path));
  const auto database = good(Database::open(path, Access::read));
  auto pages = good(database->prepare(
      "SELECT pgoffset FROM dbstat WHERE name = 'entries' AND pagetype = 'leaf' ORDER BY pageno"));
  std::vector<RowBytes> rows;
  while (good(pages.step())) {
    const auto page = static_cast<std::size_t>(pages.integer(0));
    REQUIRE(bytes[page] == 0x0d);
    const std::size_t cells = two_bytes(bytes, page + 3);
    for (std::size_t cell = 0; cell < cells; ++cell) {
      std::size_t at = page + two_bytes(bytes, page + 8 + 2 * cell);
      const auto size = static_cast<std::size_t>(take_varint(bytes, at));
      const std::int64_t seq = take_varint(bytes, at);
      rows.push_back({seq, at, at + size});
    }
  }
  return rows;
}

}  // namespace pawl::test
