// SQLite behind three small resources. sqlite3.h is included in sqlite.cpp alone; every failure
// comes back as Fault::store with words that name the file and what to do.
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/result.h"
#include "engine/time.h"

struct sqlite3;
struct sqlite3_stmt;

namespace pawl {

enum class Access : std::uint8_t { read, write };

/// How long a lock that another process holds is waited for, and who hears of it.
struct LockWait {
  Duration limit{30'000};  ///< then the operation fails with Fault::store
  Duration quiet{1'000};   ///< `tell` is called once a wait, after this long
  std::function<void(const std::string& word)> tell;
};

/// What the first 100 bytes of the file say, read without lock, log or change
/// (https://www.sqlite.org/fileformat2.html#the_database_header).
struct FileHeader {
  bool sqlite = false;  ///< the rest counts only when this is true
  std::int64_t application_id = 0;
  std::int64_t user_version = 0;
  bool operator==(const FileHeader&) const = default;
};

/// Raw bytes for a BLOB column.
struct Blob {
  std::string_view bytes;
};

/// Whether a log lies beside the store at `path`. SQLite takes any for the file's own.
bool has_log(const std::string& path);
/// A sentence, with a blank before it, about that log, and what to do in case it is another
/// store's; empty where there is none.
std::string words_about_log(const std::string& path);

/// A prepared statement. Parameters count from 1, columns from 0. Must not outlive its Database.
class Statement final {
 public:
  Statement() = default;

  /// Starts over and binds all parameters, in order; texts are copied. A std::span stands for as
  /// many parameters as it has elements.
  template <typename... Values>
  Statement& bind(const Values&... values) {
    reset();
    [[maybe_unused]] int index = 0;
    (bind_next(index, values), ...);
    return *this;
  }
  template <typename Value>
  void bind_at(int index, const Value& value) {
    put(index, value, Keep::copy);
  }
  /// True with the next row, false after the last; then, as after an error, it is reset.
  Result<bool> step();
  /// Calls `take` with this at each row that is left.
  template <typename Take>
  Outcome each(Take take) {
    while (true) {
      const Result<bool> row = step();
      if (!row) return row.error();
      if (!*row) return Done{};
      take(std::as_const(*this));
    }
  }
  /// Starts over with all parameters and runs to the end, leaving rows aside. Texts are not copied.
  template <typename... Values>
  Outcome run(const Values&... values) {
    reset();
    [[maybe_unused]] int index = 0;
    (put(++index, values, Keep::lend), ...);
    return run_and_forget();
  }
  void reset();

  /// Of the present row; views live until the next step, reset or bind.
  std::int64_t integer(int column) const;
  /// As far as it fits; what lies beyond becomes the nearest that does, and so shows.
  std::int32_t small_integer(int column) const;
  double real(int column) const;
  std::string_view text(int column) const;
  std::string_view blob(int column) const;
  /// Whether the row's values have these types, one letter a column: 'i'nteger, 'r'eal, 't'ext,
  /// 'b'lob. A damaged file can hold others than its STRICT tables allow.
  bool has_types(std::string_view letters) const;
  Instant instant(int column) const { return Instant{Duration{integer(column)}}; }

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  enum class Keep : std::uint8_t { copy, lend };
  template <typename Value>
  void bind_next(int& index, const Value& value) {
    bind_at(++index, value);
  }
  template <typename Value>
  void bind_next(int& index, std::span<const Value> values) {
    for (const Value& value : values)
      bind_at(++index, value);
  }
  void put(int index, std::integral auto value, Keep) { put_integer(index, std::int64_t{value}); }
  void put(int index, Instant value, Keep) { put_integer(index, value.time_since_epoch().count()); }
  void put(int index, double value, Keep);
  void put(int index, std::string_view value, Keep keep);
  void put(int index, Blob value, Keep keep);
  void put_integer(int index, std::int64_t value);
  Outcome run_and_forget();

  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

/// One connection to one file.
class Database final {
 public:
  /// Opens an existing file; nothing is read or changed yet. A file that can only be read is an
  /// error under Access::write.
  static Result<std::unique_ptr<Database>> open(const std::string& path, Access access,
                                                LockWait lock_wait = {});
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database();

  const std::string& path() const { return path_; }
  /// Whether closing it, as the last that has the file open, leaves the log beside the file as it
  /// is and does not write it into the file.
  void keep_log(bool keep);
  /// Asked at the beginning of each write transaction from now on; what it refuses is not written.
  void guard(std::function<Outcome()> may_write) { may_write_ = std::move(may_write); }
  /// The file's header as it lies on the disk, whatever its log holds.
  Result<FileHeader> header();
  /// As many bytes of the file from `offset` on, as they lie on the disk, whatever its log holds;
  /// zeros where it ends before.
  Result<std::string> bytes_in_file(std::int64_t offset, std::size_t size);
  /// Runs any number of statements, leaving rows aside.
  Outcome run(const std::string& sql);
  Result<Statement> prepare(std::string_view sql);
  /// Calls `take` with each row of `sql`, to which `values` are bound.
  template <typename Take, typename... Values>
  Outcome each(std::string_view sql, Take take, const Values&... values) {
    Result<Statement> rows = prepare(sql);
    if (!rows) return rows.error();
    return rows->bind(values...).each(take);
  }
  /// First column of the first row of `sql`, to which `values` are bound; no row is an Error.
  template <typename... Values>
  Result<std::int64_t> integer(std::string_view sql, const Values&... values) {
    Result<Statement> row = prepare(sql);
    if (!row) return row.error();
    if (Outcome first = first_row(row->bind(values...), sql); !first) return first.error();
    return row->integer(0);
  }
  Result<std::string> text(std::string_view sql);
  /// First column of each row of `sql`, to which `values` are bound.
  template <typename... Values>
  Result<std::vector<std::string>> texts(std::string_view sql, const Values&... values) {
    std::vector<std::string> found;
    const auto take = [&found](const Statement& row) { found.emplace_back(row.text(0)); };
    if (Outcome read = each(sql, take, values...); !read) return read.error();
    return found;
  }

 private:
  friend class Transaction;
  Database(std::string path, LockWait lock_wait);
  static int wait_for_lock(void* self, int round);
  Outcome connect(Access access);
  Outcome first_row(Statement& statement, std::string_view sql);
  Outcome run_often(std::optional<Statement>& prepared, const char* sql);
  bool in_transaction() const;

  std::string path_;
  LockWait lock_wait_;
  std::function<Outcome()> may_write_;
  Duration waited_{0};
  sqlite3* connection_ = nullptr;
  std::optional<Statement> begin_, commit_;
};

/// Rolls back when it is destroyed without a commit.
class Transaction final {
 public:
  explicit Transaction(Database& database) : database_(database) {}
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction();

  /// Takes the write lock at once, waiting for another writer as LockWait has it. An error where
  /// the database's guard refuses.
  Outcome begin_write();
  /// All reads from here on see the file as it is now, or as it was when the transaction around
  /// this one began; blocks no writer.
  Outcome begin_read();
  /// After an error it is unknown whether the change will be there when the file is opened again.
  Outcome commit();

 private:
  Database& database_;
  bool open_ = false;
};

}  // namespace pawl
