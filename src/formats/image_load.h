// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/bytes.h"
#include "base/result.h"

namespace assay {

/// UEFI_IMAGE_LOAD_EVENT, what EV_EFI_BOOT_SERVICES_APPLICATION and the driver events carry.
/// PFP 1.06 section 10.2.3.  None of it is measured: the digest is of the image, so every member is
/// a hint for a person.
struct ImageLoad {
  std::string file_path;          ///< UTF-8, "\EFI\debian\shimx64.efi"; empty where there is none
  bool of_firmware_file = false;  ///< the path leads into a firmware volume
};

/// The event's device path, empty where it has none; refused where the event is not of this shape,
/// or the path's nodes do not lead to its end.  The up to nine bytes of struct padding that GRUB
/// and shim append are skipped.
Result<Bytes> image_load_path(Bytes event_data);

/// Reads an event of that shape.
Result<ImageLoad> parse_image_load(Bytes event_data);

}  // namespace assay
