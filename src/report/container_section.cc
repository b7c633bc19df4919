// SPDX-License-Identifier: Apache-2.0
#include "report/container_section.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "base/hex.h"
#include "formats/cel.h"
#include "formats/cos.h"
#include "verify/cel_replay.h"

namespace assay {

namespace {

/// A log may have 65,536 records; nobody reads a page of so many.
constexpr std::size_t kShownRecords = 4096;

std::string_view label_of(CosEventType type) {
  switch (type) {
    case CosEventType::image_reference:
      return "Container image";
    case CosEventType::image_digest:
      return "Its digest";
    case CosEventType::restart_policy:
      return "Restart policy";
    case CosEventType::image_id:
      return "Image id";
    case CosEventType::argument:
      return "Argument";
    case CosEventType::environment:
      return "Environment";
    case CosEventType::override_argument:
      return "Argument put over the image's";
    case CosEventType::override_environment:
      return "Environment put over the image's";
    case CosEventType::launch_separator:
      return "The launcher hands over to the container";
    case CosEventType::memory_monitor:
      return "Memory monitor";
    case CosEventType::gpu_cc_mode:
      return "GPU confidential mode";
    case CosEventType::gpu_attestation_binding:
      return "GPU attestation binding";
  }
  return "Event";
}

HtmlText words_of(const CosEvent& event) {
  const std::string label(label_of(event.type));
  if (event.type == CosEventType::launch_separator)
    return html_escape(event.content.empty() ? label
                                             : "The launch failed: " + to_text(event.content));
  if (event.type == CosEventType::memory_monitor)
    return html_escape(label + (equal(event.content, Buffer{1}) ? " on" : " off"));
  const bool text = event.type != CosEventType::gpu_attestation_binding;
  return join({label, ": ", element("code", {text ? to_text(event.content) : hex(event.content)})});
}

HtmlText words_of(const CelRecord& record) {
  if (const auto* const cos = std::get_if<CosContent>(&record.content))
    if (const auto event = parse_cos_event(cos->event)) return words_of(*event);
  return html_escape(name_of(record.content));
}

HtmlText row(const CelRecord& record, LogStanding standing) {
  const DataTrust trust = content_trust(record);
  std::string digests;
  for (std::size_t i = 0; i < record.digest_count; ++i)
    digests += fmt::format("{}{} {}", i ? " | " : "", name_of(record.digests[i].algorithm),
                           hex(record.digests[i].bytes));
  return element("tr", {attr("class", trust == DataTrust::mismatch ? "fail" : ""),
                        element("td", {attr("class", "number"), fmt::format("{}", record.number)}),
                        element("td", {attr("class", "register"), to_string(record.where)}),
                        element("th", {attr("scope", "row"), words_of(record), " ",
                                       element("code", {attr("class", "id"), digests})}),
                        element("td", {attr("class", "trust"), trust_mark(trust, standing)})});
}

HtmlText timeline(const CelLog& log, LogStanding standing) {
  const auto column = [](std::string_view kind, std::string_view title) {
    return element("th", {attr("scope", "col"), attr("class", kind), title});
  };
  HtmlText rows;
  const std::size_t shown = std::min(log.records.size(), kShownRecords);
  for (std::size_t i = 0; i < shown; ++i) rows += row(log.records[i], standing);
  HtmlText out = element(
      "table",
      {attr("class", "boot"),
       element("thead",
               {element("tr", {column("number", "No."), column("register", "Register"),
                               column("what", "What was recorded"), column("trust", "Its data")})}),
       element("tbody", {rows})});
  if (shown < log.records.size())
    out += element(
        "p", {fmt::format("{} more records are not shown here.", log.records.size() - shown)});
  return out;
}

}  // namespace

HtmlText container_section(const Attestation& attestation, LogStanding standing) {
  if (attestation.canonical_event_log.empty()) return {};
  const CelReading reading = read_cel(CelEncoding::tlv, attestation.canonical_event_log);
  HtmlText out = element("h2", {"The container, as its launcher measured it"});
  if (standing == LogStanding::claimed)
    out += element("p", {attr("class", "warning"), element("strong", {"Claimed, not verified. "}),
                         "The evidence was rejected, so this is only what the log in it says."});
  if (reading.error)
    out += element("p", {attr("class", "warning"), element("strong", {"The log is malformed. "}),
                         to_string(*reading.error), ". Shown is what comes before."});
  if (!reading.log.records.empty()) out += timeline(reading.log, standing);
  return element("section", {attr("id", "container"), out});
}

}  // namespace assay
