// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <utility>

#include "verify/boot_parts.h"

namespace assay {

namespace {

constexpr std::uint32_t kCommandPcr = 8, kFilePcr = 9;

std::string without_final_nul(Bytes data) {
  if (!data.empty() && data.back() == 0) data = data.first(data.size() - 1);
  return to_text(data);
}

/// The arguments of a command that loads something to boot: "linux ARGS", "linuxefi ARGS", ...
std::optional<std::string_view> kernel_arguments(std::string_view command) {
  for (const std::string_view name :
       {"linux ", "linuxefi ", "linux16 ", "multiboot ", "multiboot2 ", "chainloader "})
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
  /// Labels are not measured; texts and their order are.  So the text right behind the one command
  /// that loads a kernel is that kernel's command line, whatever the log calls it, and what repeats
  /// either of them was extended later by somebody else.
  void read_text(const JudgedEvent& e) {
    const auto prefix = grub_prefix(e.event->data);
    if (!prefix) return;
    grub_.commands.push_back(without_final_nul(e.event->data));
    std::string text = without_final_nul(e.event->data.subspan(prefix->text.size()));
    if (std::exchange(awaited_, false)) {
      if (prefix->kind != GrubText::kernel_command_line || unquoted(text) != *loading_)
        return bad(e, "not the command line of the linux command before it");
      command_line_ = std::move(text);
    } else if (prefix->kind == GrubText::kernel_command_line) {
      bad(e, "a command line without its linux command");
    } else if (const auto arguments = kernel_arguments(text)) {
      if (loading_) return bad(e, "a second linux command");
      loading_ = unquoted(*arguments);
      awaited_ = true;
    }
  }

  void bad(const JudgedEvent& e, std::string_view why) {
    if (fault_.empty()) fault_ = fmt::format("{}: {}", describe(*e.event), why);
  }

  void check_command_line(Verdict& verdict) {
    constexpr const char* kId = "boot.kernel.command_line";
    if (!loading_ && fault_.empty())
      return verdict.absent(kId, "GRUB measured no kernel command line");
    if (fault_.empty() && !command_line_)
      fault_ = "a linux command without the command line that it loaded";
    verdict.require(
        kId, fault_.empty(), "one linux command, and its command line right behind it",
        fault_.empty() ? *command_line_ : fault_,
        "boot one kernel without going back to the menu; the log may have been changed");
  }

  const ReplayedLog& replayed_;
  GrubState grub_;
  std::optional<std::string> loading_;
  bool awaited_ = false;  ///< the next text must be the command line
  std::optional<std::string> command_line_;
  std::string fault_;
};

}  // namespace

GrubReading read_grub(const ReplayedLog& replayed, Verdict& verdict) {
  GrubReader reader(replayed);
  for (const JudgedEvent& e : replayed.events) reader.read(e);
  return reader.finish(verdict);
}

}  // namespace assay
