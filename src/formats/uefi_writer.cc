// SPDX-License-Identifier: Apache-2.0
#include "formats/uefi_writer.h"

#include "base/byte_writer.h"

namespace assay {

Buffer write_uefi_variable(const Guid& vendor, std::string_view name, Bytes data) {
  ByteWriter w;
  w.bytes(vendor.bytes).u64_le(name.size()).u64_le(data.size());
  return w.bytes(utf16le(name)).bytes(data).take();
}

Buffer write_signature_lists(std::span<const SignatureEntry> entries) {
  constexpr std::size_t kListHeader = 28, kOwner = 16;
  ByteWriter w;
  for (const SignatureEntry& e : entries) {
    const std::size_t signature_size = kOwner + e.data.size();
    w.bytes(e.type.bytes).u32_le(static_cast<std::uint32_t>(kListHeader + signature_size));
    w.u32_le(0).u32_le(static_cast<std::uint32_t>(signature_size));
    w.bytes(e.owner.bytes).bytes(e.data);
  }
  return w.take();
}

}  // namespace assay
