// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"

#include <gtest/gtest.h>

namespace assay {
namespace {

TEST(Rfc3339, ReadsWhatTheRfcShows) {
  // RFC 3339 section 5.8; the seconds were computed with date(1).
  EXPECT_EQ(unix_seconds(*parse_rfc3339("t", "1985-04-12T23:20:50.52Z")), 482196050);
  EXPECT_EQ(unix_seconds(*parse_rfc3339("t", "1996-12-19T16:39:57-08:00")), 851042397);
  EXPECT_EQ(unix_seconds(*parse_rfc3339("t", "1990-12-31T23:59:60Z")), 662688000);
  EXPECT_EQ(unix_seconds(*parse_rfc3339("t", "2023-01-01T00:00:00Z")), 1672531200);
}

TEST(Rfc3339, WritesWhatItReads) {
  for (const char* text :
       {"2023-01-01T00:00:00Z", "1985-04-12T23:20:50.52Z", "2026-02-28T23:59:59.000001Z"}) {
    EXPECT_EQ(rfc3339(*parse_rfc3339("t", text)), text);
  }
}

TEST(Rfc3339, RefusesWhatIsNoTime) {
  for (const char* text :
       {"", "2023-01-01", "2023-13-01T00:00:00Z", "2023-02-29T00:00:00Z", "2023-01-01T24:00:00Z",
        "2023-01-01T00:00:00", "2023-01-01T00:00:00Zx", "2023-01-01T00:00:00.Z",
        "2023-01-01T00:00:00.1234567890Z", "1969-12-31T23:59:59Z", "1970-01-01T00:00:00+00:01",
        "9999-12-31T23:59:60Z"}) {
    const auto got = parse_rfc3339("--now", text);
    ASSERT_FALSE(got) << text;
    EXPECT_EQ(to_string(got.error()),
              "--now: '" + std::string(text) + "' is not a time like 2023-01-01T00:00:00Z");
  }
}

}  // namespace
}  // namespace assay
