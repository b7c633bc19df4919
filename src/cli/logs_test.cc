// SPDX-License-Identifier: Apache-2.0
#include "cli/logs.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <sstream>

#include "base/json.h"
#include "host/file.h"
#include "store/sqlite_stores.h"

namespace assay {
namespace {

using testing::HasSubstr;
namespace fs = std::filesystem;

struct Ran {
  int code;
  std::string out, err;
};

Ran read(const LogsReadOptions& options) {
  std::ostringstream out, err;
  const int code = run_logs_read(options, Io{out, err});
  return {code, out.str(), err.str()};
}

class LogsRead : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* part : {"attestation", "release"}) {
      ASSERT_TRUE(make_private_directory(directory_.path() / part));
    }
    const auto attestation = open_sqlite_audit_log(directory_.path() / "attestation" / "audit.db");
    const auto release = open_sqlite_audit_log(directory_.path() / "release" / "audit.db");
    ASSERT_TRUE(attestation && release);
    append(**attestation, 1,
           {"attestation",
            "p",
            Severity::info,
            {{"event", "challenge.created"},
             {"peer", "127.0.0.1:5"},
             {"challenge", "projects/p/locations/l/challenges/1234"}},
            {}});
    append(**attestation, 2,
           {"attestation",
            "p",
            Severity::notice,
            {{"event", "token.issued"}, {"token_sha256", std::string(64, 'a')}, {"ok", true}},
            {}});
    append(
        **release, 3,
        {"release",
         "p",
         Severity::warning,
         {{"event", "secret.refused"}, {"message", "bad \x1b[31m token"}, {"failed", {"a", "b"}}},
         {}});
    append(**attestation, 4,
           {"attestation", "p", Severity::info, {{"event", "challenge.created"}}, {}});
  }

  static void append(AuditLog& log, std::int64_t second, const AuditRecord& record) {
    ASSERT_TRUE(log.append(record, from_unix_seconds(1'700'000'000 + second)));
  }

  TemporaryDirectory directory_ = *TemporaryDirectory::make("logs-test");
};

TEST_F(LogsRead, ShowsALineForEachEntryOfAllServices) {
  const Ran ran = read({.state = directory_.path()});
  EXPECT_EQ(ran.code, kAccepted);
  EXPECT_EQ(ran.out,
            "2023-11-14T22:13:21Z        INFO     challenge.created      challenge=1234\n"
            "2023-11-14T22:13:22Z        NOTICE   token.issued           "
            "token_sha256=aaaaaaaaaaaa.. ok=true\n"
            "2023-11-14T22:13:23Z        WARNING  secret.refused         message=\"bad \\x1b[31m "
            "token\" failed=[a,b]\n"
            "2023-11-14T22:13:24Z        INFO     challenge.created\n");
}

TEST_F(LogsRead, FiltersOrdersAndLimits) {
  EXPECT_EQ(read({.state = directory_.path(), .filter = "severity>=WARNING"}).out,
            "2023-11-14T22:13:23Z        WARNING  secret.refused         message=\"bad \\x1b[31m "
            "token\" failed=[a,b]\n");
  EXPECT_EQ(read({.state = directory_.path(), .order = LogOrder::newest_first, .limit = 1}).out,
            "2023-11-14T22:13:24Z        INFO     challenge.created\n");
  EXPECT_EQ(
      read({.state = directory_.path() / "release" / "audit.db", .filter = "-severity=WARNING"})
          .out,
      "");
}

TEST_F(LogsRead, JsonIsOneObject) {
  const Ran ran = read(
      {.state = directory_.path(), .filter = "log_id(\"release\")", .format = LogFormat::json});
  const auto object = parse_json_object("out", ran.out);
  ASSERT_TRUE(object);
  const auto& entries = object->at("entries").as_array();
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_EQ(entries[0].at("logName").as_string(), "projects/p/logs/release");
  EXPECT_EQ(entries[0].at("jsonPayload").at("event").as_string(), "secret.refused");
  EXPECT_EQ(read({.state = directory_.path(), .filter = "dragon", .format = LogFormat::json}).out,
            "{\n  \"entries\": []\n}\n");
}

/// The files below a directory, and when it changed.
std::vector<std::string> listed(const fs::path& directory) {
  std::vector<std::string> out;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    out.push_back(fmt::format("{} {}", entry.path().string(),
                              entry.last_write_time().time_since_epoch().count()));
  }
  std::sort(out.begin(), out.end());
  return out;
}

TEST_F(LogsRead, WritesNothing) {
  const std::vector<std::string> before = listed(directory_.path());
  EXPECT_EQ(before.size(), 4U);  // two directories with an audit.db each, closed in order
  EXPECT_EQ(read({.state = directory_.path()}).code, kAccepted);
  EXPECT_EQ(listed(directory_.path()), before);
}

TEST_F(LogsRead, SeesWhatAServiceWritesMeanwhile) {
  const auto log = open_sqlite_audit_log(directory_.path() / "release" / "audit.db");
  ASSERT_TRUE(log);
  append(**log, 9, {"release", "p", Severity::info, {{"event", "secret.released"}}, {}});
  EXPECT_EQ(read({.state = directory_.path(), .filter = "secret.released"}).out,
            "2023-11-14T22:13:29Z        INFO     secret.released\n");
}

/// Reads as somebody who may read the files and write nothing, in a child where we are root.
int read_without_permission_to_write(const LogsReadOptions& options) {
  if (::geteuid() != 0) return read(options).code;
  const pid_t child = ::fork();
  if (child == 0) {
    constexpr uid_t kNobody = 65534;
    ::_exit(::setgid(kNobody) == 0 && ::setuid(kNobody) == 0 ? read(options).code : 99);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 98;
}

TEST_F(LogsRead, NeedsNoPermissionToWrite) {
  const fs::path release = directory_.path() / "release";
  const auto set = [&](fs::perms directory, fs::perms file) {
    for (const auto& entry : fs::directory_iterator(release)) {
      fs::permissions(entry.path(), file);
    }
    fs::permissions(release, directory);
    fs::permissions(directory_.path(), directory);
  };
  using fs::perms;
  const perms readable = perms::owner_read | perms::group_read | perms::others_read;
  const perms searchable = readable | perms::owner_exec | perms::group_exec | perms::others_exec;
  set(searchable, readable);
  EXPECT_EQ(read_without_permission_to_write({.state = release}), kAccepted);
  set(perms::owner_all, perms::owner_read | perms::owner_write);
  {
    // The same while a service has it open.
    const auto log = open_sqlite_audit_log(release / "audit.db");
    ASSERT_TRUE(log);
    append(**log, 9, {"release", "p", Severity::info, {{"event", "secret.released"}}, {}});
    set(searchable, readable);
    EXPECT_EQ(read_without_permission_to_write({.state = release}), kAccepted);
    set(perms::owner_all, perms::owner_read | perms::owner_write);
  }
}

TEST_F(LogsRead, SaysWhatIsWrong) {
  const Ran filter = read({.state = directory_.path(), .filter = "severity>=LOUD"});
  EXPECT_EQ(filter.code, kUsage);
  EXPECT_THAT(filter.err, HasSubstr("assay: filter@10: 'LOUD' is not a severity"));
  const Ran missing = read({.state = directory_.path() / "none"});
  EXPECT_EQ(missing.code, kUnavailable);
  EXPECT_THAT(missing.err, HasSubstr("there is no audit log (give --state the directory"));
  EXPECT_FALSE(fs::exists(directory_.path() / "none"));
}

}  // namespace
}  // namespace assay
