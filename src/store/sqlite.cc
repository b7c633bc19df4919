// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/check.h"

namespace assay {
namespace {

/// SQLite's words, and what a person can do.
tl::unexpected<Error> sqlite_error(const std::string& file, sqlite3* db, int code) {
  std::string why = db == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(db);
  switch (code & 0xff) {
    case SQLITE_FULL:
      why += " (free some space there, or name another state directory)";
      break;
    case SQLITE_IOERR:
      why += " (look at the disk and its free space)";
      break;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_CANTOPEN:
      why += " (run as the owner of the directory, or name another state directory)";
      break;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      why += " (another program holds it for too long; end that one)";
      break;
    case SQLITE_NOTADB:
      why = "is not a database of ours (move the file away, or name another state directory)";
      break;
    case SQLITE_CORRUPT:
      why += " (restore the file from a backup)";
      break;
    default:
      break;
  }
  const bool ours = (code & 0xff) == SQLITE_MISUSE || (code & 0xff) == SQLITE_ERROR;
  return fail(ours ? Fault::internal : Fault::unavailable, file, std::move(why));
}

/// SQLite gives its -wal and -shm files the mode of the database, so the first open() decides.
Status make_private_file(const std::string& file) {
  const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd >= 0) {
    ::close(fd);
    return {};
  }
  std::string why = fmt::format("cannot open: {}", std::strerror(errno));
  if (errno == EACCES || errno == EPERM || errno == EROFS) {
    why += " (run as the owner of the directory, or name another state directory)";
  } else if (errno == ENOSPC) {
    why += " (free some space there, or name another state directory)";
  } else if (errno == ENOENT || errno == ENOTDIR) {
    why += " (make the directory first)";
  }
  return fail(Fault::unavailable, file, std::move(why));
}

/// A file as SQLite's URIs name it (sqlite.org/uri.html).
std::string file_uri(const std::filesystem::path& file, std::string_view query) {
  std::string out = "file:";
  for (const char c : std::filesystem::absolute(file).string()) {
    if (c == '%' || c == '?' || c == '#') {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  return out.append("?").append(query);
}

}  // namespace

tl::unexpected<Error> SqliteDatabase::error(int code) const {
  return sqlite_error(file_, db_.get(), code);
}

Result<SqliteDatabase> SqliteDatabase::open(const std::filesystem::path& file,
                                            const SqliteSchema& schema) {
  if (const Status made = make_private_file(file.string()); !made) return pass_on(made);
  sqlite3* raw = nullptr;
  const int code =
      sqlite3_open_v2(file.c_str(), &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  SqliteDatabase out(file.string(), raw);
  if (code != SQLITE_OK) return out.error(code);
  if (const Status ready = out.prepare_file(schema); !ready) return pass_on(ready);
  return out;
}

Result<SqliteDatabase> SqliteDatabase::open_to_read(const std::filesystem::path& file,
                                                    const SqliteSchema& schema, Writers writers) {
  const std::string uri = file_uri(file, writers == Writers::none ? "immutable=1" : "mode=ro");
  sqlite3* raw = nullptr;
  const int code = sqlite3_open_v2(
      uri.c_str(), &raw, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI, nullptr);
  SqliteDatabase out(file.string(), raw);
  if (code != SQLITE_OK) return out.error(code);
  sqlite3_busy_timeout(raw, 10'000);
  sqlite3_extended_result_codes(raw, 1);
  if (const Status set = out.run("PRAGMA trusted_schema=OFF"); !set) return pass_on(set);
  if (const Status ours = out.require_schema(schema); !ours) return pass_on(ours);
  return out;
}

Status SqliteDatabase::prepare_file(const SqliteSchema& schema) {
  sqlite3_busy_timeout(db_.get(), 10'000);
  sqlite3_extended_result_codes(db_.get(), 1);
  for (const char* setting :
       {"PRAGMA synchronous=FULL", "PRAGMA trusted_schema=OFF", "PRAGMA foreign_keys=ON",
        "PRAGMA secure_delete=ON", "PRAGMA journal_mode=WAL"}) {
    if (const Status set = run(setting); !set) return set;
  }
  auto transaction = SqliteTransaction::begin(*this);
  if (!transaction) return pass_on(transaction);
  const auto tables = integer("SELECT count(*) FROM sqlite_schema");
  if (!tables) return pass_on(tables);
  const auto application = integer("PRAGMA application_id");
  if (!application) return pass_on(application);
  const auto version = integer("PRAGMA user_version");
  if (!version) return pass_on(version);
  const bool is_new = *application == 0 && *version == 0 && *tables == 0;
  if (!is_new) return require_schema(schema);
  const std::string create = fmt::format("{}; PRAGMA application_id={}; PRAGMA user_version={}",
                                         schema.create, schema.application_id, schema.version);
  if (const Status made = run(create.c_str()); !made) return made;
  return transaction->commit();
}

Status SqliteDatabase::require_schema(const SqliteSchema& schema) {
  const auto application = integer("PRAGMA application_id");
  if (!application) return pass_on(application);
  const auto version = integer("PRAGMA user_version");
  if (!version) return pass_on(version);
  if (*application != schema.application_id) {
    return fail(Fault::unavailable, file_,
                fmt::format("is a database, but does not hold {} (name another state directory)",
                            schema.what));
  }
  if (*version != schema.version) {
    return fail(
        Fault::unavailable, file_,
        fmt::format("was made by another version of assay: its form is {}, this program knows {} "
                    "(use that version)",
                    *version, schema.version));
  }
  return {};
}

Status SqliteDatabase::run(const char* sql) {
  const int code = sqlite3_exec(db_.get(), sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return error(code);
  return {};
}

Result<std::int64_t> SqliteDatabase::integer(const char* sql) {
  auto statement = prepare(sql);
  if (!statement) return pass_on(statement);
  const auto row = statement->step();
  if (!row) return pass_on(row);
  ASSAY_CHECK(*row);
  return statement->integer(0);
}

Result<SqliteStatement> SqliteDatabase::prepare(const char* sql) {
  sqlite3_stmt* raw = nullptr;
  const int code = sqlite3_prepare_v3(db_.get(), sql, -1, SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
  if (code != SQLITE_OK) return error(code);
  return SqliteStatement(file_, raw);
}

// Binding fails only for a position that is not in the SQL, which is our bug.

void SqliteStatement::bind(int at, std::string_view text) {
  ASSAY_CHECK(sqlite3_bind_text64(statement_.get(), at, text.empty() ? "" : text.data(),
                                  text.size(), SQLITE_STATIC, SQLITE_UTF8) == SQLITE_OK);
}

void SqliteStatement::bind(int at, Bytes bytes) {
  ASSAY_CHECK(sqlite3_bind_blob64(statement_.get(), at,
                                  bytes.empty() ? "" : static_cast<const void*>(bytes.data()),
                                  bytes.size(), SQLITE_STATIC) == SQLITE_OK);
}

void SqliteStatement::bind(int at, std::int64_t number) {
  ASSAY_CHECK(sqlite3_bind_int64(statement_.get(), at, number) == SQLITE_OK);
}

Result<bool> SqliteStatement::step() {
  if (done_) return false;
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  done_ = code == SQLITE_DONE;
  if (done_) return false;
  const auto failed = sqlite_error(file_, sqlite3_db_handle(statement_.get()), code);
  sqlite3_reset(statement_.get());
  return failed;
}

Status SqliteStatement::finish() {
  for (;;) {
    const auto row = step();
    if (row && *row) continue;
    reset();
    if (!row) return pass_on(row);
    return {};
  }
}

void SqliteStatement::reset() {
  done_ = false;
  sqlite3_reset(statement_.get());
  sqlite3_clear_bindings(statement_.get());
}

std::string SqliteStatement::text(int column) const { return to_text(blob(column)); }

Buffer SqliteStatement::blob(int column) const {
  const void* const data = sqlite3_column_blob(statement_.get(), column);
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column));
  if (data == nullptr) return {};
  return to_buffer(Bytes(static_cast<const std::uint8_t*>(data), size));
}

std::int64_t SqliteStatement::integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

bool SqliteStatement::is_null(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

Result<SqliteTransaction> SqliteTransaction::begin(SqliteDatabase& database) {
  // IMMEDIATE: a transaction that reads first and writes later could find that another has written.
  if (const Status begun = database.run("BEGIN IMMEDIATE"); !begun) return pass_on(begun);
  return SqliteTransaction(database);
}

SqliteTransaction::~SqliteTransaction() {
  if (database_ != nullptr) static_cast<void>(database_->run("ROLLBACK"));
}

Status SqliteTransaction::commit() {
  const Status committed = database_->run("COMMIT");
  if (committed) database_ = nullptr;
  return committed;
}

}  // namespace assay
