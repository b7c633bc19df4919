// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "verify/boot_parts.h"

namespace assay {

namespace {

constexpr std::uint32_t kCommandPcr = 8, kFilePcr = 9;

std::string without_final_nul(Bytes data) {
  if (!data.empty() && data.back() == 0) data = data.first(data.size() - 1);
  return to_text(data);
}

/// The arguments of a command that loads a kernel: "linux ARGS", "linuxefi ARGS", "linux16 ARGS".
std::optional<std::string_view> kernel_arguments(std::string_view command) {
  for (const std::string_view name : {"linux ", "linuxefi ", "linux16 "})
    if (command.starts_with(name)) return command.substr(name.size());
  return std::nullopt;
}

/// GRUB quotes arguments for the kernel, not for its own command log: compare without.
std::string unquoted(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (c == '"' || c == '\'' || c == '\\') continue;
    if (c == ' ' && (out.empty() || out.back() == ' ')) continue;
    out.push_back(c);
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

class GrubReader {
 public:
  explicit GrubReader(const ReplayedLog& replayed) : replayed_(replayed) {}

  void read(const JudgedEvent& e) {
    if (e.event->type != EventType::ipl) return;
    if (e.event->pcr == kFilePcr) {
      grub_.files.push_back({replayed_.digest(*e.event), without_final_nul(e.event->data)});
    } else if (e.event->pcr == kCommandPcr && e.trust != DataTrust::mismatch) {
      read_text(e);
    }
  }

  GrubReading finish(Verdict& verdict) {
    check_command_line(verdict);
    GrubReading out;
    if (!grub_.commands.empty() || !grub_.files.empty()) out.grub = std::move(grub_);
    if (fault_.empty()) out.kernel_command_line = std::move(command_line_);
    return out;
  }

 private:
  /// The prefix says what a text is, and is not measured; the text is.
  void read_text(const JudgedEvent& e) {
    const auto prefix = grub_prefix(e.event->data);
    if (!prefix) return;
    grub_.commands.push_back(without_final_nul(e.event->data));
    std::string text = without_final_nul(e.event->data.subspan(prefix->text.size()));
    switch (prefix->kind) {
      case GrubText::command:
        if (const auto arguments = kernel_arguments(text)) {
          loading_ = unquoted(*arguments);
          command_line_.reset();
        }
        return;
      case GrubText::kernel_command_line:
        return read_command_line(e, std::move(text));
      case GrubText::module_command_line:
        return;
    }
  }

  /// A command relabelled as a command line would have to repeat the arguments of the command that
  /// loaded the kernel, which is measured just before it.
  void read_command_line(const JudgedEvent& e, std::string text) {
    if (++command_lines_ > 1)
      fault_ = fmt::format("{}: a second command line", describe(*e.event));
    else if (!loading_ || *loading_ != unquoted(text))
      fault_ = fmt::format("{}: not what the last linux command loaded", describe(*e.event));
    command_line_ = std::move(text);
  }

  void check_command_line(Verdict& verdict) {
    constexpr const char* kId = "boot.kernel.command_line";
    if (!loading_ && command_lines_ == 0)
      return verdict.absent(kId, "GRUB measured no kernel command line");
    if (fault_.empty() && !command_line_)
      fault_ = "a linux command without the command line that it loaded";
    verdict.require(
        kId, fault_.empty(), "one command line, equal to the last linux command",
        fault_.empty() ? *command_line_ : fault_,
        "boot one kernel without going back to the menu; the log may have been changed");
  }

  const ReplayedLog& replayed_;
  GrubState grub_;
  std::optional<std::string> loading_;
  std::optional<std::string> command_line_;
  int command_lines_ = 0;
  std::string fault_;
};

}  // namespace

GrubReading read_grub(const ReplayedLog& replayed, Verdict& verdict) {
  GrubReader reader(replayed);
  for (const JudgedEvent& e : replayed.events) reader.read(e);
  return reader.finish(verdict);
}

}  // namespace assay
