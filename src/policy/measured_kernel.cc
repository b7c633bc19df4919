// SPDX-License-Identifier: Apache-2.0
#include "policy/measured_kernel.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "base/blanks.h"
#include "verify/grub_command.h"
#include "verify/measured_data.h"

namespace assay {

namespace {

/// Commands that read no file.  `set` is none: `set lang=x` reads a translation.
constexpr std::array<std::string_view, 8> kHarmless{"echo", "unset", "export", "boot",
                                                    "true", "sleep", "clear",  "setparams"};

bool is_harmless(std::string_view command) {
  return std::find(kHarmless.begin(), kHarmless.end(), command) != kHarmless.end();
}

/// What GRUB loaded: whether it was told to load a kernel, and how many files it read after that
/// one; nothing where that cannot be told.
struct Loading {
  bool linux = false;
  std::optional<std::size_t> files_behind = 0;
};

Loading loading_of(const GrubState& grub) {
  Loading out;
  for (const std::string& command : grub.commands) {
    const auto prefix = grub_prefix(as_bytes(command));
    if (!prefix) continue;
    // GRUB measures a line only of a kernel that it loads.
    if (prefix->kind == GrubText::kernel_command_line && !out.linux) out = {true, std::nullopt};
    if (prefix->kind != GrubText::command) continue;
    const std::string_view text = unwrapped(as_text(grub_text(as_bytes(command), *prefix)));
    const auto words = words_of(text);
    if (words.empty()) continue;
    const auto load = load_command(text);
    if (load && load->loads == GrubLoad::linux) {
      out = {true, 0};
    } else if (loads_initrd(words[0])) {
      if (out.files_behind) *out.files_behind += words.size() - 1;
    } else if (!is_harmless(words[0])) {
      out.files_behind = std::nullopt;
    }
  }
  return out;
}

}  // namespace

bool loads_linux(const GrubState& grub) { return loading_of(grub).linux; }

std::optional<std::vector<Digest>> measured_kernel(const MachineState& machine) {
  std::vector<Digest> out;
  bool unified = false;
  if (machine.uki)
    for (const UkiState::Section& section : machine.uki->sections)
      if (section.name == ".linux") unified = true, out.push_back(section.digest);
  if (machine.grub) {
    const Loading grub = loading_of(*machine.grub);
    const auto& files = machine.grub->files;
    if (grub.linux) {
      if (!grub.files_behind || files.size() <= *grub.files_behind) return std::nullopt;
      out.push_back(files[files.size() - 1 - *grub.files_behind].digest);
      return out;
    }
  }
  // A section is only said to be what runs: root can extend one that does not.  The firmware
  // measured the program that it came in, or the kernel itself, before.
  if (!machine.efi || machine.efi->applications.empty()) return std::nullopt;
  // A loader that was told nothing of Linux may have started anything.
  if (!unified && (machine.grub || !machine.kernel_command_line)) return std::nullopt;
  out.push_back(machine.efi->applications.back());
  return out;
}

}  // namespace assay
