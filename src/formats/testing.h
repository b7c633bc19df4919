// SPDX-License-Identifier: Apache-2.0
#pragma once

// For tests only: files that nobody ships.

#include <cstdint>
#include <string>
#include <vector>

#include "base/byte_writer.h"

namespace assay {

/// What a PE32+ image made for a test looks like; wrong on purpose where a test says so.
struct PeShape {
  static constexpr std::uint32_t kHeaders = 1024;
  struct Section {
    std::uint32_t at, size;
    std::string name = ".text";
  };
  std::uint32_t headers_size = kHeaders;
  std::vector<Section> sections{{kHeaders, 16}};
  std::uint32_t certificate_table = kHeaders + 16 + 8, certificate_size = 24;
  std::uint32_t file_size = kHeaders + 16 + 8 + 24;
};

inline constexpr std::size_t kPeAt = 64;
inline constexpr std::size_t kPeChecksumAt = kPeAt + 24 + 64;
inline constexpr std::size_t kPeCertificateEntryAt = kPeAt + 24 + 112 + 4 * 8;

/// A PE32+ image whose every byte that is not a header field is its own offset, modulo 251.
inline Buffer pe_image(const PeShape& shape) {
  ByteWriter w;
  w.bytes(as_bytes("MZ")).zeros(58).u32_le(kPeAt);
  w.bytes(as_bytes(std::string_view("PE\0\0", 4))).u16_le(0x8664);
  w.u16_le(static_cast<std::uint16_t>(shape.sections.size())).zeros(12).u16_le(240).u16_le(0x2022);
  w.u16_le(0x20B).zeros(58).u32_le(shape.headers_size).u32_le(0xC0FFEE).zeros(4 + 32 + 4);
  w.u32_le(16);
  for (std::uint32_t i = 0; i < 16; ++i)
    w.u32_le(i == 4 ? shape.certificate_table : 0).u32_le(i == 4 ? shape.certificate_size : 0);
  for (const PeShape::Section& s : shape.sections) {
    std::string name = s.name;
    name.resize(8);
    w.bytes(as_bytes(name)).u32_le(s.size).u32_le(0).u32_le(s.size).u32_le(s.at).zeros(16);
  }
  Buffer out = w.take();
  while (out.size() < shape.file_size) out.push_back(static_cast<std::uint8_t>(out.size() % 251));
  out.resize(shape.file_size);
  return out;
}

/// An image of these sections, unsigned.
inline Buffer pe_image(const std::vector<std::pair<std::string, Buffer>>& sections) {
  PeShape shape{.sections = {}, .certificate_table = 0, .certificate_size = 0};
  std::uint32_t at = PeShape::kHeaders;
  for (const auto& [name, data] : sections) {
    shape.sections.push_back({at, static_cast<std::uint32_t>(data.size()), name});
    at += static_cast<std::uint32_t>(data.size());
  }
  shape.file_size = at;
  Buffer out = pe_image(shape);
  at = PeShape::kHeaders;
  for (const auto& [name, data] : sections) {
    std::copy(data.begin(), data.end(), out.begin() + at);
    at += static_cast<std::uint32_t>(data.size());
  }
  return out;
}

}  // namespace assay
