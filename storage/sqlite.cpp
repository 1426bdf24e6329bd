#include "storage/sqlite.h"

#include <fmt/core.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <limits>
#include <thread>
#include <utility>

namespace pawl {
namespace {

constexpr std::size_t header_bytes = 100;

bool no_room(int errnum) {
  return errnum == ENOSPC || errnum == EDQUOT || errnum == EFBIG;
}

std::string cannot_open_words(const std::string& path, bool reading, int errnum) {
  if (reading) {
    return fmt::format(
        "the store {} cannot be read where it lies ({}): reading needs its -wal and -shm files "
        "beside it, and the right to make them. Copy the store and its -wal file, if there is one, "
        "into a directory of yours and name the copy with --store.",
        path, errnum == 0 ? "no -shm file can be made" : std::strerror(errnum));
  }
  return fmt::format(
      "the store {} cannot be written ({}). Make the file and its directory writable for this "
      "user, "
      "or name another store with --store.",
      path, errnum == 0 ? "read-only" : std::strerror(errnum));
}

/// What `code`, an extended result code (https://www.sqlite.org/rescode.html), means for a person.
Error explain(sqlite3* connection, int code, const std::string& path) {
  const int errnum = connection == nullptr ? errno : sqlite3_system_errno(connection);
  const char* message = connection == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(connection);
  const bool reading = connection != nullptr && sqlite3_db_readonly(connection, "main") == 1;
  const int primary = code & 0xff;
  if (primary == SQLITE_FULL || (primary == SQLITE_IOERR && no_room(errnum))) {
    return {Fault::store,
            fmt::format("the store {} has no room to grow ({}); what was committed before is safe. "
                        "Free space or raise the limit, then give the command again.",
                        path, primary == SQLITE_FULL ? "the disk is full" : std::strerror(errnum))};
  }
  switch (primary) {
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
      return {Fault::store, cannot_open_words(path, reading, errnum)};
    case SQLITE_NOTADB:
      return {
          Fault::store,
          fmt::format("{} is not a SQLite database, or its beginning is damaged; it was left as "
                      "it is. Name a pawl store with --store, or bring back a backup.",
                      path)};
    case SQLITE_CORRUPT:
      return {
          Fault::store,
          fmt::format("the store {} is damaged ({}). Keep it together with its -wal file, and "
                      "bring back a backup or copy what is readable with `sqlite3 {} .recover`.{}",
                      path, message, path, words_about_log(path))};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {
          Fault::store,
          fmt::format("the store {} is locked by another program (a database shell, a backup?). "
                      "End its transaction, then try again.",
                      path)};
    case SQLITE_IOERR:
      return {
          Fault::store,
          fmt::format("the disk under the store {} failed: {}. What was committed before is kept "
                      "if the disk kept it; look at the system's log, then `pawl audit verify`.",
                      path, errnum == 0 ? message : std::strerror(errnum))};
    default:
      return {Fault::store,
              fmt::format("the store {} refused a change or a question: {}. Nothing of "
                          "it was kept; `pawl audit verify` checks the store.",
                          path, message)};
  }
}

Error explain(sqlite3* connection) {
  return explain(connection, sqlite3_extended_errcode(connection),
                 sqlite3_db_filename(connection, "main"));
}

std::int64_t big_endian(const std::uint8_t* bytes) {
  return std::int64_t{bytes[0]} << 24 | std::int64_t{bytes[1]} << 16 | std::int64_t{bytes[2]} << 8 |
         std::int64_t{bytes[3]};
}

}  // namespace

bool has_log(const std::string& path) {
  struct stat found {};
  return lstat((path + "-wal").c_str(), &found) == 0 && found.st_size > 0;
}

std::string words_about_log(const std::string& path) {
  if (!has_log(path)) return "";
  return fmt::format(
      " First of all: {}-wal lies beside it, and if that is another store's (after a copy, or a "
      "backup "
      "that was put back), the store may be whole without it. Move it aside, keep it, and look "
      "again.",
      path);
}

void Statement::Finalize::operator()(sqlite3_stmt* statement) const {
  // Its result repeats the last step's error, which was told then.
  sqlite3_finalize(statement);
}

void Statement::put_integer(int index, std::int64_t value) {
  check(sqlite3_bind_int64(statement_.get(), index, value) == SQLITE_OK, "bind integer");
}

void Statement::put(int index, double value, Keep) {
  check(sqlite3_bind_double(statement_.get(), index, value) == SQLITE_OK, "bind real");
}

void Statement::put(int index, std::string_view value, Keep keep) {
  const char* text = value.data() == nullptr ? "" : value.data();
  check(sqlite3_bind_text64(statement_.get(), index, text, value.size(),
                            keep == Keep::copy ? SQLITE_TRANSIENT : SQLITE_STATIC,
                            SQLITE_UTF8) == SQLITE_OK,
        "bind text");
}

void Statement::put(int index, Blob value, Keep keep) {
  check(sqlite3_bind_blob64(statement_.get(), index, value.bytes.data(), value.bytes.size(),
                            keep == Keep::copy ? SQLITE_TRANSIENT : SQLITE_STATIC) == SQLITE_OK,
        "bind blob");
}

Result<bool> Statement::step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) {
    reset();
    return false;
  }
  Error error = explain(sqlite3_db_handle(statement_.get()));
  reset();
  return error;
}

