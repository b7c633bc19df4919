// SPDX-License-Identifier: Apache-2.0
#include "verify/grub_command.h"

#include <algorithm>
#include <array>
#include <span>

namespace assay {

namespace {

/// grub-core/loader: commands that measure the kernel's command line.
constexpr std::array<std::string_view, 5> kMeasuredLoaders{"linux", "linuxefi", "linux16",
                                                           "multiboot", "multiboot2"};
/// The other loaders of the same place.
constexpr std::array<std::string_view, 14> kOtherLoaders{
    "chainloader",   "xnu_kernel", "xnu_kernel64", "xnu_resume",    "kfreebsd",
    "kopenbsd",      "knetbsd",    "ntldr",        "freedos",       "plan9",
    "legacy_kernel", "truecrypt",  "appleloader",  "pxechainloader"};
constexpr std::array<std::string_view, 3> kInitrdLoaders{"initrd", "initrdefi", "initrd16"};

bool is_one_of(std::string_view name, std::span<const std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

std::string_view unwrapped(std::string_view command) {
  for (;;) {
    const std::string_view before = command;
    for (const std::string_view wrapper : {"! ", "time "})
      if (command.starts_with(wrapper)) command.remove_prefix(wrapper.size());
    if (command.size() == before.size()) return command;
  }
}

std::string_view without_device(std::string_view path) {
  if (!path.starts_with("(")) return path;
  const std::size_t end = path.find(')');
  return end == std::string_view::npos ? path : path.substr(end + 1);
}

bool loads_initrd(std::string_view name) { return is_one_of(name, kInitrdLoaders); }

std::optional<GrubLoadCommand> load_command(std::string_view command) {
  command = unwrapped(command);
  const std::size_t space = command.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  const std::string_view name = command.substr(0, space), arguments = command.substr(space + 1);
  if (is_one_of(name, kMeasuredLoaders)) return GrubLoadCommand{GrubLoad::linux, arguments};
  if (is_one_of(name, kOtherLoaders)) return GrubLoadCommand{GrubLoad::other, arguments};
  return std::nullopt;
}

}  // namespace assay
