// SPDX-License-Identifier: Apache-2.0

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <memory>
#include <optional>

#include "base/failing_new.h"
#include "store/testing.h"

namespace assay {
namespace {

AuditRecord record(const std::string& event) {
  return {"attestation", "p", Severity::notice, {{"event", event}}, {{"k", "a longer label"}}};
}

/// An append whose allocation after `allowed` others fails.
struct Attempt {
  bool hit = false;       ///< there was such an allocation
  bool appended = false;  ///< a failure is an Error or std::bad_alloc
};

Attempt try_append(AuditLog& log, long allowed) {
  const AuditRecord tried = record("tried");
  Attempt out;
  FailingNew::arm(allowed);
  try {
    out.appended = log.append(tried, at(0)).has_value();
  } catch (const std::bad_alloc&) {
    out.appended = false;
  }
  out.hit = FailingNew::disarm();
  return out;
}

class FailedAllocation : public testing::Test {
 protected:
  const TemporaryDirectory directory_ = *TemporaryDirectory::make("failed-allocation-test");
  const std::filesystem::path file_ = directory_.path() / "audit.db";
  std::unique_ptr<AuditLog> log_ = open_sqlite_audit_log(file_).value();
};

TEST_F(FailedAllocation, LosesOneRecordAndItsCallerKnows) {
  std::size_t kept = 0;
  long allowed = 0;
  for (Attempt attempt{.hit = true}; attempt.hit; ++allowed) {
    attempt = try_append(*log_, allowed);
    kept += attempt.appended ? 1 : 0;
    const auto after = log_->append(record("after"), at(1));
    ASSERT_TRUE(after) << to_string(after.error());
    ++kept;
  }
  EXPECT_GT(allowed, 5) << "an append allocates more often than this";
  const auto entries = log_->read({});
  ASSERT_TRUE(entries) << to_string(entries.error());
  EXPECT_EQ(entries->size(), kept);
}

TEST_F(FailedAllocation, WhileTellingOfAFailureHoldsNobodyUp) {
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open(file_.c_str(), &other), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(other, "DROP TABLE entries", nullptr, nullptr, nullptr), SQLITE_OK);
  EXPECT_EQ(sqlite3_close(other), SQLITE_OK);
  long allowed = 0;
  for (Attempt attempt{.hit = true}; attempt.hit; ++allowed) {
    attempt = try_append(*log_, allowed);
    EXPECT_FALSE(attempt.appended);
    EXPECT_FALSE(log_->append(record("after"), at(1)));
  }
  EXPECT_GT(allowed, 5) << "an append allocates more often than this";
}

}  // namespace
}  // namespace assay
