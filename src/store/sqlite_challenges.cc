// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <mutex>

#include "store/sqlite.h"
#include "store/sqlite_stores.h"

namespace assay {
namespace {

// Times are microseconds since 1970.  A used challenge stays until it is forgotten, so that "used"
// and "unknown" are different answers.
constexpr SqliteSchema kSchema{"challenges", 0x61730001, 1, R"sql(
CREATE TABLE challenges(
  name TEXT PRIMARY KEY NOT NULL,
  nonce BLOB NOT NULL,
  created INTEGER NOT NULL,
  expires INTEGER NOT NULL,
  used INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX challenges_by_expiry ON challenges(expires)
)sql"};

std::int64_t micros(Instant t) { return t.time_since_epoch().count(); }

class SqliteChallenges final : public ChallengeStore {
 public:
  SqliteChallenges(SqliteDatabase database, SqliteStatement insert, SqliteStatement forget,
                   SqliteStatement use, SqliteStatement look)
      : database_(std::move(database)),
        insert_(std::move(insert)),
        forget_(std::move(forget)),
        use_(std::move(use)),
        look_(std::move(look)) {}

  Status add(const IssuedChallenge& challenge) override {
    const std::lock_guard lock(mutex_);
    auto transaction = SqliteTransaction::begin(database_);
    if (!transaction) return pass_on(transaction);
    forget_.bind(1, micros(challenge.created - std::chrono::days(1)));
    if (const Status forgotten = forget_.finish(); !forgotten) return forgotten;
    insert_.bind(1, challenge.name);
    insert_.bind(2, Bytes(challenge.nonce));
    insert_.bind(3, micros(challenge.created));
    insert_.bind(4, micros(challenge.expires));
    const auto inserted = insert_.step();
    if (!inserted) return pass_on(inserted);
    if (!*inserted) {
      insert_.reset();
      return fail(Fault::internal, challenge.name, "a challenge of this name was already issued");
    }
    if (const Status finished = insert_.finish(); !finished) return finished;
    return transaction->commit();
  }

  Result<Consumption> consume(const std::string& name, Instant now) override {
    const std::lock_guard lock(mutex_);
    // One statement is one transaction: of all who ask, in whatever thread or program, one gets a
    // row.
    use_.bind(1, name);
    use_.bind(2, micros(now));
    const auto row = use_.step();
    if (!row) return pass_on(row);
    if (*row) {
      Consumption won{Outcome::consumed, use_.blob(0)};
      if (const Status finished = use_.finish(); !finished) return pass_on(finished);
      return won;
    }
    use_.reset();

    look_.bind(1, name);
    const auto found = look_.step();
    Outcome outcome = Outcome::unknown;
    if (found && *found) outcome = look_.is_null(0) ? Outcome::expired : Outcome::used;
    look_.reset();
    if (!found) return pass_on(found);
    return Consumption{outcome, {}};
  }

 private:
  std::mutex mutex_;
  SqliteDatabase database_;
  SqliteStatement insert_, forget_, use_, look_;
};

}  // namespace

Result<std::unique_ptr<ChallengeStore>> open_sqlite_challenges(const std::filesystem::path& file) {
  auto database = SqliteDatabase::open(file, kSchema);
  if (!database) return pass_on(database);
  auto insert = database->prepare(
      "INSERT INTO challenges(name, nonce, created, expires) VALUES(?1, ?2, ?3, ?4) "
      "ON CONFLICT DO NOTHING RETURNING 1");
  if (!insert) return pass_on(insert);
  auto forget = database->prepare("DELETE FROM challenges WHERE expires < ?1");
  if (!forget) return pass_on(forget);
  auto use = database->prepare(
      "UPDATE challenges SET used = ?2 WHERE name = ?1 AND used IS NULL AND expires > ?2 RETURNING "
      "nonce");
  if (!use) return pass_on(use);
  auto look = database->prepare("SELECT used FROM challenges WHERE name = ?1");
  if (!look) return pass_on(look);
  return std::make_unique<SqliteChallenges>(std::move(*database), std::move(*insert),
                                            std::move(*forget), std::move(*use), std::move(*look));
}

}  // namespace assay
