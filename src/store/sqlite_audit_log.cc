// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>

#include "base/check.h"
#include "store/log_entry.h"
#include "store/sqlite.h"
#include "store/sqlite_stores.h"

namespace assay {
namespace {

// `time` is microseconds since 1970; being the key it is unique, and no two entries have one order.
constexpr SqliteSchema kSchema{"an audit log", 0x61730002, 1, R"sql(
CREATE TABLE store(id TEXT NOT NULL) STRICT;
INSERT INTO store VALUES(lower(hex(randomblob(4))));
CREATE TABLE entries(
  time INTEGER PRIMARY KEY NOT NULL,
  insert_id TEXT NOT NULL,
  severity INTEGER NOT NULL,
  log_name TEXT NOT NULL,
  labels TEXT NOT NULL,
  payload TEXT NOT NULL
) STRICT;
CREATE TRIGGER entries_are_not_changed BEFORE UPDATE ON entries BEGIN
  SELECT RAISE(ABORT, 'the audit log is append-only');
END;
CREATE TRIGGER entries_are_not_deleted BEFORE DELETE ON entries BEGIN
  SELECT RAISE(ABORT, 'the audit log is append-only');
END
)sql"};

Result<std::vector<json::object>> read_entries(SqliteDatabase& from, const AuditLog::Query& query) {
  auto statement =
      from.prepare(query.newest_first ? "SELECT time, insert_id, severity, log_name, labels, "
                                        "payload FROM entries ORDER BY time DESC"
                                      : "SELECT time, insert_id, severity, log_name, labels, "
                                        "payload FROM entries ORDER BY time");
  if (!statement) return pass_on(statement);
  std::vector<json::object> out;
  while (query.limit == 0 || out.size() < query.limit) {
    const auto row = statement->step();
    if (!row) return pass_on(row);
    if (!*row) break;
    auto entry = to_entry({Instant(std::chrono::microseconds(statement->integer(0))),
                           statement->text(1), static_cast<Severity>(statement->integer(2)),
                           statement->text(3), statement->text(4), statement->text(5)});
    if (!entry) return fail(entry.error().fault, from.file(), to_string(entry.error()));
    if (!query.filter || query.filter(*entry)) out.push_back(std::move(*entry));
  }
  return out;
}

/// What changes when somebody opens a database or writes to it.
struct FileState {
  /// There is a write-ahead log: somebody has it open, or has died with it open.
  bool in_use = false;
  std::filesystem::file_time_type changed;
  std::uintmax_t size = 0;
  bool operator==(const FileState&) const = default;
};

FileState state_of(const std::filesystem::path& file) {
  std::filesystem::path log = file;
  log += "-wal";
  std::error_code ignored;
  return {.in_use = std::filesystem::exists(log, ignored),
          .changed = std::filesystem::last_write_time(file, ignored),
          .size = std::filesystem::file_size(file, ignored)};
}

/// Writers share transactions: whoever finds nobody writing takes all that wait, writes them as one
/// transaction and wakes their owners; meanwhile the next batch gathers.  One fsync serves them
/// all.
class SqliteAuditLog final : public AuditLog {
 public:
  SqliteAuditLog(SqliteDatabase writer, SqliteStatement last, SqliteStatement insert,
                 std::string store_id, SqliteDatabase reader)
      : writer_(std::move(writer)),
        last_(std::move(last)),
        insert_(std::move(insert)),
        store_id_(std::move(store_id)),
        reader_(std::move(reader)) {}

  Result<std::string> append(const AuditRecord& record, Instant now) override {
    auto row = to_row(record);
    if (!row) return pass_on(row);
    row->time = now;
    Waiting mine{.row = std::move(*row)};
    std::unique_lock lock(mutex_);
    waiting_.push_back(&mine);
    while (!mine.done) {
      if (writing_) {
        changed_.wait(lock);
        continue;
      }
      writing_ = true;
      const std::vector<Waiting*> batch = std::exchange(waiting_, {});
      lock.unlock();
      const Status written = write_or_fail(batch);
      lock.lock();
      for (Waiting* w : batch) conclude(*w, written);
      writing_ = false;
      changed_.notify_all();
    }
    if (mine.failure) return tl::unexpected(std::move(*mine.failure));
    return std::move(mine.row.insert_id);
  }

  Result<std::vector<json::object>> read(const Query& query) const override {
    const std::lock_guard lock(reader_mutex_);
    return read_entries(reader_, query);
  }

