// SPDX-License-Identifier: Apache-2.0
#include "report/report_mark.h"

namespace assay {

namespace {

HtmlText shape(HtmlLiteral reference) {
  return element("svg", {attr("class", "shape"), attr("aria-hidden", "true"),
                         element("use", {attr("href", reference.text())})});
}

HtmlText mark(std::string_view kind, const HtmlText& picture, std::string_view word) {
  return element("span", {attr("class", kind), picture, " ", word});
}

}  // namespace

HtmlText mark_shapes() {
  // 16 x 16; whatever is to be filled takes the text's colour, so that printing keeps it.
  return html_literal(
      "<svg width=\"0\" height=\"0\" class=\"shapes\" aria-hidden=\"true\"><defs>"
      "<symbol id=\"s-ok\" viewBox=\"0 0 16 16\"><path d=\"M2.5 8.5l4 4 7-9\" fill=\"none\" "
      "stroke=\"currentColor\" stroke-width=\"2.4\"/></symbol>"
      "<symbol id=\"s-fail\" viewBox=\"0 0 16 16\"><path d=\"M3 3l10 10M13 3L3 13\" fill=\"none\" "
      "stroke=\"currentColor\" stroke-width=\"2.8\"/></symbol>"
      "<symbol id=\"s-absent\" viewBox=\"0 0 16 16\"><path d=\"M3 8h10\" fill=\"none\" "
      "stroke=\"currentColor\" stroke-width=\"1.6\"/></symbol>"
      "<symbol id=\"s-unasked\" viewBox=\"0 0 16 16\"><path d=\"M8 1.8L14.6 14H1.4z\" "
      "fill=\"none\" stroke=\"currentColor\" stroke-width=\"1.6\"/></symbol>"
      "<symbol id=\"s-whole\" viewBox=\"0 0 16 16\"><circle cx=\"8\" cy=\"8\" r=\"6\" "
      "fill=\"currentColor\"/></symbol>"
      "<symbol id=\"s-part\" viewBox=\"0 0 16 16\"><circle cx=\"8\" cy=\"8\" r=\"5.2\" "
      "fill=\"none\" stroke=\"currentColor\" stroke-width=\"1.6\"/><path d=\"M8 2.8a5.2 5.2 0 0 0 "
      "0 "
      "10.4z\" fill=\"currentColor\"/></symbol>"
      "<symbol id=\"s-elsewhere\" viewBox=\"0 0 16 16\"><path d=\"M8 1.8L14.2 8 8 14.2 1.8 8z\" "
      "fill=\"none\" stroke=\"currentColor\" stroke-width=\"1.6\"/></symbol>"
      "<symbol id=\"s-unmeasured\" viewBox=\"0 0 16 16\"><circle cx=\"8\" cy=\"8\" r=\"5.2\" "
      "fill=\"none\" stroke=\"currentColor\" stroke-width=\"1.4\" stroke-dasharray=\"2 "
      "2\"/></symbol>"
      "</defs></svg>");
}

HtmlText check_mark(CheckVerdict verdict) {
  switch (verdict) {
    case CheckVerdict::pass:
      return mark("mark-ok", shape("#s-ok"), "ok");
    case CheckVerdict::fail:
      return mark("mark-fail", shape("#s-fail"), "FAIL");
    case CheckVerdict::absent:
      return mark("mark-absent", shape("#s-absent"), "not there");
    case CheckVerdict::not_checked:
      return mark("mark-unasked", shape("#s-unasked"), "not asked");
  }
  return {};
}

HtmlText decision_mark(CheckVerdict verdict) {
  return verdict == CheckVerdict::pass
             ? element("span", {attr("class", "mark-ok"), shape("#s-ok")})
             : element("span", {attr("class", "mark-fail"), shape("#s-fail")});
}

std::string_view words_for(DataTrust trust, LogStanding standing) {
  const bool verified = standing == LogStanding::verified;
  switch (trust) {
    case DataTrust::whole:
      return verified ? "verified whole" : "fits its digest";
    case DataTrust::part:
      return verified ? "verified in part" : "fits in part";
    case DataTrust::elsewhere:
      return "described elsewhere";
    case DataTrust::unmeasured:
      return "not measured";
    case DataTrust::mismatch:
      return "contradicts its digest";
  }
  return "";
}

HtmlText trust_mark(DataTrust trust, LogStanding standing) {
  const std::string_view words = words_for(trust, standing);
  const bool verified = standing == LogStanding::verified;
  switch (trust) {
    case DataTrust::whole:
      return mark(verified ? "mark-ok" : "mark-absent", shape("#s-whole"), words);
    case DataTrust::part:
      return mark(verified ? "mark-ok" : "mark-absent", shape("#s-part"), words);
    case DataTrust::elsewhere:
      return mark(verified ? "mark-elsewhere" : "mark-absent", shape("#s-elsewhere"), words);
    case DataTrust::unmeasured:
      return mark("mark-absent", shape("#s-unmeasured"), words);
    case DataTrust::mismatch:
      return mark("mark-fail", shape("#s-fail"), words);
  }
  return {};
}

}  // namespace assay
