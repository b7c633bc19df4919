// SPDX-License-Identifier: Apache-2.0
#include "cli/loopback.h"

#include <gtest/gtest.h>

#include <sstream>

namespace assay {
namespace {

TEST(Loopback, IsThisMachineAlone) {
  for (const char* here : {"127.0.0.1:8080", "127.0.0.1", "127.255.0.9:0", "localhost:80",
                           "localhost", "[::1]:8080", "[::1]"}) {
    EXPECT_TRUE(is_loopback(here)) << here;
  }
  for (const char* there :
       {"0.0.0.0:8080", "[::]:8080", ":8080", "", "192.0.2.1:80", "127.evil.example:80",
        "localhost.evil.example:80", "[::1].evil.example", "[::11]:80", "1127.0.0.1:80"}) {
    EXPECT_FALSE(is_loopback(there)) << there;
  }
}

TEST(Loopback, PlainHttpElsewhereIsToldInOneLine) {
  std::ostringstream out, err;
  warn_of_clear_http("127.0.0.1:8080", "tokens", {out, err});
  EXPECT_EQ(err.str(), "");
  warn_of_clear_http("0.0.0.0:8080", "tokens", {out, err});
  EXPECT_EQ(err.str(),
            "assay: --listen 0.0.0.0:8080: plain HTTP beyond this machine, so the network can read "
            "tokens; listen on 127.0.0.1 behind a TLS terminator\n");
  EXPECT_EQ(out.str(), "");
}

}  // namespace
}  // namespace assay
