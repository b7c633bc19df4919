// SPDX-License-Identifier: Apache-2.0
#include "report/html.h"

#include <gtest/gtest.h>

#include <type_traits>

namespace assay {
namespace {

struct Escaped {
  const char* name;
  std::string text;
  std::string html;
};

class HtmlEscape : public testing::TestWithParam<Escaped> {};

TEST_P(HtmlEscape, LeavesNoMarkupAndNothingInvisible) {
  EXPECT_EQ(html_escape(GetParam().text).str(), GetParam().html);
}

INSTANTIATE_TEST_SUITE_P(
    Html, HtmlEscape,
    testing::Values(Escaped{"PlainTextStays", "root=/dev/sda1 ro", "root=/dev/sda1 ro"},
                    Escaped{"AnElementIsText", "<script>alert(1)</script>",
                            "&lt;script&gt;alert(1)&lt;/script&gt;"},
                    Escaped{"QuotesDoNotEndAnAttribute", R"(" onmouseover='x')",
                            "&quot; onmouseover=&#39;x&#39;"},
                    Escaped{"AnEntityIsText", "&lt;", "&amp;lt;"},
                    Escaped{"ACommentIsText", "<!--", "&lt;!--"},
                    Escaped{"ControlsAreSpeltOut", std::string("a\0b\x1b[2J\r\n\t\x7f", 11),
                            "a\\x00b\\x1b[2J\\x0d\\x0a\\x09\\x7f"},
                    Escaped{"DirectionOverridesAreSpeltOut", "\xe2\x80\xaegnp.exe",
                            "\\xe2\\x80\\xaegnp.exe"},
                    Escaped{"BrokenUtf8IsSpeltOut", "\xc0\xbcscript", "\\xc0\\xbcscript"}),
    [](const auto& row) { return row.param.name; });

TEST(Html, CutsLongTextAndSaysSo) {
  const std::string html = html_escape(std::string(1024 * 1024, 'a')).str();
  EXPECT_EQ(html, std::string(kLongestHtmlText, 'a') + " [cut: 1040384 more bytes]");
}

TEST(Html, EscapesWhatElementsAreMadeOf) {
  EXPECT_EQ(element("p", {attr("title", "a\"b"), "1 < 2 ", element("b", {"&"})}).str(),
            "<p title=\"a&quot;b\">1 &lt; 2 <b>&amp;</b></p>");
  EXPECT_EQ(void_element("meta", {attr("charset", "utf-8")}).str(), "<meta charset=\"utf-8\">");
  EXPECT_EQ(join({"<", html_literal("<br>"), std::string(">")}).str(), "&lt;<br>&gt;");
}

TEST(Html, TextCannotBecomeMarkup) {
  static_assert(!std::is_constructible_v<HtmlText, std::string>);
  static_assert(!std::is_constructible_v<HtmlText, std::string_view>);
  static_assert(!std::is_convertible_v<std::string, HtmlText>);
  static_assert(!std::is_convertible_v<std::string, HtmlLiteral>);
  static_assert(!std::is_convertible_v<std::string_view, HtmlLiteral>);
}

}  // namespace
}  // namespace assay
