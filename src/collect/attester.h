// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "collect/tpm.h"
#include "formats/attestation.h"
#include "http/client.h"

namespace assay {

/// Which attestation key signs: gotpm's names.
enum class AttestationKeyChoice {
  own,     ///< "AK": in the owner hierarchy; nobody vouches for it
  google,  ///< "gceAK": in the endorsement hierarchy, with a certificate in NV memory
};
enum class KeyAlgorithm { rsa, ecc };

/// NV indexes of a provider's attestation keys: certificate (DER) and template (TPMT_PUBLIC).
struct ProviderKeyIndexes {
  std::uint32_t certificate;
  std::uint32_t public_template;
};
/// 0x01C10000 and 1 for RSA, 2 and 3 for ECC, as on Google Compute Engine.
ProviderKeyIndexes provider_key_indexes(KeyAlgorithm algorithm);
/// The template of attestation keys, TPMT_PUBLIC: restricted signing, SHA-256, RSA-2048 with RSASSA
/// or P-256 with ECDSA.  gotpm's own AK and Google's differ in the hierarchy alone.
Buffer attestation_key_template(KeyAlgorithm algorithm);

/// The attestation key of that kind: where gotpm keeps its own, or made anew from its template.
/// Fault::unavailable where the provider has none here.
Result<TpmKey> attestation_key(Tpm& tpm, AttestationKeyChoice choice, KeyAlgorithm algorithm);

struct AttestRequest {
  Buffer nonce;  ///< 1 to 64 bytes; TPMS_ATTEST.extraData verbatim
  AttestationKeyChoice key = AttestationKeyChoice::own;
  KeyAlgorithm algorithm = KeyAlgorithm::rsa;
  Buffer event_log;  ///< as the kernel exports it; may be empty
  /// Fetches the issuers of the AK certificate; nullptr leaves them out.
  const HttpClient* http = nullptr;
};

/// Evidence of this machine: one quote in every allocated PCR bank with the values it covers, the
/// event log, the key, and for a provider's key its certificate and issuers.  Asks again when a PCR
/// changes between quote and read.  Nothing is left in the TPM or removed from it.
/// Fault::unavailable says what the machine cannot give, and what to do.
Result<Attestation> collect_attestation(Tpm& tpm, const AttestRequest& request);

/// The provider's attestation key certificate (DER).  Fault::unavailable where the machine has
/// none.
Result<Buffer> provider_key_certificate(Tpm& tpm, KeyAlgorithm algorithm);

}  // namespace assay
