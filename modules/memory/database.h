#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

struct sqlite3;
struct sqlite3_stmt;

namespace microfiche::memory {

/// A connection to one SQLite file, for one thread. Foreign keys are enforced,
/// and deleted content is overwritten (`secure_delete`).
///
/// Every function of this file throws `IoError` when the disk is full, a read
/// or write fails or another program locks the file; `InputError` when the file
/// is damaged or its tables are not those of a statement.
class Database {
 public:
  /// Opens a file; makes it if it is missing.
  explicit Database(const std::filesystem::path& path);

  /// Runs statements that have no parameters, and drops their rows.
  void run(const std::string& sql);

  /// The first column of the first row of a statement without parameters; 0
  /// without a row.
  int64_t integer(const std::string& sql);

  /// The id of the row that was inserted last.
  int64_t last_id() const;

  /// How many rows the last statement changed.
  int64_t num_changed() const;

  /// Refuses every statement that would change the file.
  void make_read_only();

  const std::filesystem::path& path() const {
    return path_;
  }

  sqlite3* handle() const {
    return handle_.get();
  }

  /// Throws the error that an SQLite result code stands for.
  [[noreturn]] void fail(int code) const;

 private:
  struct Close {
    void operator()(sqlite3* handle) const;
  };

  std::filesystem::path path_;
  std::unique_ptr<sqlite3, Close> handle_;
};

/// A prepared statement. It must not outlive its connection.
class Statement {
 public:
  Statement(Database& database, std::string_view sql);

  /// Begins again with these values for the parameters `?1`, `?2` and so on:
  /// integers, doubles, strings, and optionals of these, which may be NULL.
  template <typename... Values>
  Statement& bind(const Values&... values) {
    reset();
    int index = 0;
    (bind_value(++index, values), ...);
    return *this;
  }

  /// Moves to the next row; false after the last one.
  bool next();

  /// Runs a statement that has no rows.
  void run();

  // Columns of the row, from 0.
  int64_t integer(int column) const;
  double number(int column) const;
  std::string text(int column) const;
  bool is_null(int column) const;
  std::optional<int64_t> optional_integer(int column) const;

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };

  void reset();
  void bind_null(int index);
  void bind_integer(int index, int64_t value);
  void bind_number(int index, double value);
  void bind_text(int index, std::string_view value);

  template <typename T>
  void bind_value(int index, const std::optional<T>& value) {
    value ? bind_value(index, *value) : bind_null(index);
  }
  template <typename T>
  void bind_value(int index, const T& value) {
    if constexpr (std::is_integral_v<T>) {
      bind_integer(index, static_cast<int64_t>(value));
    } else if constexpr (std::is_floating_point_v<T>) {
      bind_number(index, value);
    } else {
      bind_text(index, value);
    }
  }

  Database* database_;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

/// Changes that are kept together: all of them after `commit`, otherwise none.
class Transaction {
 public:
  explicit Transaction(Database& database);
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction();

  /// Returns when the changes survive a power cut.
  void commit();

 private:
  Database& database_;
  bool open_ = true;
};

} // namespace microfiche::memory
