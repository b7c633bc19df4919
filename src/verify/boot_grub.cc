// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "verify/boot_grub.h"
#include "verify/grub_command.h"
#include "verify/register_layout.h"

namespace assay {

namespace {

constexpr std::uint32_t kCommandPcr = 8, kFilePcr = 9;

std::string up_to_nul(Bytes data) {
  const std::string_view text = as_text(data);
  return std::string(text.substr(0, text.find('\0')));
}

/// The arguments of a command that begins with one of `names`, each with its space.
std::optional<std::string_view> arguments_of(std::string_view command,
                                             std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names)
    if (command.starts_with(name)) return command.substr(name.size());
  return std::nullopt;
}

/// GRUB quotes arguments for the kernel, not for its own command log.
constexpr auto is_quote = [](char c) { return c == '"' || c == '\'' || c == '\\'; };

/// A text without its quotes, with one space where there are several and none around it.
std::string unquoted(std::string_view text) {
  std::string out(text);
  std::erase_if(out, is_quote);
  const auto spaces = [](char a, char b) { return a == ' ' && b == ' '; };
  if (out.find("  ") != std::string::npos)
    out.erase(std::unique(out.begin(), out.end(), spaces), out.end());
  if (out.ends_with(' ')) out.pop_back();
  if (out.starts_with(' ')) out.erase(0, 1);
  return out;
}

constexpr auto kNone = std::string_view::npos;

/// Where unquoted(text) begins.
std::string_view from_first_letter(std::string_view text) {
  const std::size_t at = text.find_first_not_of("\"'\\ ");
  return at == kNone ? std::string_view() : text.substr(at);
}

/// Whether unquoted(text) begins with these letters, where `text` begins with one.
bool begins_with(std::string_view text, std::string_view letters) {
  for (; !letters.empty() && !text.empty(); text.remove_prefix(1)) {
    if (is_quote(text.front())) continue;
    if (text.front() != letters.front()) return false;
    letters.remove_prefix(1);
  }
  return letters.empty();
}

/// Whether a word of unquoted(command) behind the first may begin as `text` does.  Menus have long
/// entries that differ in few letters: they need not be unquoted to be told apart.
bool may_hold_text(std::string_view command, std::string_view text) {
  text = from_first_letter(text);
  const std::string_view letters = text.substr(0, text.find_first_of("\"'\\ "));
  for (std::size_t space = command.find(' '); space != kNone; space = command.find(' ', space + 1))
    if (begins_with(command.substr(space + 1), letters)) return true;
  return false;
}

/// No command of GRUB's begins like this: a path does, with a device or not, and a list of blocks.
bool begins_like_path(std::string_view text) {
  return !text.empty() &&
         std::string_view("/(0123456789").find(text.front()) != std::string_view::npos;
}

/// Whether a text is the last arguments of the command before it.  "insmod blscfg" and "blscfg" may
/// well follow each other.
bool repeats_arguments(std::string_view text, std::string_view command) {
  if (!may_hold_text(command, text)) return false;
  const std::string arguments = unquoted(text), whole = unquoted(command);
  return !arguments.empty() && whole.ends_with(" " + arguments) && !whole.starts_with("insmod ");
}

/// The arguments, unquoted, of a command that loads a module beside a kernel: GRUB measures them
/// again.
std::optional<std::string> module_arguments(std::string_view command) {
  if (!begins_with(from_first_letter(command), "module")) return std::nullopt;
  const std::string whole = unquoted(command);
  const auto arguments = arguments_of(whole, {"module ", "module2 "});
  return arguments ? std::optional<std::string>(*arguments) : std::nullopt;
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
    grub_.commands.push_back(up_to_nul(e.event->data));
    const std::string_view text = as_text(grub_text(e.event->data, *prefix));
    const std::string_view before = std::exchange(before_, text);
    if (std::exchange(awaited_, false)) {
      if (prefix->kind != GrubText::kernel_command_line || unquoted(text) != loading_)
        return bad(e, "not the command line of the linux command before it");
      command_line_ = text;
    } else if (prefix->kind == GrubText::kernel_command_line) {
      bad(e, "a command line without its linux command");
    } else if (const auto module = module_arguments(before)) {
      if (unquoted(text) != *module) bad(e, "not the command line of the module command before it");
    } else if (begins_like_path(text) || repeats_arguments(text, before)) {
      bad(e, "may be the command line of a kernel, under another name");
    } else if (const auto load = load_command(text)) {
      if (loading_) return bad(e, "a second command that loads something to boot");
      loading_ = unquoted(load->arguments);
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
  std::optional<std::string> loading_;
  std::string_view before_;   ///< the text before this one, as measured
  bool awaited_ = false;      ///< the next text must be the command line
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
