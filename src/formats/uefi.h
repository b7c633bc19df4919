// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace assay {

/// A GUID in its 16 bytes as UEFI stores them (UEFI 2.10 appendix A).
struct Guid {
  std::array<std::uint8_t, 16> bytes{};
  bool operator==(const Guid&) const = default;
};
/// "8be4df61-93ca-11d2-aa0d-00e098032b8c".
std::string to_string(const Guid& guid);
/// Its inverse for constants; aborts on anything else.
Guid guid(std::string_view text);

/// UEFI_VARIABLE_DATA, what EV_EFI_VARIABLE_* events carry.  PFP 1.06 section 10.2.6.
struct UefiVariable {
  Guid vendor;
  std::string name;           ///< UTF-8, from UTF-16; at most 2,048 units
  Bytes data;                 ///< at most 1 MiB
  std::size_t measured_size;  ///< 32 + name + data
};
/// Up to six trailing bytes are allowed: older shims log five bytes of padding that they
/// measure and one more that they do not.  None is in a member.
Result<UefiVariable> parse_uefi_variable(Bytes in);

/// One entry of an EFI_SIGNATURE_LIST: a certificate, a hash, or a kind we only carry.
struct SignatureEntry {
  Guid type;  ///< kX509Guid, kSha256Guid, ...
  Guid owner;
  Bytes data;
};
extern const Guid kX509Guid, kSha256Guid;
/// "x509", "sha256", "x509_sha384", "rsa2048", ... as UEFI 2.10 section 32.4.1 lists them; else the
/// GUID.
std::string signature_type_name(const Guid& type);
extern const Guid kEfiGlobalVariable, kEfiImageSecurityDatabase, kShimLock;

/// EFI_SIGNATURE_LIST*, UEFI 2.10 section 32.4.1: at most 65,536 entries; a vendor header is
/// skipped, never read as entries; fewer than 28 bytes are the empty list.
Result<std::vector<SignatureEntry>> parse_signature_lists(Bytes in);

/// UTF-16LE to UTF-8; unpaired surrogates become U+FFFD.  A final NUL is cut.
std::string utf8_from_utf16le(Bytes in);
/// ASCII to UTF-16LE without a final NUL.
Buffer utf16le(std::string_view ascii);

}  // namespace assay
