// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "crypto/hash.h"
#include "formats/uefi.h"
#include "verify/boot_grub.h"
#include "verify/register_layout.h"

namespace assay {

namespace {

constexpr std::uint32_t kTextPcr = 8, kStubPcr = 9, kUkiPcr = 11, kConfigPcr = 12;
constexpr std::uint32_t kInitrdTag = 0x8F3B22EC, kLoadOptionsTag = 0x8F3B22ED;

/// Which of its texts Linux' EFI stub logged: by tag, or by the bare text in some CC logs.
std::optional<std::uint32_t> stub_tag(const Event& event) {
  if (event.type != EventType::event_tag || !is_in(event, kStubPcr)) return std::nullopt;
  if (is_bare_stub_text(event))
    return as_text(event.data).starts_with("Linux") ? kInitrdTag : kLoadOptionsTag;
  return tag_of(event.data);
}

/// A command line that systemd-boot or systemd-stub measured in UTF-16: PCR 8, since systemd 251
/// PCR 12.
std::optional<std::string> systemd_command_line(const JudgedEvent& e) {
  const Event& event = *e.event;
  if (event.type != EventType::ipl || (!is_in(event, kTextPcr) && !is_in(event, kConfigPcr)) ||
      (e.trust != DataTrust::whole && e.trust != DataTrust::part) || !is_utf16_ascii(event.data) ||
      grub_prefix(event.data))
    return std::nullopt;
  Buffer whole = to_buffer(event.data);
  if (whole.size() % 2 != 0) whole.push_back(0);  // logged without the last byte
  std::string text = utf8_from_utf16le(whole);
  while (!text.empty() && text.back() == '\0') text.pop_back();
  return text;
}

/// Pairs of events, each naming a section: of the first the name is measured, of the second the
/// content.  systemd-stub, measure_sections.
class UkiReader {
 public:
  explicit UkiReader(const ReplayedLog& replayed) : replayed_(replayed) {}

  void read(const JudgedEvent& e) {
    if (e.event->type != EventType::ipl || !is_in(*e.event, kUkiPcr)) return;
    const auto section = uki_section(e.event->data);
    if (!section) return;
    if (e.trust == DataTrust::part) {
      if (!named_.empty()) bad(e);
      named_ = *section;
    } else if (e.trust == DataTrust::elsewhere && named_ == *section) {
      state_.sections.push_back({std::string(*section), replayed_.digest(*e.event)});
      named_ = {};
    } else {
      bad(e);
    }
  }

  std::optional<UkiState> finish(Verdict& verdict) {
    constexpr const char* kId = "boot.uki.sections";
    if (state_.sections.empty() && named_.empty() && fault_.empty()) {
      verdict.absent(kId, "no unified kernel image");
      return std::nullopt;
    }
    if (fault_.empty() && !named_.empty()) fault_ = fmt::format("{} has no content", named_);
    verdict.require(kId, fault_.empty(), "the measured name of each section before its content",
                    fault_.empty() ? fmt::format("{} sections", state_.sections.size()) : fault_,
                    "the log was changed, or something else extended PCR 11 before the kernel");
    if (!fault_.empty()) return std::nullopt;
    return std::move(state_);
  }

 private:
  void bad(const JudgedEvent& e) {
    if (fault_.empty()) fault_ = fmt::format("{}: not a name and its content", describe(*e.event));
  }

