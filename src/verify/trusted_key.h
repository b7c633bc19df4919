// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "collateral/trust.h"
#include "crypto/public_key.h"
#include "formats/attestation.h"
#include "formats/tpm.h"
#include "verify/check.h"

namespace assay {

/// An attestation key that an operator trusts itself: no certificate vouches for it.
struct TrustedKey {
  PublicKey key;
  std::optional<TpmPublic> area;  ///< what the TPM enforces, where the operator recorded it
  Buffer public_area;             ///< `area` as TPMT_PUBLIC; empty where there is none
  /// Emulated where its file says that its TPM was; else the operator's word.
  Provenance provenance = Provenance::operator_added;
};

/// Reads one from an EnrolmentRecord, PEM "PUBLIC KEY", TPMT_PUBLIC or TPM2B_PUBLIC (what
/// tpm2_readpublic, tpm2_createak and gotpm's `pubkey` write).  RSA of 2048 bits or more, P-256,
/// P-384.  Fault::malformed.
Result<TrustedKey> parse_trusted_key(std::string_view where, Bytes file);

/// Is the evidence by one of `keys`, and is that an attestation key?  Checks ak.public.*.  Without
/// ak_pub in the evidence the only key of `keys` is meant; the quotes must then be signed by it.
/// The key even where its public area is not as it should be, so that the quotes can be looked at;
/// null where there is none.
const TrustedKey* check_trusted_key(const Attestation& attestation,
                                    std::span<const TrustedKey> keys, Verdict& verdict);

}  // namespace assay
