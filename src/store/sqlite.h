// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sqlite3.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace assay {

/// What a file of ours holds, and how to make it.
struct SqliteSchema {
  const char* what;    ///< "challenges": for messages
  int application_id;  ///< PRAGMA application_id, so that one store is never taken for another
  int version;         ///< PRAGMA user_version
  const char* create;  ///< SQL that makes version `version` in an empty file
};

class SqliteStatement;

/// A connection to an SQLite file: WAL, synchronous=FULL, file mode 0600.  Not thread-safe: its
/// owner has a mutex.  Several connections and programs may share the file.
class SqliteDatabase {
 public:
  /// Opens or makes the file.  Fault::unavailable names it and says what to do: no such directory,
  /// no permission, disk full, not a database, another program's, made by a newer version.
  static Result<SqliteDatabase> open(const std::filesystem::path& file, const SqliteSchema& schema);

  /// Opens a file that is there to read from it, with no more than permission to do so.
  enum class Writers {
    possible,  ///< sees what others commit; needs the -wal and -shm files that they keep
    none,      ///< nobody has the file open, so nothing but the file itself is looked at
  };
  static Result<SqliteDatabase> open_to_read(const std::filesystem::path& file,
                                             const SqliteSchema& schema, Writers writers);

  Result<SqliteStatement> prepare(const char* sql);
  /// Runs SQL that yields no rows and takes no values.
  Status run(const char* sql);
  [[nodiscard]] const std::string& file() const { return file_; }

 private:
  friend class SqliteStatement;
  struct Close {
    void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
  };
  SqliteDatabase(std::string file, sqlite3* db) : file_(std::move(file)), db_(db) {}
  Status prepare_file(const SqliteSchema& schema);
  Status require_schema(const SqliteSchema& schema);
  Result<std::int64_t> integer(const char* sql);
  [[nodiscard]] tl::unexpected<Error> error(int code) const;

  std::string file_;
  std::unique_ptr<sqlite3, Close> db_;
};

/// A prepared statement, used again and again:
///
///     statement.bind(1, name);
///     const auto row = statement.step();      // true: a row, read it; false: done
///     statement.reset();                      // before the bound values go
///
/// Bound text and bytes are borrowed until reset().  The database outlives it.
class SqliteStatement {
 public:
  void bind(int at, std::string_view text);
  void bind(int at, Bytes bytes);
  void bind(int at, std::int64_t number);

  /// Moves to the next row; false after the last, and from then on until reset().  A statement that
  /// writes outside a transaction is durable once it has answered false.
  Result<bool> step();
  /// Steps to the end, and resets.
  Status finish();
  void reset();

  /// Columns of the current row, from 0.
  [[nodiscard]] std::string text(int column) const;
  [[nodiscard]] Buffer blob(int column) const;
  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] bool is_null(int column) const;

 private:
  friend class SqliteDatabase;
  struct Finalize {
    void operator()(sqlite3_stmt* s) const { sqlite3_finalize(s); }
  };
  SqliteStatement(std::string file, sqlite3_stmt* statement)
      : file_(std::move(file)), statement_(statement) {}
  std::string file_;  ///< for messages
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  bool done_ = false;  ///< SQLite begins anew when a statement that has ended is stepped
};

/// Takes the write lock now, and rolls back unless commit() succeeded.
class SqliteTransaction {
 public:
  static Result<SqliteTransaction> begin(SqliteDatabase& database);
  SqliteTransaction(SqliteTransaction&& other) noexcept
      : database_(std::exchange(other.database_, nullptr)) {}
  SqliteTransaction& operator=(SqliteTransaction&&) = delete;
  ~SqliteTransaction();
  /// Durable once it succeeds.
  Status commit();

 private:
  explicit SqliteTransaction(SqliteDatabase& database) : database_(&database) {}
  SqliteDatabase* database_;
};

}  // namespace assay
