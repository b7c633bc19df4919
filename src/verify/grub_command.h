// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

namespace assay {

/// A command of GRUB's as it runs it: "! COMMAND" and "time COMMAND" are COMMAND, and all of it is
/// measured.
std::string_view unwrapped(std::string_view command);

/// "(hd0,gpt1)/boot/vmlinuz" and "($root)/boot/vmlinuz" are "/boot/vmlinuz".
std::string_view without_device(std::string_view path);

/// Whether a command of this name loads initial RAM disks.
bool loads_initrd(std::string_view name);

/// What a command starts, in the end.
enum class GrubLoad {
  linux,  ///< a kernel whose command line GRUB measures behind the command
  other,  ///< another boot loader, image or kernel, which measures itself or nothing
};

struct GrubLoadCommand {
  GrubLoad loads;
  std::string_view arguments;
};

/// What a command loads to boot and the arguments of it; nothing where it loads nothing.
std::optional<GrubLoadCommand> load_command(std::string_view command);

}  // namespace assay
