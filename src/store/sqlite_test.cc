// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/file.h"
#include "store/sqlite_stores.h"

namespace assay {
namespace {

using testing::HasSubstr;
using testing::StartsWith;
namespace fs = std::filesystem;

constexpr SqliteSchema kSchema{"things", 7, 3, "CREATE TABLE things(x INTEGER) STRICT"};

std::string error_of(const fs::path& file, const SqliteSchema& schema = kSchema) {
  const auto got = SqliteDatabase::open(file, schema);
  return got ? "opens" : to_string(got.error());
}

class SqliteTest : public testing::Test {
 protected:
  TemporaryDirectory directory_ = *TemporaryDirectory::make("sqlite-test");
  fs::path file_ = directory_.path() / "things.db";
};

TEST_F(SqliteTest, FilesAreTheOwnersOnly) {
  auto database = SqliteDatabase::open(file_, kSchema);
  ASSERT_TRUE(database) << to_string(database.error());
  ASSERT_TRUE(database->run("INSERT INTO things VALUES(1)"));
  int files = 0;
  for (const auto& entry : fs::directory_iterator(directory_.path())) {
    struct stat info{};
    ASSERT_EQ(::stat(entry.path().c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0600U) << entry.path();
    ++files;
  }
  EXPECT_EQ(files, 3);  // the database, its write-ahead log and their index
}

TEST_F(SqliteTest, EveryCommitReachesTheDisk) {
  auto database = SqliteDatabase::open(file_, kSchema);
  for (const auto& [pragma, value] :
       {std::pair{"PRAGMA journal_mode", "wal"}, {"PRAGMA synchronous", "2"}}) {
    auto statement = database->prepare(pragma);
    ASSERT_TRUE(*statement->step());
    EXPECT_EQ(statement->text(0), value);
  }
}

TEST_F(SqliteTest, ATransactionThatIsNotCommittedDidNotHappen) {
  auto database = SqliteDatabase::open(file_, kSchema);
  {
    auto transaction = SqliteTransaction::begin(*database);
    ASSERT_TRUE(transaction);
    ASSERT_TRUE(database->run("INSERT INTO things VALUES(1)"));
  }
  auto count = database->prepare("SELECT count(*) FROM things");
  ASSERT_TRUE(*count->step());
  EXPECT_EQ(count->integer(0), 0);
}

TEST_F(SqliteTest, AStatementThatHasEndedIsNotBegunAnew) {
  auto database = SqliteDatabase::open(file_, kSchema);
  auto insert = database->prepare("INSERT INTO things VALUES(?1)");
  const auto count = [&] {
    auto statement = database->prepare("SELECT count(*) FROM things");
    EXPECT_TRUE(*statement->step());
    return statement->integer(0);
  };
  insert->bind(1, std::int64_t{7});
  EXPECT_FALSE(*insert->step());
  EXPECT_FALSE(*insert->step());
  EXPECT_EQ(count(), 1);
  EXPECT_TRUE(insert->finish());
  EXPECT_EQ(count(), 1);
  // finish() has reset it: it may be used again.
  insert->bind(1, std::int64_t{8});
  EXPECT_TRUE(insert->finish());
  EXPECT_EQ(count(), 2);
}

TEST_F(SqliteTest, RefusesWhatItDidNotMake) {
  ASSERT_TRUE(SqliteDatabase::open(file_, kSchema));
  EXPECT_EQ(error_of(file_), "opens");
  EXPECT_EQ(error_of(file_, {"things", 7, 2, "SELECT 1"}),
            file_.string() +
                ": was made by another version of assay: its form is 3, this program knows 2 (use "
                "that version)");
  EXPECT_EQ(
      error_of(file_, {"others", 8, 3, "SELECT 1"}),
      file_.string() + ": is a database, but does not hold others (name another state directory)");
  ASSERT_TRUE(write_file(directory_.path() / "text", as_bytes(std::string(5000, 'x')),
                         FileAccess::owner_only));
  EXPECT_EQ(
      error_of(directory_.path() / "text"),
      (directory_.path() / "text").string() +
          ": is not a database of ours (move the file away, or name another state directory)");
}

TEST_F(SqliteTest, SaysWhatIsWrongWithTheDirectory) {
  EXPECT_THAT(error_of(directory_.path() / "no" / "x.db"),
              HasSubstr("cannot open: No such file or directory (make the directory first)"));
  EXPECT_THAT(error_of(directory_.path()), HasSubstr("cannot open: Is a directory"));
  if (::geteuid() == 0) GTEST_SKIP() << "root may write everywhere";
  ASSERT_EQ(::chmod(directory_.path().c_str(), 0500), 0);
  EXPECT_THAT(
      error_of(file_),
      HasSubstr("cannot open: Permission denied (run as the owner of the directory, or name "
                "another state directory)"));
  ASSERT_EQ(::chmod(directory_.path().c_str(), 0700), 0);
}

TEST_F(SqliteTest, AFullDiskIsAnErrorThatSaysSo) {
  // SQLite's own limit of pages fails as a full disk does: SQLITE_FULL.
  auto database = SqliteDatabase::open(file_, kSchema);
  ASSERT_TRUE(database->run("CREATE TABLE big(x BLOB)"));
  auto limit = database->prepare("PRAGMA max_page_count=8");
  ASSERT_TRUE(*limit->step());
  limit->reset();
  const Status full = database->run("INSERT INTO big VALUES(zeroblob(1000000))");
  ASSERT_FALSE(full);
  EXPECT_EQ(to_string(full.error()),
            file_.string() +
                ": database or disk is full (free some space there, or name another state "
                "directory)");
  EXPECT_EQ(full.error().fault, Fault::unavailable);
}

TEST_F(SqliteTest, TheAuditLogCannotBeChangedThroughIt) {
  const fs::path file = directory_.path() / "audit.db";
  {
    const auto log = open_sqlite_audit_log(file);
    ASSERT_TRUE(
        (*log)->append({"a", "p", Severity::info, {{"event", "e"}}, {}}, from_unix_seconds(1)));
  }
  auto database = SqliteDatabase::open(file, {"an audit log", 0x61730002, 1, ""});
  ASSERT_TRUE(database) << to_string(database.error());
  EXPECT_THAT(to_string(database->run("DELETE FROM entries").error()),
              HasSubstr("the audit log is append-only"));
  EXPECT_THAT(to_string(database->run("UPDATE entries SET payload='{}'").error()),
              HasSubstr("the audit log is append-only"));
}

TEST_F(SqliteTest, ADamagedAuditLogIsAnErrorThatSaysSo) {
  const fs::path file = directory_.path() / "audit.db";
  const auto log = open_sqlite_audit_log(file);
  ASSERT_TRUE(log) << to_string(log.error());
  auto database = SqliteDatabase::open(file, {"an audit log", 0x61730002, 1, ""});
  ASSERT_TRUE(database) << to_string(database.error());
  struct Case {
    const char *insert, *why;
  };
  const Case cases[] = {
      {"INSERT INTO entries VALUES(1, 'i', 250, 'l', '{}', '{}')",
       ": log entry i: 250 is no severity (the file was damaged)"},
      {"INSERT INTO entries VALUES(0, 'h', -100, 'l', '{}', '{}')",
       ": log entry h: -100 is no severity (the file was damaged)"},
      {"INSERT INTO entries VALUES(-1, 'g', 900, 'l', '{}', '{}')",
       ": log entry g: 900 is no severity (the file was damaged)"},
  };
  for (const Case& c : cases) {
    ASSERT_TRUE(database->run(c.insert));
    const auto entries = (*log)->read({});
    ASSERT_FALSE(entries) << c.insert;
    EXPECT_EQ(to_string(entries.error()), file.string() + c.why);
  }
}

TEST_F(SqliteTest, OneStoreIsNotTakenForAnother) {
  ASSERT_TRUE(open_sqlite_challenges(file_));
  EXPECT_THAT(to_string(open_sqlite_audit_log(file_).error()),
              HasSubstr("does not hold an audit log"));
  EXPECT_THAT(to_string(open_sqlite_secrets(file_).error()), HasSubstr("does not hold secrets"));
}

}  // namespace
}  // namespace assay
