#include "storage/schema_check.h"

#include <fmt/core.h>

#include <cstdint>
#include <map>
#include <utility>

#include "storage/schema.h"

namespace pawl {
namespace {

struct SchemaObject {
  std::string table, sql;
  bool operator==(const SchemaObject&) const = default;
};

/// By type and name.
using Schema = std::map<std::pair<std::string, std::string>, SchemaObject>;

/// SQLite keeps the text that made an object, so an equal text is an equal object. What it makes
/// by itself for a table has none.
Result<Schema> schema_in(Database& database) {
  Schema found;
  Outcome read =
      database.each("SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE sql IS NOT NULL",
                    [&](const Statement& row) {
                      found[{std::string(row.text(0)), std::string(row.text(1))}] = {
                          std::string(row.text(2)), std::string(row.text(3))};
                    });
  if (!read) return read.error();
  return found;
}

/// A new store takes the same steps as an old one that is brought up to date, so whatever version a
/// store began with, its texts are these.
Result<Schema> schema_made(std::int64_t version) {
  const auto database = Database::open(":memory:", Access::write);
  if (!database) return database.error();
  const auto steps = migrations().first(static_cast<std::size_t>(version));
  if (Outcome made = migrate(**database, steps); !made) return made.error();
  return schema_in(**database);
}

Result<Schema> schema_expected(std::int64_t version) {
  if (version != schema_version()) return schema_made(version);
  // Every command opens a store, some of them several times.
  static const Result<Schema> current = schema_made(version);
  return current;
}

/// A trigger does what it likes at any write, and for a UNIQUE index INSERT OR REPLACE removes rows
/// that nobody meant.
bool is_harmless(const std::string& type, const SchemaObject& object) {
  if (type == "index") return object.sql.starts_with("CREATE INDEX ");
  return type == "table" || type == "view";
}

std::string named(const Schema::key_type& key) {
  return key.first + ' ' + key.second;
}

/// Of tables first, for what hangs on one changes with it.
std::optional<std::string> difference(const Schema& expected, const Schema& found) {
  for (const char* type : {"table", "trigger", "index"}) {
    for (const auto& [key, object] : expected) {
      if (key.first != type) continue;
      const auto at = found.find(key);
      if (at == found.end()) return fmt::format("lacks the {}", named(key));
      if (at->second != object) return fmt::format("has another {} than pawl makes", named(key));
    }
  }
  for (const auto& [key, object] : found) {
    if (!expected.contains(key) && !is_harmless(key.first, object)) {
      return fmt::format("has the {} on {}, which pawl does not make", named(key), object.table);
    }
  }
  return std::nullopt;
}

}  // namespace

Result<std::optional<std::string>> flaw_in_schema(Database& database) {
  Transaction moment(database);
  if (Outcome begun = moment.begin_read(); !begun) return begun.error();
  if (const Result<bool> ours = is_current(database); !ours) return ours.error();
  const Result<std::int64_t> version = database.integer("PRAGMA user_version");
  if (!version) return version.error();
  const Result<Schema> expected = schema_expected(*version);
  if (!expected) return expected.error();
  const Result<Schema> found = schema_in(database);
  if (!found) return found.error();
  return difference(*expected, *found);
}

}  // namespace pawl
