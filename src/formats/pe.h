// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace assay {

/// The pieces of a PE/COFF image that its Authenticode digest covers, in the order in which they
/// are hashed: everything but the checksum, the certificate table and the directory entry that
/// points to it.  This is what firmware and shim measure of an EFI application into PCR 4.
/// "Windows Authenticode Portable Executable Signature Format" 1.0, "Calculating the PE Image
/// Hash".  Borrows from `image`.  Refuses what overlaps or points outside: Fault::malformed.
Result<std::vector<Bytes>> authenticode_pieces(Bytes image);

/// One section of a PE image as it lies in memory: what systemd-stub measures of a unified kernel
/// image into PCR 11.
struct PeSection {
  std::string name;  ///< ".cmdline"
  Bytes data;        ///< VirtualSize bytes; borrowed from the image
};
/// The sections, in the order of their table.  PE Format, "Section Table".  One whose memory is
/// larger than its bytes in the file is cut to these.
Result<std::vector<PeSection>> pe_sections(Bytes image);

/// Whether these bytes begin as a PE image does ("MZ").
bool is_pe_image(Bytes image);

}  // namespace assay
