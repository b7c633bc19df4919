// SPDX-License-Identifier: Apache-2.0
#include <mutex>

#include "store/secret_name.h"
#include "store/sqlite.h"
#include "store/sqlite_stores.h"

namespace assay {
namespace {

// The values are as they are: the file's mode 0600 and its disk protect them.
constexpr SqliteSchema kSchema{"secrets", 0x61730003, 1, R"sql(
CREATE TABLE secrets(
  name TEXT PRIMARY KEY NOT NULL,
  value BLOB NOT NULL
) STRICT, WITHOUT ROWID
)sql"};

class SqliteSecrets final : public SecretStore {
 public:
  explicit SqliteSecrets(SqliteDatabase database) : database_(std::move(database)) {}

  Status put(const std::string& name, const Secret& secret) override {
    if (const Status valid = check_secret_name(name); !valid) return valid;
    const std::lock_guard lock(mutex_);
    auto statement = database_.prepare(
        "INSERT INTO secrets(name, value) VALUES(?1, ?2) ON CONFLICT(name) DO UPDATE SET value = "
        "excluded.value");
    if (!statement) return pass_on(statement);
    statement->bind(1, name);
    statement->bind(2, secret.reveal());
    if (const Status done = statement->finish(); !done) return done;
    forget_old_pages();
    return {};
  }

  Result<Secret> get(const std::string& name) const override {
    if (const Status valid = check_secret_name(name); !valid) return pass_on(valid);
    const std::lock_guard lock(mutex_);
    auto statement = database_.prepare("SELECT value FROM secrets WHERE name = ?1");
    if (!statement) return pass_on(statement);
    statement->bind(1, name);
    const auto row = statement->step();
    if (!row) return pass_on(row);
    if (!*row) return no_such_secret(name);
    return Secret(statement->blob(0));
  }

  Result<std::vector<std::string>> list() const override {
    const std::lock_guard lock(mutex_);
    auto statement = database_.prepare("SELECT name FROM secrets ORDER BY name");
    if (!statement) return pass_on(statement);
    std::vector<std::string> names;
    for (;;) {
      const auto row = statement->step();
      if (!row) return pass_on(row);
      if (!*row) return names;
      names.push_back(statement->text(0));
    }
  }

  Status remove(const std::string& name) override {
    if (const Status valid = check_secret_name(name); !valid) return valid;
    const std::lock_guard lock(mutex_);
    auto statement = database_.prepare("DELETE FROM secrets WHERE name = ?1 RETURNING 1");
    if (!statement) return pass_on(statement);
    statement->bind(1, name);
    const auto row = statement->step();
    if (!row) return pass_on(row);
    if (!*row) return no_such_secret(name);
    if (const Status done = statement->finish(); !done) return done;
    forget_old_pages();
    return {};
  }

 private:
  /// The write-ahead log still holds what a secret was before.  If a reader is in the way, the next
  /// change does it.
  void forget_old_pages() { static_cast<void>(database_.run("PRAGMA wal_checkpoint(TRUNCATE)")); }

  mutable std::mutex mutex_;
  mutable SqliteDatabase database_;
};

}  // namespace

Result<std::unique_ptr<SecretStore>> open_sqlite_secrets(const std::filesystem::path& file) {
  auto database = SqliteDatabase::open(file, kSchema);
  if (!database) return pass_on(database);
  return std::make_unique<SqliteSecrets>(std::move(*database));
}

}  // namespace assay
