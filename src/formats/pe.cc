// SPDX-License-Identifier: Apache-2.0
#include "formats/pe.h"

#include <algorithm>

#include "base/byte_reader.h"

namespace assay {

namespace {

constexpr std::size_t kMaxSections = 96;  // PE format, "Section Table (Section Headers)"
constexpr std::size_t kChecksumSize = 4, kDirectoryEntrySize = 8;

/// Where things lie in the image; offsets in bytes from its start.
struct Layout {
  std::size_t checksum, certificate_entry;
  bool has_certificate_entry;
  std::uint32_t certificate_table, certificate_size;
  std::uint32_t headers_size;
  struct Section {
    std::string name;
    std::uint32_t memory_size, at, size;
  };
  std::vector<Section> sections;  ///< those that have data in the file, in the table's order
};

/// PE Format, "Optional Header Data Directories": the certificate table is the fifth.
void read_directories(ByteReader& r, Layout& out) {
  constexpr std::uint32_t kCertificateTable = 4, kMaxDirectories = 16;
  const std::uint32_t count = r.u32_le("directory_count");
  r.require("directory_count", count <= kMaxDirectories, "more than 16 data directories");
  out.has_certificate_entry = count > kCertificateTable;
  out.certificate_entry = r.offset() + kDirectoryEntrySize * kCertificateTable;
  for (std::uint32_t i = 0; r.ok() && i < count; ++i) {
    const std::uint32_t at = r.u32_le("directory_address");
    const std::uint32_t size = r.u32_le("directory_size");
    if (i == kCertificateTable) out.certificate_table = at, out.certificate_size = size;
  }
}

/// PE Format, "Optional Header".  PE32 and PE32+ differ in the width of a few fields.
void read_optional_header(ByteReader& r, Layout& out) {
  constexpr std::uint16_t kPe32 = 0x10B, kPe32Plus = 0x20B;
  const std::uint16_t magic = r.u16_le("magic");
  r.require("magic", magic == kPe32 || magic == kPe32Plus, "neither PE32 nor PE32+");
  (void)r.take("standard_and_windows_fields", 58);
  out.headers_size = r.u32_le("headers_size");
  out.checksum = r.offset();
  (void)r.u32_le("checksum");
  (void)r.take("subsystem_and_flags", 4);
  (void)r.take("stack_and_heap", magic == kPe32Plus ? 32 : 16);
  (void)r.u32_le("loader_flags");
  read_directories(r, out);
}

void read_sections(ByteReader& r, std::uint16_t count, Layout& out) {
  r.require("section_count", count <= kMaxSections, "more than 96 sections");
  for (std::uint16_t i = 0; r.ok() && i < count; ++i) {
    std::string name = to_text(r.take("section_name", 8));
    name.resize(std::min(name.find('\0'), name.size()));
    const std::uint32_t memory_size = r.u32_le("section_memory_size");
    (void)r.u32_le("section_address");
    const std::uint32_t size = r.u32_le("section_size");
    const std::uint32_t at = r.u32_le("section_offset");
    (void)r.take("section_rest", 16);
    if (size != 0) out.sections.push_back({std::move(name), memory_size, at, size});
  }
}

bool lies_within(const Layout::Section& s, Bytes image) {
  return s.at <= image.size() && s.size <= image.size() - s.at;
}

Result<Layout> read_layout(Bytes image) {
  ByteReader dos("pe.dos_header", image);
  const Bytes mz = dos.take("magic", 2);
  dos.require("magic", is_pe_image(mz), "not \"MZ\"");
  (void)dos.take("rest", 58);
  const std::uint32_t pe_at = dos.u32_le("pe_offset");
  dos.require("pe_offset", pe_at <= image.size(), "beyond the end");
  if (!dos.ok()) return tl::unexpected(dos.error());

  ByteReader r("pe", image.subspan(pe_at), pe_at);
  const Bytes signature = r.take("signature", 4);
  r.require("signature", as_text(signature) == std::string_view("PE\0\0", 4), "not \"PE\"");
  (void)r.u16_le("machine");
  const std::uint16_t sections = r.u16_le("section_count");
  (void)r.take("symbols", 12);
  const std::uint16_t optional_size = r.u16_le("optional_header_size");
  (void)r.u16_le("characteristics");
  const std::size_t optional_at = r.offset();
  Layout out{};
  if (r.ok()) read_optional_header(r, out);
  if (!r.ok()) return tl::unexpected(r.error());
  r.require("optional_header_size", r.offset() - optional_at <= optional_size,
            "smaller than its fields");
  if (r.ok()) (void)r.take("optional_header_rest", optional_size - (r.offset() - optional_at));
  read_sections(r, sections, out);
  return r.finish_prefix(std::move(out));
}

Error misplaced(std::string_view what) { return {Fault::malformed, "pe", std::string(what)}; }

}  // namespace

bool is_pe_image(Bytes image) { return image.size() >= 2 && as_text(image.first(2)) == "MZ"; }

Result<std::vector<Bytes>> authenticode_pieces(Bytes image) {
  auto layout = read_layout(image);
  if (!layout) return tl::unexpected(std::move(layout.error()));
  const Layout& l = *layout;
  const std::size_t header_fields_end = l.has_certificate_entry
                                            ? l.certificate_entry + kDirectoryEntrySize
                                            : l.checksum + kChecksumSize;
  if (l.headers_size < header_fields_end || l.headers_size > image.size())
    return tl::unexpected(misplaced("the headers' size contradicts their fields"));

  std::vector<Bytes> out;
  std::size_t at = 0;
  const auto upto = [&](std::size_t end) {
    if (end > at) out.push_back(image.subspan(at, end - at));
  };
  upto(l.checksum);
  at = l.checksum + kChecksumSize;
  if (l.has_certificate_entry) {
    upto(l.certificate_entry);
    at = l.certificate_entry + kDirectoryEntrySize;
  }
  upto(l.headers_size);
  std::size_t hashed = l.headers_size;
  std::vector<Layout::Section> by_place = l.sections;
  std::stable_sort(by_place.begin(), by_place.end(),
                   [](const auto& a, const auto& b) { return a.at < b.at; });
  for (const Layout::Section& s : by_place) {
    if (!lies_within(s, image)) return tl::unexpected(misplaced("a section lies beyond the end"));
    out.push_back(image.subspan(s.at, s.size));
    hashed += s.size;
  }
  // What follows the sections and is not the certificate table is hashed too.
  if (hashed > image.size()) return tl::unexpected(misplaced("sections overlap"));
  const std::size_t certificates = l.has_certificate_entry ? l.certificate_size : 0;
  if (certificates > image.size() - hashed)
    return tl::unexpected(misplaced("the certificate table overlaps the sections"));
  if (certificates != 0 && l.certificate_table != image.size() - certificates)
    return tl::unexpected(misplaced("the certificate table is not at the end"));
  const std::size_t rest = image.size() - certificates - hashed;
  if (rest > 0) out.push_back(image.subspan(hashed, rest));
  return out;
}

Result<std::vector<PeSection>> pe_sections(Bytes image) {
  auto layout = read_layout(image);
  if (!layout) return tl::unexpected(std::move(layout.error()));
  std::vector<PeSection> out;
  for (Layout::Section& s : layout->sections) {
    if (!lies_within(s, image)) return tl::unexpected(misplaced("a section lies beyond the end"));
    out.push_back({std::move(s.name), image.subspan(s.at, std::min(s.size, s.memory_size))});
  }
  return out;
}

}  // namespace assay
