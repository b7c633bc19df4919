// SPDX-License-Identifier: Apache-2.0
#include "formats/image_load.h"

#include "base/byte_reader.h"
#include "formats/uefi.h"

namespace assay {

namespace {

constexpr std::size_t kMaxPadding = 9;

/// EFI_DEVICE_PATH_PROTOCOL; UEFI 2.10 section 10.3.
struct Node {
  std::uint8_t type = 0, subtype = 0;
  Bytes content;

  [[nodiscard]] bool is_end() const {
    constexpr std::uint8_t kEnd = 0x7F, kEntirePath = 0xFF;
    return type == kEnd && subtype == kEntirePath;
  }
};

Node read_node(ByteReader& r) {
  constexpr std::uint16_t kHeader = 4;
  Node out;
  out.type = r.u8("type");
  out.subtype = r.u8("subtype");
  const std::uint16_t size = r.u16_le("size");
  r.require("size", size >= kHeader, "a node is at least its header");
  if (r.ok()) out.content = r.take("node", size - kHeader);
  return out;
}

}  // namespace

Result<Bytes> image_load_path(Bytes event_data) {
  ByteReader r("image_load", event_data);
  (void)r.u64_le("location");
  (void)r.u64_le("length");
  (void)r.u64_le("link_time_address");
  const std::uint64_t path_size = r.u64_le("device_path_size");
  const Bytes path = r.take("device_path", path_size);
  r.require("padding", r.remaining() <= kMaxPadding, "more bytes than padding explains");
  if (!r.ok()) return tl::unexpected(r.error());
  if (path.empty()) return path;
  ByteReader nodes("image_load.device_path", path);
  bool ended = false;
  while (nodes.more() && !ended) ended = read_node(nodes).is_end();
  nodes.require("end", ended, "the path has no end node");
  return nodes.finish(path);
}

Result<ImageLoad> parse_image_load(Bytes event_data) {
  const auto path = image_load_path(event_data);
  if (!path) return pass_on(path);
  constexpr std::uint8_t kMedia = 4, kFilePath = 4, kFirmwareFile = 6, kFirmwareVolume = 7;
  ImageLoad out;
  ByteReader nodes("image_load.device_path", *path);
  while (nodes.more()) {
    const Node node = read_node(nodes);
    if (node.type != kMedia) continue;
    // A path may come in several nodes, one behind the other.
    if (node.subtype == kFilePath) out.file_path += utf8_from_utf16le(node.content);
    if (node.subtype == kFirmwareFile || node.subtype == kFirmwareVolume)
      out.of_firmware_file = true;
  }
  return out;
}

}  // namespace assay
