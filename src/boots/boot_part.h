// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace assay {

/// What of a machine an event of its boot is about, as the person who runs it would say it.
enum class BootPart : std::uint8_t {
  firmware,           ///< the firmware's version and code
  technology,         ///< what protects the VM from its host
  secure_boot,        ///< whether Secure Boot is on
  keys,               ///< PK, KEK, db: who may sign what boots
  dbx,                ///< what may no longer boot
  authority,          ///< which key vouched for what ran
  shim,               ///< shim and its SBAT level
  mok,                ///< the machine owner's keys, shim's own database
  bootloader,         ///< GRUB, systemd-boot
  bootloader_config,  ///< its commands, configuration and modules
  kernel,
  initrd,
  command_line,
  extension,        ///< systemd's add-ons, system extensions and credentials
  driver,           ///< drivers of the firmware and of devices
  partition_table,  ///< the disk that was booted from
  settings,         ///< firmware settings and tables that change between machines or starts: noise
  flow,             ///< that the boot went its way: separators, attempts, the end of boot services
  other
};

/// "command_line": for scripts.
std::string_view name_of(BootPart part);
/// "kernel command line": for people.
std::string_view words_for(BootPart part);

}  // namespace assay
