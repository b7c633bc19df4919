// SPDX-License-Identifier: Apache-2.0
#include "verify/event_words.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/byte_reader.h"
#include "base/counted.h"
#include "base/hex.h"
#include "crypto/certificate.h"
#include "crypto/hash.h"
#include "formats/confidential_technology.h"
#include "formats/image_load.h"
#include "formats/sipa.h"
#include "formats/uefi.h"
#include "verify/known_certificates.h"
#include "verify/known_digests.h"
#include "verify/machine_state.h"
#include "verify/printable.h"
#include "verify/register_layout.h"
#include "verify/windows_words.h"

namespace assay {

namespace {

std::string_view up_to_nul(std::string_view text) { return text.substr(0, text.find('\0')); }

/// Text as firmware writes it, in ASCII or UTF-16; else hex, shortened.
std::string any_text(Bytes data) {
  const std::string_view ascii = up_to_nul(as_text(data));
  if (!ascii.empty() && is_printable(ascii) && ascii.size() + 1 >= data.size())
    return std::string(ascii);
  if (is_utf16_ascii(data)) {
    Buffer whole = to_buffer(data);
    if (whole.size() % 2 != 0) whole.push_back(0);  // an early systemd-boot logs one byte less
    std::string text = utf8_from_utf16le(whole);
    while (!text.empty() && (text.back() == '\0' || text.back() == ' ')) text.pop_back();
    return text.empty() ? "(empty)" : text;
  }
  // Signatures end at a NUL, before data of another kind.
  constexpr std::size_t kShown = 16, kSignature = 8;
  if (ascii.size() >= kSignature && is_printable(ascii)) return std::string(ascii);
  // A text behind a short header of its own.
  constexpr std::size_t kHeader = 8, kText = 8;
  for (std::size_t i = 1; i <= kHeader && i + kText < data.size(); ++i)
    if (is_printable(as_text(data.subspan(i)))) return std::string(as_text(data.subspan(i)));
  return hex(data.first(std::min(data.size(), kShown))) + (data.size() > kShown ? "..." : "");
}

/// A certificate by the name it is known under, else by its own, else by its fingerprint.
std::string certificate_words(Bytes der) {
  const std::string fingerprint = sha256_hex(der);
  if (const auto name = known_certificate_name(fingerprint)) return std::string(*name);
  if (const auto certificate = Certificate::from_der(der)) return certificate->subject();
  return "certificate " + fingerprint.substr(0, 16);
}

std::string database_words(Bytes data) {
  const auto entries = parse_signature_lists(data);
  if (!entries) return "unreadable";
  if (entries->empty()) return "empty";
  std::vector<std::string> parts;
  std::size_t hashes = 0, others = 0;
  for (const SignatureEntry& entry : *entries) {
    if (entry.type == kX509Guid)
      parts.push_back(certificate_words(entry.data));
    else
      ++(entry.type == kSha256Guid ? hashes : others);
  }
  if (hashes > 0) parts.push_back(counted(hashes, "hash", "hashes"));
  if (others > 0) parts.push_back(counted(others, "entry", "entries") + " of other kinds");
  return fmt::format("{}", fmt::join(parts, "; "));
}

std::string secure_boot_words(Bytes value) {
  if (value.empty()) return "Secure Boot: a variable without a value";
  return value[0] == 1 ? "Secure Boot is on" : "Secure Boot is off";
}

std::string boot_order_words(Bytes data) {
  std::vector<std::string> options;
  for (std::size_t i = 0; i + 1 < data.size(); i += 2)
    options.push_back(fmt::format("{:02x}{:02x}", data[i + 1], data[i]));
  return fmt::format("boot order: {}", fmt::join(options, ", "));
}

/// EFI_LOAD_OPTION: attributes, size of the paths, description.  UEFI 2.10 section 3.1.3.
std::string boot_option_words(const UefiVariable& variable) {
  constexpr std::size_t kHeader = 6;
  std::string description;
  if (variable.data.size() > kHeader) {
    const Bytes rest = variable.data.subspan(kHeader);
    for (std::size_t i = 0; i + 1 < rest.size() && (rest[i] != 0 || rest[i + 1] != 0); i += 2)
      description += rest[i + 1] == 0 ? static_cast<char>(rest[i]) : '?';
  }
  return fmt::format("boot option {}: \"{}\"", variable.name.substr(4), description);
}

std::string variable_words(Bytes data) {
  const auto variable = parse_uefi_variable(data);
  if (!variable) return "an unreadable variable";
  if (variable->vendor == kEfiGlobalVariable) {
    if (variable->name == "SecureBoot") return secure_boot_words(variable->data);
    if (variable->name == "BootOrder") return boot_order_words(variable->data);
    if (variable->name.starts_with("Boot") && variable->name.size() == 8)
      return boot_option_words(*variable);
    if (variable->name == "PK" || variable->name == "KEK")
      return variable->name + ": " + database_words(variable->data);
  }
  if (variable->vendor == kEfiImageSecurityDatabase)
    return variable->name + ": " + database_words(variable->data);
  return fmt::format("variable {} ({})", variable->name, counted(variable->data.size(), "byte"));
}

/// One EFI_SIGNATURE_DATA: its owner, then a certificate or a hash; old shims leave the owner out.
std::string authority_words(Bytes data) {
  const auto variable = parse_uefi_variable(data);
  if (!variable) return "an unreadable authority";
  if (variable->vendor == kShimLock && variable->name == "SbatLevel")
    return "shim's SBAT level: " + std::string(up_to_nul(as_text(variable->data)));
  if (variable->vendor == kShimLock && variable->name == "MokListTrusted")
    return "shim trusts the machine owner's keys";
  constexpr std::size_t kOwner = 16, kSha256 = 32;
  const Bytes value = variable->data;
  const bool bare = !value.empty() && value[0] == 0x30;
  const Bytes signature = bare || value.size() < kOwner ? value : value.subspan(kOwner);
  return fmt::format(
      "image accepted by {}: {}", variable->name,
      signature.size() == kSha256 ? "hash " + hex(signature) : certificate_words(signature));
}

std::string image_words(std::string_view verb, Bytes data) {
  const auto image = parse_image_load(data);
  if (!image) return std::string(verb);
  if (!image->file_path.empty()) return fmt::format("{} {}", verb, image->file_path);
  return image->of_firmware_file ? fmt::format("{} of the firmware itself", verb)
                                 : fmt::format("{} without a name", verb);
}

std::string action_words(Bytes data) {
  const std::string_view text = as_text(data);
  if (text == kCallingApplication) return "the firmware calls a boot option";
  if (text == kReturningFromApplication) return "the boot option returned to the firmware";
  if (text == kExitBootServices) return "the operating system takes over (ExitBootServices)";
  if (text == kExitBootServicesDone) return "ExitBootServices succeeded";
  if (text == kExitBootServicesFailed) return "ExitBootServices failed";
  return std::string(text);
}

std::string no_action_words(Bytes data) {
  const std::string_view text = up_to_nul(as_text(data));
  if (text == "StartupLocality" && data.size() == 17)
    return fmt::format("the TPM was started at locality {}", data[16]);
  if (text.starts_with("SP800-155 Event")) {
    const std::string_view all = as_text(data);
    const std::size_t at = all.find("https://");
    const std::string_view address = up_to_nul(all.substr(std::min(at, all.size())));
    return fmt::format("where the firmware's reference values are{}{}", address.empty() ? "" : ": ",
                       address);
  }
  return "a note: " + any_text(data);
}

std::string nonhost_words(Bytes data) {
  if (const auto technology = gce_technology(data))
    return fmt::format("confidential technology: {}", name_of(*technology));
  return "another processor's firmware: " + any_text(data);
}

std::string blob_words(Bytes data) {
  ByteReader r("blob", data);
  const std::uint64_t base = r.u64_le("base");
  const std::uint64_t size = r.u64_le("size");
  return r.ok() ? fmt::format("firmware image of {} at {:#x}", counted(size, "byte"), base)
                : "firmware image";
}

/// UEFI_PLATFORM_FIRMWARE_BLOB2 and UEFI_HANDOFF_TABLE_POINTERS2 begin with a description.
std::string described_words(std::string_view what, Bytes data) {
  ByteReader r("described", data);
  const Bytes description = r.take("description", r.u8("size"));
  return r.ok() ? fmt::format("{} \"{}\"", what, up_to_nul(as_text(description)))
                : std::string(what);
}

std::string gpt_words(Bytes data) {
  constexpr std::size_t kHeader = 92;
  if (data.size() < kHeader + 8) return "partition table";
  ByteReader r("gpt", data.subspan(kHeader));
  return "partition table with " + counted(r.u64_le("count"), "partition");
}

std::string windows_event_words(Bytes data) {
  const auto values = parse_sipa(data);
  WindowsState state;
  if (!values || !read_sipa(*values, state)) return "Windows: unreadable";
  std::vector<std::string> parts;
  for (const auto& [what, answer] : windows_words(state)) parts.push_back(what + " " + answer);
  if (parts.empty()) return fmt::format("Windows: {} values", values->size());
  return fmt::format("Windows: {}", fmt::join(parts, ", "));
}

/// What systemd's tags name.  src/fundamental/tpm-pcr.h.
std::optional<std::string_view> systemd_tag(std::uint32_t tag) {
  constexpr std::pair<std::uint32_t, std::string_view> kTags[] = {
      {0xF5BC582A, "systemd-boot: loader.conf"},
      {0x6C46F751, "systemd-stub: a device tree add-on"},
      {0x49DFFE0F, "systemd-stub: an initial RAM disk add-on"},
      {0xDAC08E1A, "systemd-stub: a microcode add-on"},
      {0xD5CB7CBC, "systemd-stub: SMBIOS type 1"},
      {0xE0D47BC8, "systemd-stub: SMBIOS type 2"},
      {0xC0B3BD23, "systemd-stub: SMBIOS type 11"}};
  for (const auto& [known, words] : kTags)
    if (known == tag) return words;
  return std::nullopt;
}

std::string tag_words(const Event& event) {
  const std::string_view text = as_text(event.data);
  const auto tag = tag_of(event.data);
  if (text.find("LOADED_IMAGE::LoadOptions") != std::string_view::npos)
    return "Linux: the command line it was given";
  if (text.find("Linux initrd") != std::string_view::npos) return "Linux: the initial RAM disk";
  constexpr std::uint32_t kAttestationAgent = 0x4141454C;
  if (tag == kAttestationAgent) return "attestation agent: " + any_text(event.data.subspan(8));
  const bool of_windows = tag && event.pcr >= 11 && event.pcr <= 14 && (*tag & 0x0000FFF0) == 0;
  if (of_windows) return windows_event_words(event.data);
  if (tag)
    if (const auto words = systemd_tag(*tag)) return std::string(*words);
  return tag ? fmt::format("tag {:#010x}: {}", *tag, any_text(event.data.subspan(8)))
             : any_text(event.data);
}

std::string ipl_words(const JudgedEvent& judged) {
  const Event& event = *judged.event;
  if (const auto prefix = grub_prefix(event.data)) {
    const std::string text = to_text(grub_text(event.data, *prefix));
    return fmt::format(
        "{}: {}", prefix->kind == GrubText::kernel_command_line ? "kernel command line" : "GRUB",
        text);
  }
  if (const auto section = uki_section(event.data))
    return fmt::format("unified kernel image: {} of {}",
                       judged.trust == DataTrust::part ? "name" : "content", *section);
  const std::string text = any_text(event.data);
  if (text.starts_with("Mok")) return "shim: " + text;
  if (is_utf16_ascii(event.data)) {
    // systemd's stub names credentials, extensions and the like so, and measures what they hold.
    return (judged.trust == DataTrust::elsewhere ? "systemd-stub: " : "command line: ") + text;
  }
  if (is_in(event, 9)) return "GRUB reads " + text;
  return text;
}

std::string separator_words(Bytes data) {
  if (as_text(data) == "WBCL") return "end of what Windows' loader measures";
  return "end of the firmware's measurements";
}

std::string words_of(const JudgedEvent& judged) {
  const Event& event = *judged.event;
  const Bytes data = event.data;
  using enum EventType;
  switch (event.type) {
    case no_action:
      return no_action_words(data);
    case separator:
      return separator_words(data);
    case efi_action:
    case action:
      return action_words(data);
    case s_crtm_version:
      return "firmware version: " + any_text(data);
    case s_crtm_contents:
      return "first firmware code: " + any_text(data);
    case post_code:
    case post_code2:
      return "firmware code: " + any_text(data);
    case nonhost_info:
      return nonhost_words(data);
    case efi_platform_firmware_blob:
      return blob_words(data);
    case efi_platform_firmware_blob2:
      return described_words("firmware image", data);
    case efi_handoff_tables2:
      return described_words("firmware table", data);
    case efi_handoff_tables:
      return "firmware tables";
    case efi_variable_driver_config:
    case efi_variable_boot:
    case efi_variable_boot2:
      return variable_words(data);
    case efi_variable_authority:
      return authority_words(data);
    case efi_boot_services_application:
      return image_words("started an image", data);
    case efi_boot_services_driver:
      return image_words("loaded a driver", data);
    case efi_runtime_services_driver:
      return image_words("loaded a runtime driver", data);
    case efi_gpt_event:
    case efi_gpt_event2:
      return gpt_words(data);
    case event_tag:
      return tag_words(event);
    case ipl:
      return ipl_words(judged);
    case platform_config_flags:
      return "configuration: " + any_text(data);
    case cpu_microcode:
      return "CPU microcode: " + any_text(data);
    case compact_hash:
      return "a hash: " + any_text(data);
    case omit_boot_device_events:
      return "boot attempts are not measured";
    case efi_hcrtm_event:
      return "measured before the firmware (H-CRTM)";
    case preboot_cert:
    case table_of_devices:
    case ipl_partition_data:
    case nonhost_code:
    case nonhost_config:
    case efi_spdm_firmware_blob:
    case efi_spdm_firmware_config:
    case efi_spdm_device_policy:
    case efi_spdm_device_authority:
      return any_text(data);
  }
  return "an event of an unknown type";
}

}  // namespace

std::string event_words(const JudgedEvent& judged) {
  std::string words = words_of(judged);
  std::replace(words.begin(), words.end(), '\n', ' ');
  while (!words.empty() && words.back() == ' ') words.pop_back();
  return printable(words);
}

std::string_view trust_words(DataTrust trust) {
  switch (trust) {
    case DataTrust::whole:
      return "measured";
    case DataTrust::part:
      return "partly";
    case DataTrust::elsewhere:
      return "described";
    case DataTrust::unmeasured:
      return "not measured";
    case DataTrust::mismatch:
      return "MISMATCH";
  }
  return "unknown";
}

}  // namespace assay
