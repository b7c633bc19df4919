// SPDX-License-Identifier: Apache-2.0
#include "boots/event_label.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <optional>
#include <set>
#include <utility>

#include "base/blanks.h"
#include "base/byte_reader.h"
#include "formats/image_load.h"
#include "formats/uefi.h"
#include "verify/grub_command.h"
#include "verify/register_layout.h"

namespace assay {

namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

std::string without_final_nul(Bytes data) {
  if (!data.empty() && data.back() == 0) data = data.first(data.size() - 1);
  return to_text(data);
}

/// What the whole log tells about the roles of its parts.
struct Cast {
  bool shim = false, grub = false, stub = false;
  std::set<std::string> kernels, initrds;  ///< paths that GRUB was told to load

  bool is_kernel(std::string_view path) const {
    return kernels.contains(std::string(without_device(path)));
  }
  bool is_initrd(std::string_view path) const {
    return initrds.contains(std::string(without_device(path)));
  }
};

/// What GRUB executed, without the label that it logs in front.
std::string text_behind(const GrubPrefix& prefix, const Event& event) {
  return without_final_nul(event.data.subspan(prefix.text.size()));
}

bool loads_linux(std::string_view command) {
  const auto load = load_command(command);
  return load && load->loads == GrubLoad::linux;
}

/// The PCR that an EV_IPL event is for.  Where the registers are folded its form tells.
std::uint32_t ipl_register(const Event& event) {
  if (event.layout == RegisterLayout::tpm || !is_in(event, 8)) return event.pcr;
  if (grub_prefix(event.data)) return 8;
  if (uki_section(event.data)) return 11;
  if (is_utf16_ascii(event.data)) return 12;
  return as_text(event.data).starts_with("Mok") ? 14 : 9;
}

void look_at_command(const Event& event, Cast& cast) {
  const auto prefix = grub_prefix(event.data);
  if (!prefix) return;
  cast.grub = true;
  const std::string text = text_behind(*prefix, event);
  const auto words = words_of(unwrapped(text));
  if (words.size() < 2) return;
  if (loads_linux(text)) cast.kernels.emplace(without_device(words[1]));
  if (!loads_initrd(words[0])) return;
  for (std::size_t i = 1; i < words.size(); ++i) cast.initrds.emplace(without_device(words[i]));
}

Cast look_at(const ReplayedLog& replayed) {
  Cast out;
  for (const JudgedEvent& judged : replayed.events) {
    const Event& e = *judged.event;
    if (e.type != EventType::ipl) continue;
    const std::uint32_t pcr = ipl_register(e);
    if (pcr == 8) look_at_command(e, out);
    if (pcr == 11) out.stub = true;
    if (pcr == 14) out.shim = true;
  }
  return out;
}

/// Tags of Linux and systemd, see DataRule.
std::optional<EventLabel> label_tag(const Event& event) {
  if (is_bare_stub_text(event))
    return as_text(event.data).starts_with("Linux initrd")
               ? EventLabel{BootPart::initrd, "stub/initrd"}
               : EventLabel{BootPart::command_line, "stub/load_options"};
  ByteReader r("tagged_event", event.data);
  const std::uint32_t tag = r.u32_le("tag");
  if (!r.ok()) return std::nullopt;
  switch (tag) {
    case 0x8F3B22EC:
      return EventLabel{BootPart::initrd, "stub/initrd"};
    case 0x8F3B22ED:
      return EventLabel{BootPart::command_line, "stub/load_options"};
    case 0xF5BC582A:
      return EventLabel{BootPart::bootloader_config, "loader.conf"};
    case 0x6C46F751:
    case 0x49DFFE0F:
    case 0xDAC08E1A:
      return EventLabel{BootPart::extension, fmt::format("addon/{:08x}", tag)};
    default:
      return std::nullopt;
  }
}

EventLabel label_grub_text(const Event& event) {
  const auto prefix = grub_prefix(event.data);
  // systemd-boot before 251 measured the command line itself here.
  if (!prefix) return {BootPart::command_line, "loader/command_line"};
  if (prefix->kind == GrubText::kernel_command_line)
    return {BootPart::command_line, "grub/kernel_cmdline"};
  const std::string text = text_behind(*prefix, event);
  const auto words = words_of(unwrapped(text));
  if (words.empty()) return {BootPart::bootloader_config, "grub/"};
  if (loads_linux(text)) return {BootPart::command_line, "grub/linux"};
  if (loads_initrd(words[0])) return {BootPart::initrd, "grub/initrd"};
  return {BootPart::bootloader_config, fmt::format("grub/{}", words[0])};
}

EventLabel label_file(const Event& event, const Cast& cast) {
  const std::string name = without_final_nul(event.data);
  const std::string_view path = without_device(name);
  // RHEL 8's GRUB measures them by what they are, not by their path.
  if (name == "grub_linuxefi Kernel") return {BootPart::kernel, "file/kernel"};
  if (name == "grub_linuxefi Initrd") return {BootPart::initrd, "file/initrd"};
  if (cast.is_kernel(path)) return {BootPart::kernel, "file/kernel"};
  if (cast.is_initrd(path)) return {BootPart::initrd, "file/initrd"};
  return {BootPart::bootloader_config, fmt::format("file/{}", path)};
}

/// The section of a unified kernel image that an event of PCR 11 is about, name or content.
EventLabel label_section(const Event& event, bool content) {
  const std::string name = utf8_from_utf16le(event.data);
  const std::string key = fmt::format("section/{}{}", name, content ? "" : "/name");
  if (name == ".linux") return {BootPart::kernel, key};
  if (name == ".initrd") return {BootPart::initrd, key};
  if (name == ".cmdline") return {BootPart::command_line, key};
  return {BootPart::kernel, key};
}

/// Labels in the order of the log, because an application's role is told from its place.
class Labeller {
 public:
  explicit Labeller(const ReplayedLog& replayed) : cast_(look_at(replayed)) {}

