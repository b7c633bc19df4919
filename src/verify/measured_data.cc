// SPDX-License-Identifier: Apache-2.0
#include "verify/measured_data.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/byte_reader.h"
#include "formats/confidential_technology.h"
#include "formats/image_load.h"
#include "formats/uefi.h"
#include "verify/register_layout.h"

namespace assay {

namespace {

bool is_printable(Bytes text) {
  return std::all_of(text.begin(), text.end(),
                     [](std::uint8_t c) { return c >= 0x20 && c < 0x7F; });
}

/// Printable ASCII with one final NUL, as shim and GRUB name what they measure.
bool is_name(Bytes data) {
  return data.size() > 1 && data.back() == 0 && is_printable(data.first(data.size() - 1));
}

bool starts_with(Bytes data, std::string_view prefix) {
  return data.size() >= prefix.size() && equal(data.first(prefix.size()), as_bytes(prefix));
}

/// PFP 1.06 table 14 says of these: "the digest is the hash of the event field".
DataRule own_data(Bytes data) {
  DataRule rule;
  rule.preimages[rule.count++] = {data, false, DataTrust::whole};
  return rule;
}

/// The digest is of what the event describes; its description is never what was measured.
DataRule described(std::string shape_error) {
  DataRule rule;
  rule.may_be_elsewhere = true;
  rule.never_own_data = true;
  rule.shape_error = std::move(shape_error);
  return rule;
}

/// Vendors measure either the event's data or what it describes.
DataRule own_data_or_described(Bytes data) {
  DataRule rule = own_data(data);
  rule.may_be_elsewhere = true;
  return rule;
}

DataRule with_shape(DataRule rule, bool ok, std::string_view why) {
  if (!ok) rule.shape_error = why;
  return rule;
}

/// UEFI_PLATFORM_FIRMWARE_BLOB: base and length.  PFP 1.06 section 10.2.4.
std::string blob_shape(Bytes data) {
  return data.size() == 16 ? "" : "want a firmware blob of 16 bytes";
}

/// UEFI_PLATFORM_FIRMWARE_BLOB2: a described blob.
std::string blob2_shape(Bytes data) {
  ByteReader r("firmware_blob2", data);
  (void)r.take("description", r.u8("description_size"));
  (void)r.take("blob", 16);
  r.end();
  return r.ok() ? "" : to_string(r.error());
}

/// EV_POST_CODE: "either a string or a firmware blob", PFP 1.06 table 14.
std::string post_code_shape(Bytes data) {
  return data.size() == 16 || is_printable(data) ? "" : "want a firmware blob or ASCII text";
}

constexpr std::size_t kHandoffEntrySize = 24;  // GUID and pointer

std::string handoff_entries(ByteReader& r) {
  const std::uint64_t count = r.u64_le("table_count");
  r.require("table_count", count <= r.remaining() / kHandoffEntrySize, "more tables than bytes");
  if (r.ok()) (void)r.take("tables", count * kHandoffEntrySize);
  r.end();
  return r.ok() ? "" : to_string(r.error());
}

/// UEFI_HANDOFF_TABLE_POINTERS, PFP 1.06 section 10.2.5.
std::string handoff_shape(Bytes data) {
  ByteReader r("handoff_tables", data);
  return handoff_entries(r);
}

std::string handoff2_shape(Bytes data) {
  ByteReader r("handoff_tables2", data);
  (void)r.take("description", r.u8("description_size"));
  return handoff_entries(r);
}

/// UEFI_IMAGE_LOAD_EVENT.  None of it is measured: the digest is the image's Authenticode hash.
std::string image_load_shape(Bytes data) {
  const auto path = image_load_path(data);
  return path ? "" : to_string(path.error());
}

/// EV_EFI_VARIABLE_BOOT: EDK2 measures the variable's data alone, others the whole structure.
DataRule boot_variable_rule(Bytes data) {
  DataRule rule;
  const auto variable = parse_uefi_variable(data);
  if (!variable) return with_shape(own_data(data), false, to_string(variable.error()));
  rule.preimages[rule.count++] = {variable->data, false, DataTrust::part};
  rule.preimages[rule.count++] = {data, false, DataTrust::whole};
  // The name is not measured where the data alone is.
  const bool boot_name =
      variable->vendor == kEfiGlobalVariable &&
      (variable->name.starts_with("Boot") || variable->name.starts_with("Driver") ||
       variable->name.starts_with("SysPrep") || variable->name.starts_with("PlatformRecovery"));
  return with_shape(std::move(rule), boot_name && variable->measured_size == data.size(),
                    "want a boot variable");
}

DataRule driver_config_rule(const Event& event) {
  DataRule rule = own_data(event.data);
  const auto variable = parse_uefi_variable(event.data);
  if (!variable) return with_shape(std::move(rule), false, to_string(variable.error()));
  // Lenovo measures the data alone into PCR 1 and 3.  Never into PCR 7, where names matter.
  if (!is_in(event, 7)) rule.preimages[rule.count++] = {variable->data, false, DataTrust::part};
  return with_shape(std::move(rule), variable->measured_size == event.data.size(),
                    "bytes follow the variable");
}

/// EV_EFI_VARIABLE_AUTHORITY.  shim before 15.3 logs the structure with its C padding, six bytes
/// more than the variable, and measures all but the last of them.
DataRule authority_rule(Bytes data) {
  DataRule rule = own_data(data);
  const auto variable = parse_uefi_variable(data);
  if (!variable) return with_shape(std::move(rule), false, to_string(variable.error()));
  constexpr std::size_t kShimPadding = 6;
  const std::size_t padding = data.size() - variable->measured_size;
  if (padding == kShimPadding)
    rule.preimages[rule.count++] = {data.first(data.size() - 1), false, DataTrust::part};
  return with_shape(std::move(rule), padding == 0 || padding == kShimPadding,
                    "bytes follow the variable");
}

/// Tags whose digest is of something that the event only names, and where they belong.  Linux' EFI
/// stub (drivers/firmware/efi/libstub), systemd (src/fundamental/tpm-pcr.h).
struct NamingTag {
  std::uint32_t tag, pcr;
};
constexpr NamingTag kNamingTags[] = {
    {0xD5CB7CBC, 1},  {0xE0D47BC8, 1},  {0xC0B3BD23, 1},   // SMBIOS tables
    {0xF5BC582A, 5},                                       // loader.conf
    {0x8F3B22EC, 9},  {0x8F3B22ED, 9},                     // initrd, LoadOptions
    {0x6C46F751, 12}, {0x49DFFE0F, 12}, {0xDAC08E1A, 12},  // add-ons
};

bool is_naming_tag(std::uint32_t tag, const Event& event) {
  return std::any_of(std::begin(kNamingTags), std::end(kNamingTags),
                     [&](const NamingTag& n) { return n.tag == tag && is_in(event, n.pcr); });
}

constexpr std::uint32_t kFilePcr = 9;

/// TCG_PCClientTaggedEvent: tag, size, data.  PFP 1.06 section 10.4.2.1.
DataRule tagged_rule(const Event& event) {
  if (is_bare_stub_text(event)) return described("");
  DataRule rule = own_data(event.data);
  const auto tag = tag_of(event.data);
  rule.may_be_elsewhere = tag && is_naming_tag(*tag, event);
  // Linux' EFI stub alone tags in PCR 9: a file of GRUB's could be shown so, whole, as no file.
  if (is_in(event, kFilePcr) && !rule.may_be_elsewhere)
    return with_shape(std::move(rule), false, "want a tag of Linux' EFI stub");
  // A boot loader's own message in PCR 8 is no text of GRUB under another type.
  const bool message = is_in(event, 8) && !event.data.empty() && !is_printable(event.data.first(1));
  return with_shape(std::move(rule), tag || message, "want tag, size and as many bytes");
}

constexpr GrubPrefix kGrubPrefixes[] = {
    {"grub_cmd: ", GrubText::command},
    {"kernel_cmdline: ", GrubText::kernel_command_line},
    {"module_cmdline: ", GrubText::module_command_line},
    // RHEL 8's GRUB.
    {"grub_cmd ", GrubText::command},
    {"grub_kernel_cmdline ", GrubText::kernel_command_line},
};

/// PCR 8: GRUB's commands, or the command line that an early systemd-boot passed on.  `stray` bytes
/// may follow a text's NUL.
DataRule boot_loader_text_rule(Bytes data, std::size_t stray) {
  DataRule rule;
  const auto prefix = grub_prefix(data);
  if (!prefix) {
    // systemd-boot before 251 measures UTF-16 with its terminator and logs one byte less.
    rule.preimages[rule.count++] = {data, true, DataTrust::part};
    rule.preimages[rule.count++] = {data, false, DataTrust::whole};
    return with_shape(std::move(rule), is_utf16_ascii(data), "want a text of GRUB or in UTF-16");
  }
  const Bytes logged = data.subspan(prefix->text.size());
  const Bytes text = grub_text(data, *prefix);
  // The NUL is measured by old GRUBs, and not by new ones.
  rule.preimages[rule.count++] = {text, false, DataTrust::part};
  if (text.size() < logged.size())
    rule.preimages[rule.count++] = {logged.first(text.size() + 1), false, DataTrust::part};
  return with_shape(std::move(rule), logged.size() <= text.size() + 1 + stray,
                    "a NUL before the end");
}

constexpr std::string_view kUkiSections[] = {
    ".linux",   ".osrel", ".cmdline", ".initrd",  ".ucode",   ".splash", ".dtb",
    ".dtbauto", ".uname", ".sbat",    ".pcrpkey", ".profile", ".hwids",  ".efifw"};

/// systemd-stub measures the name of a section, in ASCII with its NUL, then the section; both
/// events show the name in UTF-16.
DataRule uki_rule(std::string_view section) {
  DataRule rule = described("");
  // The names are literals: a NUL follows.
  rule.preimages[rule.count++] = {as_bytes({section.data(), section.size() + 1}), false,
                                  DataTrust::part};
  return rule;
}

constexpr std::size_t kNoStrayBytes = 0, kOneStrayByte = 1;

/// CC register 3 holds what PCR 8 to 15 would: told apart by content, because the index is shared.
/// GRUB of RHEL 8's line logs one byte too many behind the NUL there.  It is of no text.
DataRule folded_ipl_rule(Bytes data) {
  if (grub_prefix(data)) return boot_loader_text_rule(data, kOneStrayByte);
  if (const auto section = uki_section(data)) return uki_rule(*section);
  const bool stray = data.size() > 2 && data[data.size() - 2] == 0;
  if (is_name(data) || is_name(data.first(data.size() - (stray ? 1 : 0)))) return described("");
  return boot_loader_text_rule(data, kNoStrayBytes);
}

/// EV_IPL: "initial program load", whatever a boot loader makes of it.
DataRule ipl_rule(const Event& event) {
  if (event.layout == RegisterLayout::cc) return folded_ipl_rule(event.data);
  switch (event.pcr) {
    case 8:
      return boot_loader_text_rule(event.data, kNoStrayBytes);
    case 9:   // GRUB: a file, by a name that is not measured
    case 14:  // shim: a MOK variable, by its name
      return described(is_name(event.data) ? "" : "want a printable name with a final NUL");
    case 11:  // systemd-stub: the name of a section, then the section
      if (const auto section = uki_section(event.data)) return uki_rule(*section);
      return described("want the name of an UKI section");
    default:
      return own_data_or_described(event.data);
  }
}

/// EV_SEPARATOR: "00000000 or FFFFFFFF" (PFP 1.06 section 3.3.2.2); Windows ends its PCRs with
/// WBCL.
bool is_separator(const Event& event) {
  const auto all = [&](std::uint8_t v) {
    return std::all_of(event.data.begin(), event.data.end(),
                       [v](std::uint8_t b) { return b == v; });
  };
  if (event.data.size() != 4) return false;
  const bool of_windows = as_text(event.data) == "WBCL";
  if (event.layout == RegisterLayout::cc && event.pcr == register_of(12, event.layout))
    return of_windows || all(0x00);
  if (event.pcr >= 12 && event.pcr <= 14) return of_windows;
  return all(0x00) || all(0xFF);
}

}  // namespace

bool is_utf16_ascii(Bytes data) {
  for (std::size_t i = 0; i < data.size(); ++i)
    if (i % 2 == 0 ? data[i] >= 0x80 : data[i] != 0) return false;
  return !data.empty();
}

std::optional<std::string_view> uki_section(Bytes data) {
  const auto is_named = [&](std::string_view name) {
    if (data.size() != 2 * name.size() + 2) return false;
    for (std::size_t i = 0; i < data.size(); ++i) {
      const bool character = i % 2 == 0 && i / 2 < name.size();
      if (data[i] != (character ? static_cast<std::uint8_t>(name[i / 2]) : 0)) return false;
    }
    return true;
  };
  const auto* const found =
      std::find_if(std::begin(kUkiSections), std::end(kUkiSections), is_named);
  return found == std::end(kUkiSections) ? std::nullopt : std::optional(*found);
}

std::optional<std::uint32_t> tag_of(Bytes data) {
  ByteReader r("tagged_event", data);
  const std::uint32_t tag = r.u32_le("tag");
  (void)r.take("data", r.u32_le("size"));
  r.end();
  return r.ok() ? std::optional(tag) : std::nullopt;
}

bool is_bare_stub_text(const Event& event) {
  constexpr std::string_view kTexts[] = {{"LOADED_IMAGE::LoadOptions\0", 26},
                                         {"Linux initrd\0", 13}};
  return event.layout == RegisterLayout::cc && is_in(event, 9) &&
         std::find(std::begin(kTexts), std::end(kTexts), as_text(event.data)) != std::end(kTexts);
}

Bytes grub_text(Bytes data, const GrubPrefix& prefix) {
  const std::string_view logged = as_text(data.subspan(prefix.text.size()));
  return as_bytes(logged.substr(0, logged.find('\0')));
}

std::optional<GrubPrefix> grub_prefix(Bytes data) {
  for (const GrubPrefix& p : kGrubPrefixes)
    if (starts_with(data, p.text)) return p;
  return std::nullopt;
}

DataRule data_rule(const Event& event) {
  const Bytes data = event.data;
  switch (event.type) {
    case EventType::no_action:
      return {};
    case EventType::separator:
      return with_shape(own_data(data), is_separator(event), "want 00000000 or FFFFFFFF");
    case EventType::action:
    case EventType::efi_action:
    case EventType::omit_boot_device_events:
    case EventType::efi_hcrtm_event:
      return with_shape(own_data(data), !data.empty() && is_printable(data), "want ASCII text");
    case EventType::s_crtm_version:
    case EventType::efi_gpt_event:
    case EventType::efi_gpt_event2:
    case EventType::efi_variable_boot2:
      return own_data(data);
    case EventType::nonhost_info:
      // Intel's CSME measures its own things under this type.
      return is_gce_non_host_info(data) ? own_data(data) : own_data_or_described(data);
    case EventType::efi_variable_driver_config:
      return driver_config_rule(event);
    case EventType::efi_variable_boot:
      return boot_variable_rule(data);
    case EventType::efi_variable_authority:
      return authority_rule(data);
    case EventType::event_tag:
      return tagged_rule(event);
    case EventType::ipl:
      return ipl_rule(event);
    case EventType::efi_boot_services_application:
    case EventType::efi_boot_services_driver:
    case EventType::efi_runtime_services_driver:
      return described(image_load_shape(data));
    case EventType::efi_platform_firmware_blob:
      return described(blob_shape(data));
    case EventType::efi_platform_firmware_blob2:
      return described(blob2_shape(data));
    case EventType::efi_handoff_tables:
      return described(handoff_shape(data));
    case EventType::efi_handoff_tables2:
      return described(handoff2_shape(data));
    case EventType::post_code:
      return described(post_code_shape(data));
    case EventType::s_crtm_contents:
    case EventType::post_code2:
      return described("");
    case EventType::preboot_cert:
    case EventType::cpu_microcode:
    case EventType::platform_config_flags:
    case EventType::table_of_devices:
    case EventType::compact_hash:
    case EventType::ipl_partition_data:
    case EventType::nonhost_code:
    case EventType::nonhost_config:
    case EventType::efi_spdm_firmware_blob:
    case EventType::efi_spdm_firmware_config:
    case EventType::efi_spdm_device_policy:
    case EventType::efi_spdm_device_authority:
      return own_data_or_described(data);
  }
  return own_data(data);
}

namespace {

/// Of a TPM's PCR.
bool belongs_in_pcr(EventType type, std::uint32_t pcr) {
  using enum EventType;
  const auto one_of = [type](std::initializer_list<EventType> types) {
    return std::find(types.begin(), types.end(), type) != types.end();
  };
  switch (pcr) {
    case 0:
      return one_of({separator, s_crtm_contents, s_crtm_version, nonhost_code, nonhost_info,
                     post_code, post_code2, efi_hcrtm_event, efi_platform_firmware_blob,
                     efi_platform_firmware_blob2, efi_boot_services_driver,
                     efi_runtime_services_driver});
    case 1:
      return one_of({separator, action, efi_action, cpu_microcode, platform_config_flags,
                     table_of_devices, nonhost_config, event_tag, efi_variable_driver_config,
                     efi_variable_boot, efi_variable_boot2, efi_handoff_tables,
                     efi_handoff_tables2});
    case 2:
      return one_of({separator, nonhost_code, efi_action, efi_boot_services_application,
                     efi_boot_services_driver, efi_runtime_services_driver,
                     efi_platform_firmware_blob, efi_platform_firmware_blob2,
                     efi_spdm_firmware_blob});
    case 3:
      return one_of(
          {separator, nonhost_config, efi_variable_driver_config, efi_spdm_firmware_config});
    case 4:
      // Nothing here but applications may be described and not shown: whatever ran is in the
      // claims.
      return one_of(
          {separator, action, efi_action, omit_boot_device_events, efi_boot_services_application});
    case 5:
      return one_of({separator, action, efi_action, event_tag, ipl_partition_data, efi_gpt_event,
                     efi_gpt_event2, efi_variable_driver_config, efi_variable_boot,
                     efi_variable_boot2});
    case 6:
      return one_of({separator, action, efi_action, compact_hash, event_tag});
    case 7:
      return one_of({separator, efi_action, efi_variable_driver_config, efi_variable_authority});
    case 8:
    case 9:
      return one_of({ipl, event_tag, separator});
    default:
      return one_of({ipl, event_tag, separator, compact_hash, action, efi_action});
  }
}

/// CC register 1 also holds the configuration of the TD and what is ACPI's; of register 4 only the
/// running system knows.
bool belongs_in_cc(EventType type, std::uint32_t index) {
  using enum EventType;
  const auto in_any = [type](std::initializer_list<std::uint32_t> pcrs) {
    return std::any_of(pcrs.begin(), pcrs.end(),
                       [type](std::uint32_t pcr) { return belongs_in_pcr(type, pcr); });
  };
  switch (index) {
    case 1:
      return in_any({1, 7}) || type == efi_platform_firmware_blob2 || type == post_code;
    case 2:
      return in_any({2, 3, 4, 5, 6}) || type == platform_config_flags;
    case 3:
      return in_any({8, 9, 10, 11, 12, 13, 14, 15});
    case 4:
      return type == event_tag || type == ipl || type == compact_hash;
    default:
      return false;  // MRTD: no event extends it
  }
}

}  // namespace

bool belongs_in(EventType type, std::uint32_t index, RegisterLayout layout) {
  if (type == EventType::no_action) return true;
  return layout == RegisterLayout::tpm ? belongs_in_pcr(type, index) : belongs_in_cc(type, index);
}

}  // namespace assay
