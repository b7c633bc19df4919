// SPDX-License-Identifier: Apache-2.0
#include "store/audit_log.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <set>
#include <thread>

#include "store/testing.h"

namespace assay {
namespace {

using AuditLogTest = StoreTest<AuditLog>;

const StoreKind<AuditLog> kMemory{"Memory", [](const auto&) -> Result<std::unique_ptr<AuditLog>> {
                                    return make_memory_audit_log();
                                  }};
const StoreKind<AuditLog> kSqlite{
    "Sqlite", [](const auto& directory) { return open_sqlite_audit_log(directory / "audit.db"); }};
INSTANTIATE_TEST_SUITE_P(All, AuditLogTest, testing::Values(kMemory, kSqlite), kind_name<AuditLog>);

AuditRecord record(const std::string& event) {
  return {"attestation", "p", Severity::notice, {{"event", event}, {"n", 1}}, {{"k", "v"}}};
}

std::vector<std::string> events(const AuditLog& log, const AuditLog::Query& query = {}) {
  const auto entries = log.read(query);
  if (!entries) return {to_string(entries.error())};
  std::vector<std::string> out;
  for (const auto& entry : *entries)
    out.emplace_back(entry.at("jsonPayload").at("event").as_string());
  return out;
}

TEST_P(AuditLogTest, AnEntryIsALogEntry) {
  const auto id = store_->append(record("challenge.created"), at(0));
  ASSERT_TRUE(id) << to_string(id.error());
  const auto entries = store_->read({});
  ASSERT_EQ(entries->size(), 1U);
  EXPECT_EQ(
      json::serialize(entries->front()),
      fmt::format(
          R"({{"logName":"projects/p/logs/attestation","insertId":"{}","timestamp":"2023-11-14T22:13:20Z",)"
          R"("severity":"NOTICE","labels":{{"k":"v"}},"jsonPayload":{{"event":"challenge.created","n":1}}}})",
          *id));
}

TEST_P(AuditLogTest, TimestampsIncreaseWhateverTheClockSays) {
  for (const std::int64_t second : {10, 10, 5, 11})
    ASSERT_TRUE(store_->append(record("e"), at(second)));
  std::vector<std::string> times;
  std::set<std::string> ids;
  const auto entries = store_->read({});
  ASSERT_TRUE(entries);
  for (const auto& entry : *entries) {
    times.emplace_back(entry.at("timestamp").as_string());
    ids.emplace(entry.at("insertId").as_string());
  }
  EXPECT_EQ(times,
            (std::vector<std::string>{"2023-11-14T22:13:30Z", "2023-11-14T22:13:30.000001Z",
                                      "2023-11-14T22:13:30.000002Z", "2023-11-14T22:13:31Z"}));
  EXPECT_EQ(ids.size(), 4U);
}

TEST_P(AuditLogTest, ReadsInOrderFilteredAndLimited) {
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(store_->append(record(std::to_string(i)), at(i)));
  EXPECT_EQ(events(*store_), (std::vector<std::string>{"0", "1", "2", "3", "4"}));
  EXPECT_EQ(events(*store_, {.filter = {}, .newest_first = true, .limit = 2}),
            (std::vector<std::string>{"4", "3"}));
  const auto even = [](const json::object& entry) {
    return (entry.at("jsonPayload").at("event").as_string().front() - '0') % 2 == 0;
  };
  EXPECT_EQ(events(*store_, {.filter = even, .limit = 2}), (std::vector<std::string>{"0", "2"}));
}

TEST_P(AuditLogTest, KeepsOnlyWhatCanBeReadAgain) {
  const auto error = [&](const AuditRecord& r) {
    return to_string(store_->append(r, at(0)).error());
  };
  AuditRecord no_event = record("e");
  no_event.payload.erase("event");
  EXPECT_EQ(error(no_event), "audit record: has no event");
  AuditRecord bad_id = record("e");
  bad_id.log_id = "a b";
  EXPECT_EQ(error(bad_id), "audit record: its log id is not [A-Za-z0-9/_.-]+");
  AuditRecord not_utf8 = record("e");
  not_utf8.payload["agent"] = "\xff";
  EXPECT_NE(error(not_utf8).find("audit record"), std::string::npos);
  AuditRecord big = record("e");
  big.payload["x"] = std::string(256 * 1024, 'x');
  EXPECT_NE(error(big).find("at most 262144 allowed"), std::string::npos);
  json::value deep = 1;
  for (int i = 0; i < 40; ++i) deep = json::array{std::move(deep)};
  AuditRecord nested = record("e");
  nested.payload["x"] = std::move(deep);
  EXPECT_NE(error(nested).find("nested deeper than 32"), std::string::npos);
  EXPECT_TRUE(store_->read({})->empty());
}

TEST_P(AuditLogTest, ALogIdIsEncodedInTheLogName) {
  AuditRecord r = record("e");
  r.log_id = "cloudaudit.googleapis.com/activity";
  r.project = "";
  ASSERT_TRUE(store_->append(r, at(0)));
  EXPECT_EQ(store_->read({})->front().at("logName").as_string(),
            "projects/-/logs/cloudaudit.googleapis.com%2Factivity");
}

TEST_P(AuditLogTest, ManyWritersLoseNothing) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 50; ++i)
        EXPECT_TRUE(store_->append(record(fmt::format("{}.{}", t, i)), at(0)));
    });
  }
  for (auto& thread : threads) thread.join();
  const auto all = events(*store_);
  EXPECT_EQ(all.size(), 400U);
  EXPECT_EQ(std::set<std::string>(all.begin(), all.end()).size(), 400U);
}

TEST(SqliteAuditLog, TwoProgramsShareOneFile) {
  const auto directory = *TemporaryDirectory::make("store-test");
  const auto one = std::move(*kSqlite.open(directory.path()));
  const auto two = std::move(*kSqlite.open(directory.path()));
  ASSERT_TRUE(one->append(record("a"), at(5)));
  ASSERT_TRUE(two->append(record("b"), at(1)));
  ASSERT_TRUE(one->append(record("c"), at(1)));
  EXPECT_EQ(events(*one), (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(events(*two), (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(events(*std::move(*kSqlite.open(directory.path()))),
            (std::vector<std::string>{"a", "b", "c"}));
}

TEST(SqliteAuditLog, WhatWasAcknowledgedSurvivesAKill) {
  const auto directory = *TemporaryDirectory::make("store-test");
  int pipe[2];
  ASSERT_EQ(::pipe(pipe), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    ::close(pipe[0]);
    const auto log = kSqlite.open(directory.path());
    for (unsigned char i = 0; log && i < 250; ++i) {
      if (!(*log)->append(record(std::to_string(i)), at(i)) || ::write(pipe[1], &i, 1) != 1) break;
    }
    for (;;) ::pause();
  }
  ::close(pipe[1]);
  unsigned char last = 0;
  for (int n = 0; n < 50; ++n) ASSERT_EQ(::read(pipe[0], &last, 1), 1);
  ::kill(child, SIGKILL);
  while (::read(pipe[0], &last, 1) == 1) {
  }
  ::close(pipe[0]);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);

  const auto log = std::move(*kSqlite.open(directory.path()));
  const auto all = events(*log);
  ASSERT_GE(all.size(), std::size_t{last} + 1);
  for (std::size_t i = 0; i <= last; ++i) EXPECT_EQ(all[i], std::to_string(i));
  EXPECT_TRUE(log->append(record("after"), at(1000)));
}

}  // namespace
}  // namespace assay
