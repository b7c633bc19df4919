// SPDX-License-Identifier: Apache-2.0
#include "formats/sipa.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/byte_reader.h"
#include "formats/uefi.h"

namespace assay {
namespace {

constexpr std::size_t kMostValues = 4096;
/// Windows loads one, its own or another maker's.
constexpr std::size_t kMostElamDrivers = 32;
constexpr unsigned kDeepest = 8;

/// The kind of an event is in bits 16 to 19 of its type.
bool is_container(std::uint32_t type) { return (type & 0x000F0000) == 0x00010000; }

void read_level(ByteReader& r, std::uint32_t container, unsigned depth,
                std::vector<SipaValue>& out) {
  while (r.more()) {
    const std::uint32_t type = r.u32_le("type");
    const std::size_t begin = r.offset() + 4;
    const Bytes data = r.take("data", r.u32_le("size"));
    if (!r.ok()) return;
    if (is_container(type)) {
      r.require("type", depth < kDeepest, "containers more than 8 deep");
      if (!r.ok()) return;
      ByteReader inner("sipa", data, begin);
      read_level(inner, type, depth + 1, out);
      if (!inner.ok()) return r.fail("container", to_string(inner.error()));
      continue;
    }
    r.require("type", out.size() < kMostValues, "more than 4096 values");
    if (r.ok()) out.push_back({type, container, data});
  }
}

enum class Size { byte = 1, word = 4, quad = 8 };

tl::unexpected<Error> bad(std::uint32_t type, std::string_view why) {
  return tl::unexpected(
      Error{Fault::malformed, fmt::format("sipa.{:#010x}", type), std::string(why)});
}

Result<std::uint64_t> number(const SipaValue& value, Size size) {
  if (value.data.size() != static_cast<std::size_t>(size))
    return bad(value.type,
               fmt::format("{} bytes, wanted {}", value.data.size(), static_cast<int>(size)));
  std::uint64_t out = 0;
  for (std::size_t i = value.data.size(); i > 0; --i) out = out << 8 | value.data[i - 1];
  return out;
}

/// How several components' answers become one.
enum class Merge { any_true, all_true };

struct Flag {
  std::uint32_t type;
  Size size;
  Merge merge;
  std::optional<bool> WindowsState::* member;
};

constexpr Flag kFlags[] = {
    {0x00040001, Size::byte, Merge::any_true, &WindowsState::boot_debugging},
    {0x00050001, Size::byte, Merge::any_true, &WindowsState::kernel_debugging},
    {0x00050002, Size::byte, Merge::all_true, &WindowsState::code_integrity},
    {0x00050003, Size::byte, Merge::any_true, &WindowsState::test_signing},
    {0x00050004, Size::quad, Merge::all_true, &WindowsState::data_execution_prevention},
    {0x00050005, Size::byte, Merge::any_true, &WindowsState::safe_mode},
    {0x00050006, Size::byte, Merge::any_true, &WindowsState::winpe},
    {0x0005000A, Size::quad, Merge::any_true, &WindowsState::hypervisor},
    {0x00050012, Size::quad, Merge::any_true, &WindowsState::virtual_secure_mode},
    {0x00050024, Size::byte, Merge::any_true, &WindowsState::hibernation_disabled},
    {0x000A0001, Size::byte, Merge::any_true, &WindowsState::vbs_required},
};

Result<void> read_flag(const SipaValue& value, const Flag& flag, WindowsState& out) {
  const auto said = number(value, flag.size);
  if (!said) return pass_on(said);
  std::optional<bool>& member = out.*flag.member;
  const bool on = *said != 0;
  if (!member)
    member = on;
  else
    member = flag.merge == Merge::any_true ? *member || on : *member && on;
  return {};
}

/// A little-endian number of up to 8 bytes; every component that opened a volume says its own.
Result<void> read_unlock(const SipaValue& value, WindowsState& out) {
  if (value.data.empty() || value.data.size() > sizeof(std::uint64_t))
    return bad(value.type, fmt::format("{} bytes, wanted 1 to 8", value.data.size()));
  std::uint64_t flags = 0;
  for (std::size_t i = value.data.size(); i > 0; --i) flags = flags << 8 | value.data[i - 1];
  out.bitlocker_unlock = out.bitlocker_unlock.value_or(0) | flags;
  return {};
}

/// A driver's name in UTF-16; both PCRs have it.
Result<void> read_elam(const SipaValue& value, WindowsState& out) {
  if (value.data.size() % 2 != 0) return bad(value.type, "not UTF-16");
  std::string name = utf8_from_utf16le(value.data);
  while (!name.empty() && name.back() == '\0') name.pop_back();
  if (std::find(out.elam_drivers.begin(), out.elam_drivers.end(), name) != out.elam_drivers.end())
    return {};
  if (out.elam_drivers.size() == kMostElamDrivers) return bad(value.type, "more than 32 drivers");
  out.elam_drivers.push_back(std::move(name));
  return {};
}

Result<void> read_value(const SipaValue& value, WindowsState& out) {
  constexpr std::uint32_t kBootCounter = 0x00020002, kTransferControl = 0x00020003;
  constexpr std::uint32_t kBitLockerUnlock = 0x00020005;
  constexpr std::uint32_t kModulePath = 0x00070001, kElamName = 0x00090001;
  for (const Flag& flag : kFlags)
    if (flag.type == value.type) return read_flag(value, flag, out);
  switch (value.type) {
    case kBootCounter: {
      const auto count = number(value, Size::quad);
      if (!count) return pass_on(count);
      if (out.boot_count && *out.boot_count != *count) return bad(value.type, "two boot counters");
      out.boot_count = *count;
      return {};
    }
    case kTransferControl: {
      const auto to = number(value, Size::word);
      if (!to) return pass_on(to);
      out.cold_boot = *to == 1 && out.cold_boot.value_or(true);
      return {};
    }
    case kBitLockerUnlock:
      return read_unlock(value, out);
    case kElamName:
      return read_elam(value, out);
    case kModulePath:
      ++out.modules;
      return {};
    default:
      return {};  // measured, and not asked for
  }
}

}  // namespace

std::vector<std::string_view> bitlocker_words(std::uint64_t flags) {
  std::vector<std::string_view> out;
  for (const BitLockerFlag& flag : kBitLockerFlags) {
    if ((flags & flag.bit) != 0) out.push_back(flag.name);
    flags &= ~flag.bit;
  }
  if (flags != 0) out.emplace_back("unknown");
  return out;
}

Result<std::vector<SipaValue>> parse_sipa(Bytes data) {
  ByteReader r("sipa", data);
  std::vector<SipaValue> out;
  read_level(r, 0, 0, out);
  return r.finish(std::move(out));
}

Result<void> read_sipa(const std::vector<SipaValue>& values, WindowsState& out) {
  for (const SipaValue& value : values)
    if (auto read = read_value(value, out); !read) return read;
  return {};
}

}  // namespace assay
