// SPDX-License-Identifier: Apache-2.0
#include "formats/image_load.h"

#include "base/byte_reader.h"
#include "formats/uefi.h"

namespace assay {

namespace {

constexpr std::size_t kMaxPadding = 9;

/// EFI_DEVICE_PATH_PROTOCOL nodes up to the end node; UEFI 2.10 section 10.3.  Of the many kinds
/// only those that name a file are kept.
void read_device_path(ByteReader& r, ImageLoad& out) {
  constexpr std::uint8_t kMedia = 4, kFilePath = 4, kFirmwareFile = 6, kFirmwareVolume = 7;
  constexpr std::uint8_t kEnd = 0x7F, kEntirePath = 0xFF;
  constexpr std::uint16_t kHeader = 4;
  while (r.more()) {
    const std::uint8_t type = r.u8("type");
    const std::uint8_t subtype = r.u8("subtype");
    const std::uint16_t size = r.u16_le("size");
    r.require("size", size >= kHeader, "a node is at least its header");
    if (!r.ok()) return;
    const Bytes node = r.take("node", size - kHeader);
    if (type == kEnd && subtype == kEntirePath) return;
    if (type != kMedia) continue;
    // A path may come in several nodes, one behind the other.
    if (subtype == kFilePath) out.file_path += utf8_from_utf16le(node);
    if (subtype == kFirmwareFile || subtype == kFirmwareVolume) out.of_firmware_file = true;
  }
}

}  // namespace

Result<ImageLoad> parse_image_load(Bytes event_data) {
  ByteReader r("image_load", event_data);
  (void)r.u64_le("location");
  (void)r.u64_le("length");
  (void)r.u64_le("link_time_address");
  const std::uint64_t path_size = r.u64_le("device_path_size");
  const Bytes path = r.take("device_path", path_size);
  r.require("padding", r.remaining() <= kMaxPadding, "more bytes than padding explains");
  ImageLoad out;
  if (!r.ok()) return tl::unexpected(r.error());
  ByteReader nodes("image_load.device_path", path);
  read_device_path(nodes, out);
  return nodes.finish(std::move(out));
}

}  // namespace assay