  const ReplayedLog& replayed_;
  UkiState state_;
  std::string_view named_;
  std::string fault_;
};

/// What Linux' EFI stub may have been given, in UTF-16: GRUB puts the image's name before it, and
/// some loaders a NUL behind it.
bool is_given(const std::string& command_line, const Digest& load_options) {
  for (const std::string_view before : {"BOOT_IMAGE=", ""}) {
    Buffer text = utf16le(std::string(before) + command_line);
    if (hash(load_options.algorithm(), text) == load_options) return true;
    text.insert(text.end(), 2, 0);
    if (hash(load_options.algorithm(), text) == load_options) return true;
  }
  return false;
}

/// A unified kernel image with a command line of its own was not given another one while Secure
/// Boot was on; and the running system can extend PCR 12.  So only that line counts.
bool is_possible(const std::string& command_line, const std::optional<UkiState>& uki) {
  if (!uki) return true;
  const auto own = std::find_if(uki->sections.begin(), uki->sections.end(),
                                [](const UkiState::Section& s) { return s.name == ".cmdline"; });
  if (own == uki->sections.end()) return true;
  const HashAlgorithm bank = own->digest.algorithm();
  for (const std::string_view end : {std::string_view(""), std::string_view("\n"),
                                     std::string_view("\0", 1), std::string_view("\n\0", 2)})
    if (hash(bank, as_bytes(command_line + std::string(end))) == own->digest) return true;
  return false;
}

/// GRUB's word against the kernel's own.  systemd's may have been added to.
void check_load_options(const std::optional<std::string>& of_grub,
                        const std::vector<Digest>& load_options, Verdict& verdict) {
  constexpr const char* kId = "boot.kernel.load_options";
  if (!of_grub || load_options.empty())
    return verdict.absent(kId, load_options.empty() ? "the kernel measured no LoadOptions"
                                                    : "no command line of GRUB to compare");
  const bool equal = std::any_of(load_options.begin(), load_options.end(),
                                 [&](const Digest& d) { return is_given(*of_grub, d); });
  verdict.require(kId, equal, "GRUB's command line is what the kernel was given",
                  equal ? "equal" : "LoadOptions of another command line",
                  "boot one kernel without going back to the menu; the log may have been changed");
}

void check_command_line(const GrubReading& grub, const std::optional<std::string>& command_line,
                        Verdict& verdict) {
  constexpr const char* kId = "boot.kernel.command_line";
  if (grub.fault.empty() && !command_line)
    return verdict.absent(kId, "no boot loader measured a kernel command line");
  verdict.require(kId, grub.fault.empty(),
                  "one linux command, and its command line right behind it",
                  grub.fault.empty() ? *command_line : grub.fault,
                  "boot one kernel without going back to the menu; the log may have been changed");
}

}  // namespace

LoaderReading read_loader(const ReplayedLog& replayed, Verdict& verdict) {
  GrubReading grub = read_grub(replayed);
  UkiReader uki(replayed);
  LoaderReading out;
  std::vector<Digest> load_options;
  std::vector<std::string> of_systemd;
  for (const JudgedEvent& e : replayed.events) {
    uki.read(e);
    if (auto text = systemd_command_line(e)) of_systemd.push_back(std::move(*text));
    const auto tag = stub_tag(*e.event);
    if (tag == kInitrdTag) out.initrds.push_back(replayed.digest(*e.event));
    if (tag == kLoadOptionsTag) load_options.push_back(replayed.digest(*e.event));
  }
  out.uki = uki.finish(verdict);
  if (out.uki)
    for (const UkiState::Section& section : out.uki->sections)
      if (section.name == ".initrd") out.initrds.push_back(section.digest);
  check_load_options(grub.kernel_command_line, load_options, verdict);
  out.kernel_command_line = grub.kernel_command_line;
  // Loader and stub measure the same line; several would be parts of one that nobody shows whole.
  const bool one_text = !of_systemd.empty() && std::all_of(of_systemd.begin(), of_systemd.end(),
                                                           [&](const std::string& text) {
                                                             return text == of_systemd.front();
                                                           });
  if (!out.kernel_command_line && grub.fault.empty() && one_text &&
      is_possible(of_systemd.front(), out.uki))
    out.kernel_command_line = of_systemd.front();
  check_command_line(grub, out.kernel_command_line, verdict);
  out.grub = std::move(grub.grub);
  return out;
}

}  // namespace assay