 private:
  struct Waiting {
    LogRow row;
    bool done = false;
    std::optional<Error> failure{};
  };

  /// An Error that there is no memory to copy becomes a shorter one.  (A failed Status that is
  /// copied ends the program then.)
  static void conclude(Waiting& waiting, const Status& written) noexcept {
    waiting.done = true;
    if (written) return;
    try {
      waiting.failure = written.error();
    } catch (const std::exception& e) {
      waiting.failure = Error{Fault::unavailable, "audit log", e.what()};
    }
  }

  /// write(), with what it throws as its failure: an exception that left here would leave writing_
  /// set, and all who append after it waiting for ever.
  Status write_or_fail(const std::vector<Waiting*>& batch) noexcept {
    try {
      return write(batch);
    } catch (const std::exception& e) {
      return fail(Fault::unavailable, "audit log", e.what());
    }
  }

  /// All rows or none.
  Status write(const std::vector<Waiting*>& batch) {
    auto transaction = SqliteTransaction::begin(writer_);
    if (!transaction) return pass_on(transaction);
    // Asked inside the transaction: another program may have appended since.
    const auto found = last_.step();
    const std::int64_t newest = found && *found ? last_.integer(0) : 0;
    last_.reset();
    if (!found) return pass_on(found);
    Instant last{std::chrono::microseconds(newest)};
    for (Waiting* w : batch) {
      LogRow& row = w->row;
      row.time = last = std::max(row.time, last + std::chrono::microseconds(1));
      row.insert_id = insert_id(row.time, store_id_);
      insert_.bind(1, std::int64_t{row.time.time_since_epoch().count()});
      insert_.bind(2, row.insert_id);
      insert_.bind(3, std::int64_t{static_cast<int>(row.severity)});
      insert_.bind(4, row.log_name);
      insert_.bind(5, row.labels);
      insert_.bind(6, row.payload);
      if (const Status inserted = insert_.finish(); !inserted) return pass_on(inserted);
    }
    return transaction->commit();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Waiting*> waiting_;
  bool writing_ = false;  ///< whoever set it owns writer_ and the two statements
  SqliteDatabase writer_;
  SqliteStatement last_, insert_;
  const std::string store_id_;
  mutable std::mutex reader_mutex_;
  mutable SqliteDatabase reader_;
};

}  // namespace

Result<std::unique_ptr<AuditLog>> open_sqlite_audit_log(const std::filesystem::path& file) {
  auto writer = SqliteDatabase::open(file, kSchema);
  if (!writer) return pass_on(writer);
  auto last = writer->prepare("SELECT max(time) FROM entries");
  if (!last) return pass_on(last);
  auto insert = writer->prepare("INSERT INTO entries VALUES(?1, ?2, ?3, ?4, ?5, ?6)");
  if (!insert) return pass_on(insert);
  auto identity = writer->prepare("SELECT id FROM store");
  if (!identity) return pass_on(identity);
  const auto row = identity->step();
  if (!row) return pass_on(row);
  std::string store_id = *row ? identity->text(0) : "";
  identity->reset();
  auto reader = SqliteDatabase::open(file, kSchema);
  if (!reader) return pass_on(reader);
  return std::make_unique<SqliteAuditLog>(std::move(*writer), std::move(*last), std::move(*insert),
                                          std::move(store_id), std::move(*reader));
}

Result<std::vector<json::object>> read_sqlite_audit_log(const std::filesystem::path& file,
                                                        const AuditLog::Query& query) {
  // SQLite reads a file in WAL mode with the help of two files beside it.  Where nobody keeps them
  // it would make them, which needs more than permission to read; but then the file alone is all,
  // for as long as nobody opens it.
  constexpr int kAttempts = 5;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const FileState before = state_of(file);
    auto log = SqliteDatabase::open_to_read(
        file, kSchema,
        before.in_use ? SqliteDatabase::Writers::possible : SqliteDatabase::Writers::none);
    auto entries =
        log ? read_entries(*log, query) : Result<std::vector<json::object>>(pass_on(log));
    if (before.in_use ? entries.has_value() : state_of(file) == before) return entries;
    if (before.in_use && state_of(file).in_use) return entries;
  }
  return fail(Fault::unavailable, file.string(),
              "services open and close it all the time (try again)");
}

}  // namespace assay
