// SPDX-License-Identifier: Apache-2.0
#include "verify/boot_command_line.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "base/utf8.h"
#include "crypto/hash.h"
#include "formats/uefi.h"
#include "verify/boot_uki.h"
#include "verify/known_digests.h"
#include "verify/linux_stub.h"
#include "verify/printable.h"
#include "verify/register_layout.h"

namespace assay {

namespace {

constexpr std::uint32_t kStartPcr = 4, kTextPcr = 8, kStubPcr = 9, kUkiPcr = 11, kConfigPcr = 12;

/// A command line that systemd-boot or systemd-stub measured in UTF-16.
std::optional<std::string> systemd_text(const JudgedEvent& e) {
  const Event& event = *e.event;
  if (event.type != EventType::ipl || (e.trust != DataTrust::whole && e.trust != DataTrust::part) ||
      !is_utf16_ascii(event.data) || grub_prefix(event.data) || uki_section(event.data))
    return std::nullopt;
  Buffer whole = to_buffer(event.data);
  if (whole.size() % 2 != 0) whole.push_back(0);  // systemd-boot before 251 logs one byte less
  std::string text = utf8_from_utf16le(whole);
  while (!text.empty() && text.back() == '\0') text.pop_back();
  return text;
}

/// GRUB passes on the image's name before the line.
constexpr std::string_view kOfGrub[] = {"BOOT_IMAGE=", ""};

bool is_same(const std::string& line, const std::string& text) {
  return std::any_of(std::begin(kOfGrub), std::end(kOfGrub),
                     [&](std::string_view before) { return std::string(before) + line == text; });
}

/// What Linux' EFI stub measures if it was given a line: in UTF-16, perhaps with a NUL behind it.
/// Made once for a log, which may have a LoadOptions in every event.  Of a line with letters beyond
/// ASCII, which no command line has, nothing is.
class LoadOptionsOf {
 public:
  LoadOptionsOf(HashAlgorithm bank, const std::string& line) {
    if (!is_ascii(line)) return;
    for (const std::string_view before : kOfGrub) {
      Buffer text = utf16le(std::string(before) + line);
      digests_.push_back(hash(bank, text));
      text.insert(text.end(), 2, 0);
      digests_.push_back(hash(bank, text));
    }
  }

  [[nodiscard]] bool are(const Digest& load_options) const {
    return std::find(digests_.begin(), digests_.end(), load_options) != digests_.end();
  }

