// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.h"
#include "base/result.h"

namespace assay {

/// go-tpm-tools' tpm.ImportBlob without PCRs: an object for one TPM's TPM2_Import.
struct ImportBlob {
  Buffer duplicate;       ///< TPM2B_PRIVATE without its size
  Buffer encrypted_seed;  ///< TPM2B_ENCRYPTED_SECRET without its size
  Buffer public_area;     ///< TPMT_PUBLIC
  bool operator==(const ImportBlob&) const = default;
};

/// go-tpm-tools' tpm.CertifiedBlob: a key, and TPM2_Certify's statement about it.
struct CertifiedBlob {
  Buffer public_area;  ///< TPMT_PUBLIC
  Buffer attest;       ///< TPMS_ATTEST
  Buffer signature;    ///< TPMT_SIGNATURE
  bool operator==(const CertifiedBlob&) const = default;
};

/// The two forms that gotpm writes.
enum class RegisterFormat { binarypb, textproto };

/// No member is longer: TPM2B_PRIVATE and the rest fit one TPM command.
inline constexpr std::size_t kMaxRegisterPart = 4096;

/// Read either message in either form, by its content.  Every member must be there, and an
/// ImportBlob must ask for no PCRs.  Fault::malformed.
Result<ImportBlob> parse_import_blob(Bytes in);
Result<CertifiedBlob> parse_certified_blob(Bytes in);

Buffer encode_import_blob(const ImportBlob& blob, RegisterFormat format);
Buffer encode_certified_blob(const CertifiedBlob& blob, RegisterFormat format);

}  // namespace assay
