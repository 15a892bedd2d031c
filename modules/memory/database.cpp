#include "memory/database.h"

#include "core/error.h"

#include <sqlite3.h>

#include <limits>

namespace microfiche::memory {
namespace {

/// How long a statement waits for another program that locks the file.
constexpr int kBusyTimeoutMs = 10'000;

} // namespace

void Database::Close::operator()(sqlite3* handle) const {
  sqlite3_close_v2(handle);
}

Database::Database(const std::filesystem::path& path) : path_(path) {
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(
      path.c_str(),
      &handle,
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX |
          SQLITE_OPEN_EXRESCODE,
      nullptr);
  handle_.reset(handle);
  if (code != SQLITE_OK) {
    fail(code);
  }
  sqlite3_busy_timeout(handle, kBusyTimeoutMs);
  // The file may come from anywhere: its triggers and views may call only
  // harmless functions.
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  run("PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON;"
      "PRAGMA cell_size_check = ON; PRAGMA synchronous = EXTRA");
}

void Database::fail(int code) const {
  const auto text = [&](std::string_view what) {
    return concat(
        path_.string(),
        ": ",
        what,
        ": ",
        handle_ ? sqlite3_errmsg(handle_.get()) : sqlite3_errstr(code));
  };
  switch (code & 0xff) {
    case SQLITE_NOMEM:
      throw OutOfMemoryError(text("out of memory"));
    case SQLITE_FULL:
      throw IoError(text("cannot write"));
    case SQLITE_IOERR:
      throw IoError(text("cannot read or write"));
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
      throw IoError(text("cannot open"));
    case SQLITE_READONLY:
      throw IoError(
          text("cannot write; check the permissions of the file and "
               "of its folder"));
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      throw IoError(
          text("another program uses the store; try again when it ends"));
    case SQLITE_NOTADB:
      throw InputError(text("not a store of microfiche memory"));
    case SQLITE_CORRUPT:
      throw InputError(text("the store is damaged; restore it from a backup"));
    default:
      throw InputError(
          text("the store is damaged or was changed by another "
               "program"));
  }
}

void Database::run(const std::string& sql) {
  const int code =
      sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) {
    fail(code);
  }
}

int64_t Database::integer(const std::string& sql) {
  Statement statement(*this, sql);
  return statement.next() ? statement.integer(0) : 0;
}

int64_t Database::last_id() const {
  return sqlite3_last_insert_rowid(handle_.get());
}

int64_t Database::num_changed() const {
  return sqlite3_changes64(handle_.get());
}

void Database::make_read_only() {
  run("PRAGMA query_only = ON");
}

void Statement::Finalize::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

Statement::Statement(Database& database, std::string_view sql)
    : database_(&database) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v2(
      database.handle(),
      sql.data(),
      static_cast<int>(sql.size()),
      &statement,
      nullptr);
  statement_.reset(statement);
  if (code != SQLITE_OK) {
    database.fail(code);
  }
}

void Statement::reset() {
  // Its result repeats the error of the last step, which was thrown.
  sqlite3_reset(statement_.get());
}

bool Statement::next() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) {
    return true;
  }
  if (code != SQLITE_DONE) {
    database_->fail(code);
  }
  reset();
  return false;
}

void Statement::run() {
  while (next()) {
  }
}

void Statement::bind_null(int index) {
  sqlite3_bind_null(statement_.get(), index);
}

void Statement::bind_integer(int index, int64_t value) {
  sqlite3_bind_int64(statement_.get(), index, value);
}

void Statement::bind_number(int index, double value) {
  sqlite3_bind_double(statement_.get(), index, value);
}

void Statement::bind_text(int index, std::string_view value) {
  const int code = sqlite3_bind_text64(
      statement_.get(),
      index,
      // A null pointer would be NULL.
      value.data() == nullptr ? "" : value.data(),
      value.size(),
      SQLITE_TRANSIENT,
      SQLITE_UTF8);
  check(
      code == SQLITE_OK,
      database_->path().string(),
      ": cannot store a text of ",
      value.size(),
      " bytes: ",
      sqlite3_errstr(code));
}

int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

double Statement::number(int column) const {
  return sqlite3_column_double(statement_.get(), column);
}

std::string Statement::text(int column) const {
  const auto* bytes = sqlite3_column_text(statement_.get(), column);
  const auto size = sqlite3_column_bytes(statement_.get(), column);
  return bytes == nullptr
      ? std::string()
      : std::string(
            reinterpret_cast<const char*>(bytes), static_cast<size_t>(size));
}

bool Statement::is_null(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

std::optional<int64_t> Statement::optional_integer(int column) const {
  return is_null(column) ? std::nullopt : std::optional(integer(column));
}

Transaction::Transaction(Database& database) : database_(database) {
  database.run("BEGIN IMMEDIATE");
}

Transaction::~Transaction() {
  // SQLite rolls back by itself after some errors, such as a full disk.
  if (open_ && sqlite3_get_autocommit(database_.handle()) == 0) {
    sqlite3_exec(database_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
  }
}

void Transaction::commit() {
  database_.run("COMMIT");
  open_ = false;
}

} // namespace microfiche::memory
