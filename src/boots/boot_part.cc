// SPDX-License-Identifier: Apache-2.0
#include "boots/boot_part.h"

namespace assay {

namespace {

struct Words {
  std::string_view name, words;
};

Words words_of(BootPart part) {
  switch (part) {
    case BootPart::firmware:
      return {"firmware", "firmware"};
    case BootPart::technology:
      return {"technology", "confidential-computing technology"};
    case BootPart::secure_boot:
      return {"secure_boot", "Secure Boot switch"};
    case BootPart::keys:
      return {"keys", "Secure Boot keys"};
    case BootPart::dbx:
      return {"dbx", "Secure Boot revocation list (dbx)"};
    case BootPart::authority:
      return {"authority", "key that vouched for what ran"};
    case BootPart::shim:
      return {"shim", "shim"};
    case BootPart::mok:
      return {"mok", "machine owner keys"};
    case BootPart::bootloader:
      return {"bootloader", "boot loader"};
    case BootPart::bootloader_config:
      return {"bootloader_config", "boot loader's configuration"};
    case BootPart::kernel:
      return {"kernel", "kernel"};
    case BootPart::initrd:
      return {"initrd", "initial RAM disk"};
    case BootPart::command_line:
      return {"command_line", "kernel command line"};
    case BootPart::extension:
      return {"extension", "system extension or add-on"};
    case BootPart::driver:
      return {"driver", "firmware or device driver"};
    case BootPart::partition_table:
      return {"partition_table", "partition table of the boot disk"};
    case BootPart::settings:
      return {"settings", "firmware settings"};
    case BootPart::flow:
      return {"flow", "course of the boot"};
    case BootPart::other:
      return {"other", "something else"};
  }
  return {"other", "something else"};
}

}  // namespace

std::string_view name_of(BootPart part) { return words_of(part).name; }
std::string_view words_for(BootPart part) { return words_of(part).words; }

}  // namespace assay
