// SPDX-License-Identifier: Apache-2.0
#include "formats/cos.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/byte_reader.h"
#include "base/utf8.h"

namespace assay {
namespace {

constexpr std::array<std::string_view, 12> kNames = {
    "image_reference",  "image_digest",   "restart_policy",    "image_id",
    "argument",         "environment",    "override_argument", "override_environment",
    "launch_separator", "memory_monitor", "gpu_cc_mode",       "gpu_attestation_binding"};

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

/// "[a-zA-Z_][a-zA-Z0-9_]*=", then anything.
bool is_variable(std::string_view text) {
  const std::string_view name = text.substr(0, text.find('='));
  return name.size() < text.size() && !name.empty() && is_letter(name.front()) &&
         std::all_of(
             name.begin(), name.end(),
             [](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

/// Why the content is not of its type's form; empty if it is.
std::string_view objection(const CosEvent& event) {
  const std::string_view text = as_text(event.content);
  if (event.type != CosEventType::gpu_attestation_binding && !is_utf8(text)) return "not UTF-8";
  switch (event.type) {
    case CosEventType::restart_policy:
      return is_one_of(text, {"Always", "OnFailure", "Never"}) ? ""
                                                               : "not Always, OnFailure or Never";
    case CosEventType::environment:
    case CosEventType::override_environment:
      return is_variable(text) ? "" : "not NAME=value";
    case CosEventType::memory_monitor:
      return event.content.size() == 1 && event.content[0] <= 1 ? "" : "not one byte, 0 or 1";
    case CosEventType::gpu_cc_mode:
      return is_one_of(text, {"UNSET", "ON", "OFF", "DEVTOOLS"}) ? ""
                                                                 : "not UNSET, ON, OFF or DEVTOOLS";
    case CosEventType::image_reference:
    case CosEventType::image_digest:
    case CosEventType::image_id:
    case CosEventType::argument:
    case CosEventType::override_argument:
    case CosEventType::launch_separator:
    case CosEventType::gpu_attestation_binding:
      return "";
  }
  return "unknown";
}

}  // namespace

std::string_view name_of(CosEventType type) {
  const auto number = static_cast<std::size_t>(type);
  return number < kNames.size() ? kNames[number] : "unknown";
}

Result<CosEvent> parse_cos_event(Bytes tlv) {
  ByteReader r("cos_event", tlv);
  CosEvent event{};
  const std::uint8_t type = r.u8("type");
  if (r.ok() && type >= kNames.size()) r.fail("type", fmt::format("type {} is not known", type));
  event.type = static_cast<CosEventType>(type);
  event.content = r.take("content", r.u32_be("length"));
  r.end();
  if (r.ok()) {
    if (const std::string_view why = objection(event); !why.empty()) {
      r.fail(name_of(event.type), std::string(why));
    }
  }
  return r.finish(event);
}

}  // namespace assay