  EventLabel label(const JudgedEvent& judged) {
    const Event& e = *judged.event;
    const auto is = [&e](EventType type) { return e.type == type; };
    using enum EventType;
    if (is(separator)) return {BootPart::flow, "separator"};
    if (is(no_action)) return {BootPart::settings, "note"};
    if (is(s_crtm_version)) return {BootPart::firmware, "version"};
    if (is(nonhost_info)) return {BootPart::technology, "nonhost_info"};
    if (is(efi_variable_driver_config) || is(efi_variable_boot) || is(efi_variable_boot2))
      return label_variable(e, &Labeller::part_of_setting);
    if (is(efi_variable_authority)) return label_variable(e, &Labeller::part_of_authority);
    if (is(efi_boot_services_application) && is_in(e, 4)) return label_application(e);
    if (is(efi_boot_services_application) || is(efi_boot_services_driver) ||
        is(efi_runtime_services_driver))
      return {BootPart::driver, "driver"};
    if (is(efi_gpt_event) || is(efi_gpt_event2)) return {BootPart::partition_table, "gpt"};
    if (is(action) || is(efi_action))
      return {BootPart::flow, fmt::format("action/{}", as_text(e.data))};
    if (is(omit_boot_device_events)) return {BootPart::flow, "omitted"};
    if (is(ipl)) return label_ipl(e);
    if (is(event_tag))
      if (auto tagged = label_tag(e)) return *tagged;
    return label_by_register(e);
  }

 private:
  static BootPart part_of_setting(const Event& event, const UefiVariable& variable) {
    const std::string_view name = variable.name;
    // In CC registers the boot order is in the one of the keys.
    if (!is_in(event, 7) || event.type != EventType::efi_variable_driver_config)
      return BootPart::settings;
    if (name == "SecureBoot" || name == "SetupMode" || name == "AuditMode" ||
        name == "DeployedMode")
      return BootPart::secure_boot;
    if (name == "PK" || name == "KEK" || name == "db") return BootPart::keys;
    return name == "dbx" ? BootPart::dbx : BootPart::settings;
  }

  static BootPart part_of_authority(const Event&, const UefiVariable& variable) {
    if (variable.vendor == kShimLock && variable.name == "SbatLevel") return BootPart::shim;
    if (variable.vendor == kShimLock && variable.name == "MokListTrusted") return BootPart::mok;
    return BootPart::authority;
  }

