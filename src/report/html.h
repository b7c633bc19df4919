// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

namespace assay {

class HtmlPart;

/// A compile-time constant in this program's own source.  Nothing that was read can become one.
class HtmlLiteral {
 public:
  consteval HtmlLiteral(const char* text) : text_(text) {}  // NOLINT(google-explicit-constructor)
  [[nodiscard]] std::string_view text() const { return text_; }

 private:
  std::string_view text_;
};

/// Markup that is safe to send: literals of ours, escaped text, and elements made of both.  There
/// is no other way to make one, so text of evidence cannot become markup by mistake.
class HtmlText {
 public:
  HtmlText() = default;
  HtmlText& operator+=(const HtmlText& more);
  [[nodiscard]] const std::string& str() const { return text_; }
  [[nodiscard]] bool empty() const { return text_.empty(); }

 private:
  explicit HtmlText(std::string markup) : text_(std::move(markup)) {}
  friend HtmlText html_literal(HtmlLiteral markup);
  friend HtmlText html_escape(std::string_view text);
  friend HtmlText element(HtmlLiteral name, std::initializer_list<HtmlPart> parts);
  friend HtmlText void_element(HtmlLiteral name, std::initializer_list<HtmlPart> parts);
  friend HtmlText join(std::initializer_list<HtmlPart> parts);

  std::string text_;
};

/// Markup of ours, as it is.
HtmlText html_literal(HtmlLiteral markup);

/// No text is longer on a page: the rest is cut, and the page says how much.
inline constexpr std::size_t kLongestHtmlText = 8192;

/// Text for an element or an attribute, the one way for what was read to get onto a page.  What is
/// not printable ASCII becomes "\xNN" (verify/printable.h): controls, line ends, and with them
/// every character that could turn the direction of reading or hide.
HtmlText html_escape(std::string_view text);

/// A piece of an element: an attribute, markup, or text, which is escaped.
class HtmlPart {
 public:
  // The implicit conversions are what makes a page readable in the source.
  // NOLINTBEGIN(google-explicit-constructor)
  HtmlPart(HtmlText markup) : content_(std::move(markup)) {}
  HtmlPart(std::string_view text) : content_(html_escape(text)) {}
  HtmlPart(const std::string& text) : HtmlPart(std::string_view(text)) {}
  HtmlPart(const char* text) : HtmlPart(std::string_view(text)) {}
  // NOLINTEND(google-explicit-constructor)
  static HtmlPart attribute(HtmlLiteral name, std::string_view value);

  /// "class"; empty for content.
  [[nodiscard]] std::string_view attribute_name() const { return attribute_; }
  [[nodiscard]] const HtmlText& content() const { return content_; }

 private:
  std::string_view attribute_;
  HtmlText content_;
};

/// An attribute of the element that it is a part of.
HtmlPart attr(HtmlLiteral name, std::string_view value);

/// <name attributes>content</name>
HtmlText element(HtmlLiteral name, std::initializer_list<HtmlPart> parts);
/// <name attributes>, for elements that have no content.  HTML Living Standard, 13.1.2.
HtmlText void_element(HtmlLiteral name, std::initializer_list<HtmlPart> parts);
/// The parts one after another.
HtmlText join(std::initializer_list<HtmlPart> parts);

}  // namespace assay
