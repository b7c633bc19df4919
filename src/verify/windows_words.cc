// SPDX-License-Identifier: Apache-2.0
#include "verify/windows_words.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "verify/printable.h"

namespace assay {

namespace {

/// The answers that are a yes or a no, the telling ones first.
struct Answer {
  const char* member;
  std::string_view words;
  std::optional<bool> WindowsState::* value;
};
constexpr Answer kAnswers[] = {
    {"code_integrity", "code integrity", &WindowsState::code_integrity},
    {"test_signing", "test signing", &WindowsState::test_signing},
    {"boot_debugging", "boot debugging", &WindowsState::boot_debugging},
    {"kernel_debugging", "kernel debugging", &WindowsState::kernel_debugging},
    {"safe_mode", "safe mode", &WindowsState::safe_mode},
    {"winpe", "Windows PE", &WindowsState::winpe},
    {"data_execution_prevention", "data execution prevention",
     &WindowsState::data_execution_prevention},
    {"hypervisor", "hypervisor", &WindowsState::hypervisor},
    {"virtual_secure_mode", "virtual secure mode", &WindowsState::virtual_secure_mode},
    {"vbs_required", "VBS required", &WindowsState::vbs_required},
    {"hibernation_disabled", "hibernation disabled", &WindowsState::hibernation_disabled},
};

}  // namespace

std::vector<std::pair<std::string, std::string>> windows_words(const WindowsState& windows) {
  std::vector<std::pair<std::string, std::string>> out;
  for (const Answer& answer : kAnswers)
    if (const auto& value = windows.*answer.value)
      out.emplace_back(answer.words, *value ? "on" : "off");
  if (windows.cold_boot)
    out.emplace_back("start", *windows.cold_boot ? "a cold boot" : "not a cold boot alone");
  if (windows.boot_count) out.emplace_back("boots", fmt::format("{}", *windows.boot_count));
  if (windows.bitlocker_unlock) {
    const auto words = bitlocker_words(*windows.bitlocker_unlock);
    out.emplace_back("BitLocker", words.empty()
                                      ? "nothing was locked"
                                      : fmt::format("opened by {}", fmt::join(words, ", ")));
  }
  if (!windows.elam_drivers.empty())
    out.emplace_back("anti-malware",
                     printable(fmt::format("{}", fmt::join(windows.elam_drivers, ", "))));
  if (windows.modules > 0) out.emplace_back("modules", fmt::format("{}", windows.modules));
  return out;
}

json::object to_json(const WindowsState& windows) {
  json::object out;
  for (const Answer& answer : kAnswers) {
    const auto& value = windows.*answer.value;
    out[answer.member] = value ? json::value(*value) : json::value(nullptr);
  }
  out["cold_boot"] = windows.cold_boot ? json::value(*windows.cold_boot) : json::value(nullptr);
  out["boot_count"] = windows.boot_count ? json::value(*windows.boot_count) : json::value(nullptr);
  out["bitlocker_unlock"] = nullptr;
  if (windows.bitlocker_unlock) {
    json::array words;
    for (const std::string_view word : bitlocker_words(*windows.bitlocker_unlock))
      words.emplace_back(word);
    out["bitlocker_unlock"] = std::move(words);
  }
  json::array drivers;
  for (const std::string& name : windows.elam_drivers) drivers.emplace_back(printable(name));
  out["elam_drivers"] = std::move(drivers);
  out["modules"] = windows.modules;
  return out;
}

}  // namespace assay