  using PartOfVariable = BootPart (*)(const Event&, const UefiVariable&);
  static EventLabel label_variable(const Event& event, PartOfVariable part) {
    const std::string_view kind =
        event.type == EventType::efi_variable_authority ? "authority" : "variable";
    const auto variable = parse_uefi_variable(event.data);
    if (!variable) return {BootPart::other, fmt::format("{}/", kind)};
    return {part(event, *variable), fmt::format("{}/{}", kind, variable->name)};
  }

  EventLabel label_ipl(const Event& e) {
    switch (ipl_register(e)) {
      case 8:
        return label_grub_text(e);
      case 9:
        return label_file(e, cast_);
      case 11:
        return label_section(e, std::exchange(section_named_, !section_named_));
      case 12:
        return {BootPart::command_line, "loader/command_line"};
      case 13:
        return {BootPart::extension, "sysext"};
      case 14:
        return {BootPart::mok, fmt::format("mok/{}", without_final_nul(e.data))};
      default:
        return {BootPart::other, fmt::format("ipl/{}", e.pcr)};
    }
  }

  /// Of CC registers, into which PCRs of several purposes are folded.
  static BootPart part_by_type(const Event& e) {
    using enum EventType;
    for (const EventType type : {efi_platform_firmware_blob, efi_platform_firmware_blob2,
                                 s_crtm_contents, post_code, post_code2, efi_hcrtm_event})
      if (e.type == type) return BootPart::firmware;
    return is_in(e, 8) ? BootPart::other : BootPart::settings;
  }

  /// PFP 1.06 table 1: what each of the firmware's PCRs is for.
  static EventLabel label_by_register(const Event& e) {
    const std::string key = fmt::format("{}/{}", name_of(e.type), e.pcr);
    if (e.layout == RegisterLayout::cc) return {part_by_type(e), key};
    switch (e.pcr) {
      case 0:
        return {BootPart::firmware, key};
      case 1:
      case 3:
      case 5:
      case 6:
        return {BootPart::settings, key};
      case 2:
        return {BootPart::driver, key};
      default:
        return {BootPart::other, key};
    }
  }

  /// By its name where it has one that says it, else by its place: shim loads GRUB, GRUB the
  /// kernel, and a unified kernel image the kernel inside it.
  EventLabel label_application(const Event& e) {
    const auto load = parse_image_load(e.data);
    if (load && load->of_firmware_file) return {BootPart::driver, "application/firmware"};
    const std::size_t place = seen_++;
    const BootPart part = part_by_name(load ? load->file_path : "").value_or(part_at(place));
    // The image that systemd-stub starts from holds kernel, command line and initrd.
    if (part == BootPart::kernel && cast_.stub && !std::exchange(unified_, true))
      return {part, "application/unified"};
    return {part, fmt::format("application/{}", name_of(part))};
  }

  static std::optional<BootPart> part_by_name(std::string_view path) {
    const std::string name = lower(path.substr(path.find_last_of("\\/") + 1));
    if (contains(name, "shim")) return BootPart::shim;
    for (const std::string_view loader : {"grub", "systemd-boot", "refind"})
      if (contains(name, loader)) return BootPart::bootloader;
    for (const std::string_view kernel : {"vmlinuz", "bzimage", "linux"})
      if (contains(name, kernel)) return BootPart::kernel;
    return std::nullopt;
  }

  [[nodiscard]] BootPart part_at(std::size_t place) const {
    const std::size_t loader = cast_.shim ? 1 : 0;
    if (place < loader) return BootPart::shim;
    if (place == loader) return cast_.stub ? BootPart::kernel : BootPart::bootloader;
    return cast_.grub || cast_.stub ? BootPart::kernel : BootPart::bootloader;
  }

  Cast cast_;
  std::size_t seen_ = 0;        ///< applications so far, the firmware's own apart
  bool unified_ = false;        ///< the unified kernel image was seen
  bool section_named_ = false;  ///< the next event of PCR 11 is the content of the section named
};

}  // namespace

std::vector<EventLabel> label_events(const ReplayedLog& replayed) {
  Labeller labeller(replayed);
  std::vector<EventLabel> out;
  out.reserve(replayed.events.size());
  for (const JudgedEvent& judged : replayed.events) out.push_back(labeller.label(judged));
  return out;
}

}  // namespace assay
