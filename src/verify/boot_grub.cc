// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "verify/boot_grub.h"
#include "verify/grub_arguments.h"
#include "verify/grub_command.h"
#include "verify/register_layout.h"

namespace assay {

namespace {

constexpr std::uint32_t kCommandPcr = 8, kFilePcr = 9;

std::string up_to_nul(Bytes data) {
  const std::string_view text = as_text(data);
  return std::string(text.substr(0, text.find('\0')));
}

/// No command of GRUB's begins like this: a path does, with a device or not, and a list of blocks.
bool begins_like_path(std::string_view text) {
  return !text.empty() &&
         std::string_view("/(0123456789").find(text.front()) != std::string_view::npos;
}

/// Whether a text is the last arguments of the command before it.  "insmod blscfg" and "blscfg" may
/// well follow each other.
bool repeats_arguments(std::string_view text, std::string_view command) {
  return are_last_arguments(text, command) && !arguments_of(command, "insmod");
}

/// The arguments of a command that loads a module beside a kernel: GRUB measures them again.
std::optional<std::string_view> module_arguments(std::string_view command) {
  const auto arguments = arguments_of(command, "module");
  return arguments ? arguments : arguments_of(command, "module2");
}

class GrubReader {
 public:
  explicit GrubReader(const ReplayedLog& replayed) : replayed_(replayed) {}

  void read(const JudgedEvent& e) {
    const Event& event = *e.event;
    if (event.type != EventType::ipl) return;
    // A CC register holds both: what has a command's prefix is one.
    const bool text = is_in(event, kCommandPcr) && grub_prefix(event.data).has_value();
    if (text && e.trust != DataTrust::mismatch)
      read_text(e);
    else if (!text && is_in(event, kFilePcr) && is_file(event))
      grub_.files.push_back({replayed_.digest(event), up_to_nul(event.data)});
  }

  GrubReading finish() {
    if (fault_.empty() && loading_ && !command_line_ && !chainloaded_)
      fault_ = "a linux command without the command line that it loaded";
    GrubReading out;
    if (!grub_.commands.empty() || !grub_.files.empty()) out.grub = std::move(grub_);
    if (fault_.empty()) out.kernel_command_line = std::move(command_line_);
    out.fault = std::move(fault_);
    return out;
  }

 private:
  /// Where the registers are folded, shim's variables and systemd's sections are not GRUB's files.
  static bool is_file(const Event& event) {
    if (event.layout == RegisterLayout::tpm) return true;
    return !uki_section(event.data) && !is_utf16_ascii(event.data) &&
           !as_text(event.data).starts_with("Mok");
  }

  /// Labels are not measured; texts and their order are.  So the text right behind the one command
  /// that loads a kernel is that kernel's command line, whatever the log calls it, and what repeats
  /// either of them was extended later by somebody else.  There are more ways to run a command
  /// ("time linux ..."), so no other text may be the arguments of the one before it, or a path.
  void read_text(const JudgedEvent& e) {
    const auto prefix = grub_prefix(e.event->data);
    if (!prefix) return;
    const std::string_view text = as_text(grub_text(e.event->data, *prefix));
    grub_.commands.emplace_back(
        as_text(e.event->data).substr(0, prefix->text.size() + text.size()));
    const std::string_view before = std::exchange(before_, text);
    if (std::exchange(awaited_, false)) {
      if (prefix->kind != GrubText::kernel_command_line || !loading_ ||
          !are_same_arguments(text, *loading_))
        return bad(e, "not the command line of the linux command before it");
      command_line_ = text;
    } else if (prefix->kind == GrubText::kernel_command_line) {
      bad(e, "a command line without its linux command");
    } else if (const auto module = module_arguments(before)) {
      if (!are_same_arguments(text, *module))
        bad(e, "not the command line of the module command before it");
    } else if (begins_like_path(text) || repeats_arguments(text, before)) {
      bad(e, "may be the command line of a kernel, under another name");
    } else if (const auto load = load_command(text)) {
      if (loading_) return bad(e, "a second command that loads something to boot");
      loading_ = load->arguments;
      // What it starts measures its own command line, and not here.
      chainloaded_ = load->loads == GrubLoad::other;
      awaited_ = !chainloaded_;
    }
  }

  void bad(const JudgedEvent& e, std::string_view why) {
    if (fault_.empty()) fault_ = fmt::format("{}: {}", describe(*e.event), why);
  }

  const ReplayedLog& replayed_;
  GrubState grub_;
  std::optional<std::string_view> loading_;  ///< arguments, as measured
  std::string_view before_;                  ///< the text before this one, as measured
  bool awaited_ = false;                     ///< the next text must be the command line
  bool chainloaded_ = false;  ///< another boot loader or image, not a kernel of GRUB's
  std::optional<std::string> command_line_;
  std::string fault_;
};

}  // namespace

GrubReading read_grub(const ReplayedLog& replayed) {
  GrubReader reader(replayed);
  for (const JudgedEvent& e : replayed.events) reader.read(e);
  return reader.finish();
}

}  // namespace assay