 private:
  std::vector<Digest> digests_;
};

/// The section's text may end in a line feed or a NUL.
bool is_section(const std::string& line, const Digest& section) {
  constexpr std::string_view kEnds[] = {"", "\n", {"\0", 1}, {"\n\0", 2}};
  return std::any_of(std::begin(kEnds), std::end(kEnds), [&](std::string_view end) {
    return hash(section.algorithm(), as_bytes(line + std::string(end))) == section;
  });
}

}  // namespace

void CommandLineReader::read(const JudgedEvent& e) {
  const Event& event = *e.event;
  if (e.trust == DataTrust::unmeasured) return;
  if (is_in(event, kStartPcr)) read_start(e);
  if (event.layout == RegisterLayout::cc) {
    // One register holds all of them: a text is known by its form, and what may hide one is not.
    if (!is_in(event, kConfigPcr)) return;
    if (auto text = systemd_text(e)) texts_.push_back({std::move(*text), true});
    if (stub_part(event) == StubPart::load_options)
      load_options_.push_back(replayed_.digest(event));
    return;
  }
  switch (event.pcr) {
    case kTextPcr:
      if (auto text = systemd_text(e))
        texts_.push_back({std::move(*text), false});
      else if (other_loader_ == nullptr)
        other_loader_ = &event;
      break;
    case kStubPcr:
      of_stub_.push_back(stub_part(event));
      if (stub_part(event) == StubPart::load_options)
        load_options_.push_back(replayed_.digest(event));
      break;
    case kUkiPcr:
      if (image_ == nullptr) image_ = &event;
      break;
    case kConfigPcr:
      read_config(e);
      break;
    default:
      break;
  }
}

void CommandLineReader::read_config(const JudgedEvent& e) {
  if (auto text = systemd_text(e))
    texts_.push_back({std::move(*text), true});
  else if (other_config_ == nullptr)
    other_config_ = e.event;
}

/// What was started from a boot option and came back may have been a loader or a kernel, whose
/// measurements stay: the kernel that runs is of a later option, and may have been given another
/// line.
void CommandLineReader::read_start(const JudgedEvent& e) {
  if (e.event->type == EventType::efi_boot_services_application) ++started_;
  if (!e.is(EventType::efi_action) || as_text(e.event->data) != kCallingApplication) return;
  if (std::exchange(attempted_, true) && started_ > 0) restarted_ = e.event;
  started_ = 0;
}

/// Registers that the log is silent about, or that hold what may be a line under another name.
std::string CommandLineReader::doubt_of_registers(bool of_grub) const {
  if (restarted_ != nullptr)
    return describe(*restarted_) + ": what was started before may have measured the line";
  for (const std::uint32_t pcr : {kUkiPcr, kConfigPcr})
    if (replayed_.silent[pcr])
      return fmt::format("PCR {} is not quoted, or holds what the log does not show", pcr);
  if (other_config_ != nullptr) return describe(*other_config_) + ": may hide a line, or add to it";
  // GRUB measures the files that it reads into PCR 9, so there one could pass for LoadOptions.
  if (!of_grub && other_loader_ != nullptr)
    return describe(*other_loader_) + ": another boot loader was at work";
  return {};
}

/// Why a line that was measured may not be the one that the kernel was given; empty if nothing
/// speaks against it.
std::string CommandLineReader::doubt_of(const std::string& line, const GrubReading& grub,
                                        const std::optional<UkiState>& uki) const {
  const bool of_grub = grub.kernel_command_line.has_value();
  for (const Text& other : texts_)
    if (of_grub ? !is_same(line, other.text) : line != other.text)
      return "several lines were measured, and they differ";
  if (std::string doubt = doubt_of_registers(of_grub); !doubt.empty()) return doubt;
  if (!uki)
    return image_ == nullptr ? "" : describe(*image_) + ": may hide a section of a kernel image";
  const Digest* const section = find_section(*uki, ".cmdline");
  if (section != nullptr)
    return is_section(line, *section) ? "" : "the kernel image has another one in .cmdline";
  return texts_.empty() ? "the stub of the kernel image measured no line" : "";
}

bool CommandLineReader::begins_with_load_options() const {
  return !of_stub_.empty() && of_stub_.front() == StubPart::load_options;
}

/// Linux measures what it was given before anything else in PCR 9, and its initial RAM disk behind
/// that, so nobody can come before it.  efi_convert_cmdline, drivers/firmware/efi/libstub.
bool CommandLineReader::is_confirmed(const std::string& line) const {
  const bool nothing_else =
      of_stub_.size() == 1 || (of_stub_.size() == 2 && of_stub_.back() == StubPart::initrd);
  return begins_with_load_options() && nothing_else &&
         LoadOptionsOf(load_options_.front().algorithm(), line).are(load_options_.front());
}

/// LoadOptions that may be anything else that was measured into PCR 9: all that neither the line
/// explains nor their place.
std::vector<Digest> CommandLineReader::unexplained(const CommandLineReading& reading) const {
  const auto& by = reading.measured_by;
  if (std::find(by.begin(), by.end(), CommandLineSource::linux_stub) != by.end()) return {};
  return {load_options_.begin() + (begins_with_load_options() ? 1 : 0), load_options_.end()};
}

/// A loader's word against the kernel's own.  Every LoadOptions must be that line: one that is not
/// may be a file of GRUB, relabelled to hide it.
void CommandLineReader::check_load_options(const std::optional<std::string>& line, bool of_grub,
                                           Verdict& verdict) const {
  constexpr const char* kId = "boot.kernel.load_options";
  if (!line || load_options_.empty())
    return verdict.absent(kId, load_options_.empty() ? "the kernel measured no LoadOptions"
                                                     : "no loader's command line to compare");
  const LoadOptionsOf given(load_options_.front().algorithm(), *line);
  const bool equal = std::all_of(load_options_.begin(), load_options_.end(),
                                 [&](const Digest& d) { return given.are(d); });
  if (!equal && !of_grub)
    return verdict.absent(kId, "LoadOptions of another command line than the loader measured");
  verdict.require(kId, equal, "the loader's command line is what the kernel was given",
                  equal ? "equal" : "LoadOptions of another command line",
                  "boot one kernel without going back to the menu; the log may have been changed");
}

CommandLineReading CommandLineReader::finish(const GrubReading& grub,
                                             const std::optional<UkiState>& uki, Verdict& verdict) {
  constexpr const char* kLine = "boot.kernel.command_line";
  constexpr const char* kSources = "boot.kernel.sources";
  CommandLineReading out;
  const bool of_grub = grub.kernel_command_line.has_value();
  std::optional<std::string> line = grub.kernel_command_line;
  if (!line && grub.fault.empty() && !texts_.empty()) line = texts_.front().text;
  check_load_options(line, of_grub, verdict);
  out.load_options = load_options_;
  if (!grub.fault.empty() || !line) {
    if (grub.fault.empty())
      verdict.absent(kLine, "no boot loader measured a kernel command line");
    else
      verdict.require(kLine, false, "one linux command, and its command line right behind it",
                      grub.fault,
                      "boot one kernel without going back to the menu; the log may have been "
                      "changed");
    verdict.absent(kSources, uki && find_section(*uki, ".cmdline") != nullptr
                                 ? "the kernel image has its own, measured by digest alone"
                                 : "no command line");
    return out;
  }
  std::string doubt = doubt_of(*line, grub, uki);
  const bool confirmed = doubt.empty() && is_confirmed(*line);
  if (doubt.empty() && !of_grub && !confirmed) {
    out.unconfirmed = line;
    doubt = "Linux does not confirm it: its LoadOptions are not what PCR 9 begins with";
  }
  if (!doubt.empty()) {
    verdict.absent(kLine, "not believed: " + printable(*line));
    verdict.absent(kSources, doubt);
    return out;
  }
  if (of_grub) out.measured_by.push_back(CommandLineSource::grub);
  if (!texts_.empty()) out.measured_by.push_back(CommandLineSource::systemd);
  if (uki && find_section(*uki, ".cmdline") != nullptr)
    out.measured_by.push_back(CommandLineSource::uki);
  if (!load_options_.empty()) out.measured_by.push_back(CommandLineSource::linux_stub);
  std::vector<std::string_view> names;
  for (const CommandLineSource source : out.measured_by) names.push_back(name_of(source));
  verdict.require(kLine, true, "one command line", *line);
  verdict.require(kSources, true, "all that measured a command line agree, and none can be hidden",
                  fmt::format("{}", fmt::join(names, ", ")));
  out.text = std::move(line);
  return out;
}

}  // namespace assay