Outcome Statement::run_and_forget() {
  Result<bool> row = step();
  while (row && *row)
    row = step();
  // What was lent is the caller's again.
  sqlite3_clear_bindings(statement_.get());
  if (!row) return row.error();
  return Done{};
}

void Statement::reset() {
  // Its result repeats the last step's error, which was told then.
  sqlite3_reset(statement_.get());
}

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

std::int32_t Statement::small_integer(int column) const {
  using Limits = std::numeric_limits<std::int32_t>;
  return static_cast<std::int32_t>(
      std::clamp(integer(column), std::int64_t{Limits::min()}, std::int64_t{Limits::max()}));
}

double Statement::real(int column) const {
  return sqlite3_column_double(statement_.get(), column);
}

std::string_view Statement::text(int column) const {
  const unsigned char* text = sqlite3_column_text(statement_.get(), column);
  if (text == nullptr) return {};
  return {reinterpret_cast<const char*>(text),
          static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

std::string_view Statement::blob(int column) const {
  const void* bytes = sqlite3_column_blob(statement_.get(), column);
  if (bytes == nullptr) return {};
  return {static_cast<const char*>(bytes),
          static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

bool Statement::has_types(std::string_view letters) const {
  // https://www.sqlite.org/c3ref/c_blob.html: the types count from 1, NULL is the last.
  static_assert(SQLITE_INTEGER == 1 && SQLITE_BLOB == 4 && SQLITE_NULL == 5);
  constexpr std::string_view names = "irtb0";
  for (std::size_t i = 0; i < letters.size(); ++i) {
    const int type = sqlite3_column_type(statement_.get(), static_cast<int>(i));
    if (names[static_cast<std::size_t>(type) - 1] != letters[i]) return false;
  }
  return true;
}

Database::Database(std::string path, LockWait lock_wait)
    : path_(std::move(path)), lock_wait_(std::move(lock_wait)) {}

Database::~Database() {
  begin_.reset();
  commit_.reset();
  // Statements that are still alive keep the connection until they are finalised.
  sqlite3_close_v2(connection_);
}

Result<std::unique_ptr<Database>> Database::open(const std::string& path, Access access,
                                                 LockWait lock_wait) {
  std::unique_ptr<Database> database(new Database(path, std::move(lock_wait)));
  const Outcome connected = database->connect(access);
  if (!connected) return connected.error();
  return database;
}

Outcome Database::connect(Access access) {
  // SQLite counts its memory under a lock, at every piece of it; nobody asks for the count. Refused
  // without harm where SQLite is in use already.
  [[maybe_unused]] static const int uncounted = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  const int flags = access == Access::read ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
  const int code =
      sqlite3_open_v2(path_.c_str(), &connection_, flags | SQLITE_OPEN_NOMUTEX, nullptr);
  if (code != SQLITE_OK) {
    const int errnum = connection_ == nullptr ? errno : sqlite3_system_errno(connection_);
    if (access == Access::read || errnum == ENOENT) {
      return Error{Fault::store,
                   fmt::format("the store {} cannot be opened ({}). Look at its path and modes, or "
                               "name another store with --store.",
                               path_, errnum == 0 ? sqlite3_errstr(code) : std::strerror(errnum))};
    }
    return explain(connection_, code, path_);
  }
  sqlite3_extended_result_codes(connection_, 1);
  // SQLite falls back to reading where a file cannot be written.
  if (access == Access::write && sqlite3_db_readonly(connection_, "main") == 1) {
    return Error{Fault::store, cannot_open_words(path_, false, 0)};
  }
  sqlite3_busy_handler(connection_, &Database::wait_for_lock, this);
  return Done{};
}

int Database::wait_for_lock(void* self, int round) {
  auto& database = *static_cast<Database*>(self);
  const LockWait& lock_wait = database.lock_wait_;
  if (round == 0) database.waited_ = Duration{0};
  if (database.waited_ >= lock_wait.limit) return 0;
  const Duration before = database.waited_;
  const Duration pause = std::min(Duration{1 + 2 * std::min(round, 12)}, lock_wait.limit - before);
  std::this_thread::sleep_for(pause);
  database.waited_ += pause;
  if (lock_wait.tell && before < lock_wait.quiet && database.waited_ >= lock_wait.quiet) {
    lock_wait.tell(fmt::format(
        "waiting for the store {}: another program is writing to it; giving up after {}",
        database.path_, format_duration(lock_wait.limit)));
  }
  return 1;
}

void Database::keep_log(bool keep) {
  const int set = sqlite3_db_config(connection_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, keep ? 1 : 0,
                                    static_cast<int*>(nullptr));
  check(set == SQLITE_OK, "SQLite knows how to keep a log");
}

Result<std::string> Database::bytes_in_file(std::int64_t offset, std::size_t size) {
  // Through SQLite's own file handle: closing another descriptor of this file would drop the locks
  // that this process holds on it (https://www.sqlite.org/howtocorrupt.html, 2.2).
  sqlite3_file* file = nullptr;
  sqlite3_file_control(connection_, "main", SQLITE_FCNTL_FILE_POINTER, &file);
  check(file != nullptr && file->pMethods != nullptr, "an open database has an open file");
  std::string bytes(size, '\0');
  const int code = file->pMethods->xRead(file, bytes.data(), static_cast<int>(size), offset);
  // What lacks then is filled up with zeros.
  if (code == SQLITE_OK || code == SQLITE_IOERR_SHORT_READ) return bytes;
  return explain(nullptr, code, path_);
}

Result<FileHeader> Database::header() {
  const Result<std::string> read = bytes_in_file(0, header_bytes);
  if (!read) return read.error();
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(read->data());
  const bool sqlite = std::memcmp(bytes, "SQLite format 3", 16) == 0;
  return FileHeader{sqlite, big_endian(&bytes[68]),
                    static_cast<std::int32_t>(big_endian(&bytes[60]))};
}

Outcome Database::run(const std::string& sql) {
  if (sqlite3_exec(connection_, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    return explain(connection_);
  }
  return Done{};
}

Outcome Database::run_often(std::optional<Statement>& prepared, const char* sql) {
  if (!prepared) {
    Result<Statement> statement = prepare(sql);
    if (!statement) return statement.error();
    prepared = std::move(*statement);
  }
  return prepared->run();
}

Result<Statement> Database::prepare(std::string_view sql) {
  sqlite3_stmt* prepared = nullptr;
  const int code = sqlite3_prepare_v3(connection_, sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &prepared, nullptr);
  if (code != SQLITE_OK) return explain(connection_);
  Statement statement;
  statement.statement_.reset(prepared);
  return statement;
}

Outcome Database::first_row(Statement& statement, std::string_view sql) {
  const Result<bool> row = statement.step();
  if (!row) return row.error();
  if (*row) return Done{};
  return Error{
      Fault::store,
      fmt::format("the store {} is damaged: no row for \"{}\". Bring back a backup.", path_, sql)};
}

Result<std::string> Database::text(std::string_view sql) {
  Result<Statement> row = prepare(sql);
  if (!row) return row.error();
  if (Outcome first = first_row(*row, sql); !first) return first.error();
  return std::string(row->text(0));
}

bool Database::in_transaction() const {
  return sqlite3_get_autocommit(connection_) == 0;
}

Transaction::~Transaction() {
  // SQLite itself has rolled back after some errors. A rollback that fails is done by whoever
  // opens the file next, for nothing was committed.
  if (open_ && database_.in_transaction()) static_cast<void>(database_.run("ROLLBACK"));
}

Outcome Transaction::begin_write() {
  const Outcome begun = database_.run_often(database_.begin_, "BEGIN IMMEDIATE");
  if (!begun) return begun;
  open_ = true;
  return database_.may_write_ ? database_.may_write_() : Done{};
}

Outcome Transaction::begin_read() {
  if (database_.in_transaction()) return Done{};
  // BEGIN alone fixes no moment; the first read does.
  const Outcome begun = database_.run("BEGIN");
  if (!begun) return begun;
  open_ = true;
  const Result<std::int64_t> version = database_.integer("PRAGMA schema_version");
  if (!version) return version.error();
  return database_.run("SELECT 1 FROM sqlite_schema LIMIT 1");
}

Outcome Transaction::commit() {
  check(open_, "commit without a transaction");
  const Outcome committed = database_.run_often(database_.commit_, "COMMIT");
  if (committed) open_ = false;
  return committed;
}

}  // namespace pawl
