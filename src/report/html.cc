// SPDX-License-Identifier: Apache-2.0
#include "report/html.h"

#include <fmt/format.h>

#include "base/check.h"
#include "verify/printable.h"

namespace assay {

namespace {

std::string_view entity_of(char c) {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\'':
      return "&#39;";
    default:
      return {};
  }
}

/// "<name a="1">" of the attributes, and the contents after each other.
struct Assembled {
  std::string attributes, content;
};

Assembled assemble(std::initializer_list<HtmlPart> parts) {
  Assembled out;
  for (const HtmlPart& part : parts) {
    if (part.attribute_name().empty())
      out.content += part.content().str();
    else
      out.attributes += fmt::format(" {}=\"{}\"", part.attribute_name(), part.content().str());
  }
  return out;
}

}  // namespace

HtmlText& HtmlText::operator+=(const HtmlText& more) {
  text_ += more.text_;
  return *this;
}

HtmlText html_literal(HtmlLiteral markup) { return HtmlText(std::string(markup.text())); }

HtmlText html_escape(std::string_view text) {
  const std::string_view shown = text.substr(0, kLongestHtmlText);
  std::string out;
  out.reserve(shown.size());
  for (const char c : printable(shown)) {
    const std::string_view entity = entity_of(c);
    if (entity.empty())
      out.push_back(c);
    else
      out += entity;
  }
  if (shown.size() < text.size())
    out += fmt::format(" [cut: {} more bytes]", text.size() - shown.size());
  return HtmlText(std::move(out));
}

HtmlPart HtmlPart::attribute(HtmlLiteral name, std::string_view value) {
  HtmlPart out{value};
  out.attribute_ = name.text();
  return out;
}

HtmlPart attr(HtmlLiteral name, std::string_view value) { return HtmlPart::attribute(name, value); }

HtmlText element(HtmlLiteral name, std::initializer_list<HtmlPart> parts) {
  const Assembled a = assemble(parts);
  return HtmlText(fmt::format("<{0}{1}>{2}</{0}>", name.text(), a.attributes, a.content));
}

HtmlText void_element(HtmlLiteral name, std::initializer_list<HtmlPart> parts) {
  const Assembled a = assemble(parts);
  ASSAY_CHECK(a.content.empty());
  return HtmlText(fmt::format("<{}{}>", name.text(), a.attributes));
}

HtmlText join(std::initializer_list<HtmlPart> parts) {
  Assembled a = assemble(parts);
  ASSAY_CHECK(a.attributes.empty());
  return HtmlText(std::move(a.content));
}

}  // namespace assay
