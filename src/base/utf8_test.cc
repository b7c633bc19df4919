// SPDX-License-Identifier: Apache-2.0
#include "base/utf8.h"

#include <gtest/gtest.h>

namespace assay {
namespace {

TEST(Utf8, AcceptsWhatRfc3629Shows) {
  for (const char* text : {"", "A", "A\u2262\u0391.", "\uD55C\uAD6D\uC5B4", "\U000233B4", "\x7f",
                           "\xf4\x8f\xbf\xbf"}) {
    EXPECT_TRUE(is_utf8(text)) << text;
  }
}

TEST(Utf8, RefusesWhatIsNotTheOneSpelling) {
  for (const char* text :
       {"\x80", "\xc0\x80", "\xc1\xbf", "\xc2", "\xe0\x9f\xbf", "\xe2\x89", "\xed\xa0\x80",
        "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "a\xc3(b"}) {
    EXPECT_FALSE(is_utf8(text));
  }
}

}  // namespace
}  // namespace assay
