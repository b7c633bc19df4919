// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "crypto/hash.h"
#include "formats/uefi.h"
#include "verify/boot_grub.h"
#include "verify/register_layout.h"

namespace assay {

namespace {

constexpr std::uint32_t kStubPcr = 9, kUkiPcr = 11;
constexpr std::uint32_t kInitrdTag = 0x8F3B22EC, kLoadOptionsTag = 0x8F3B22ED;

/// Which of its texts Linux' EFI stub logged: by tag, or by the bare text in some CC logs.
std::optional<std::uint32_t> stub_tag(const Event& event) {
  if (event.type != EventType::event_tag || !is_in(event, kStubPcr)) return std::nullopt;
  if (is_bare_stub_text(event))
    return as_text(event.data).starts_with("Linux") ? kInitrdTag : kLoadOptionsTag;
  return tag_of(event.data);
}

/// Pairs of events, each naming a section: of the first the name is measured, of the second the
/// content.  systemd-stub, measure_sections.
class UkiReader {
 public:
  explicit UkiReader(const ReplayedLog& replayed) : replayed_(replayed) {}

  void read(const JudgedEvent& e) {
    if (!is_in(*e.event, kUkiPcr) || e.event->layout != RegisterLayout::tpm) return read_folded(e);
    if (e.trust == DataTrust::unmeasured || e.is(EventType::separator)) return;
    const auto section =
        e.event->type == EventType::ipl ? uki_section(e.event->data) : std::nullopt;
    // Where sections are, everything else may be a section that was relabelled to hide it.
    if (!section) {
      if (foreign_ == nullptr) foreign_ = e.event;
      return;
    }
    read_section(e, *section);
  }

  std::optional<UkiState> finish(Verdict& verdict) {
    constexpr const char* kId = "boot.uki.sections";
    if (state_.sections.empty() && named_.empty() && fault_.empty()) {
      verdict.absent(kId, "no unified kernel image");
      return std::nullopt;
    }
    if (fault_.empty() && foreign_ != nullptr)
      fault_ = fmt::format("{}: not a section", describe(*foreign_));
    if (fault_.empty() && !named_.empty()) fault_ = fmt::format("{} has no content", named_);
    verdict.require(kId, fault_.empty(), "the measured name of each section before its content",
                    fault_.empty() ? fmt::format("{} sections", state_.sections.size()) : fault_,
                    "the log was changed, or something else extended PCR 11 before the kernel");
    if (!fault_.empty()) return std::nullopt;
    return std::move(state_);
  }

 private:
  /// A register of a CC log holds other PCRs too, so only what names a section is looked at.
  void read_folded(const JudgedEvent& e) {
    if (e.event->type != EventType::ipl || !is_in(*e.event, kUkiPcr)) return;
    if (const auto section = uki_section(e.event->data)) read_section(e, *section);
  }

  void read_section(const JudgedEvent& e, std::string_view section) {
    if (e.trust == DataTrust::part) {
      if (!named_.empty()) bad(e);
      named_ = section;
    } else if (e.trust == DataTrust::elsewhere && named_ == section) {
      state_.sections.push_back({std::string(section), replayed_.digest(*e.event)});
      named_ = {};
    } else {
      bad(e);
    }
  }

  void bad(const JudgedEvent& e) {
    if (fault_.empty()) fault_ = fmt::format("{}: not a name and its content", describe(*e.event));
  }

  const ReplayedLog& replayed_;
  UkiState state_;
  std::string_view named_;
  const Event* foreign_ = nullptr;
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

/// GRUB's word against the kernel's own.  Every LoadOptions must be that line: one that is not may
/// be a file of GRUB, relabelled to hide it.
void check_load_options(const std::optional<std::string>& of_grub,
                        const std::vector<Digest>& load_options, Verdict& verdict) {
  constexpr const char* kId = "boot.kernel.load_options";
  if (!of_grub || load_options.empty())
    return verdict.absent(kId, load_options.empty() ? "the kernel measured no LoadOptions"
                                                    : "no command line of GRUB to compare");
  const bool equal = std::all_of(load_options.begin(), load_options.end(),
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
  for (const JudgedEvent& e : replayed.events) {
    uki.read(e);
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
  // A line that systemd measured into PCR 8 or 12 is not taken: the running system can relabel it
  // and extend another, and no other register holds it to the truth.
  check_command_line(grub, out.kernel_command_line, verdict);
  out.grub = std::move(grub.grub);
  return out;
}

}  // namespace assay
