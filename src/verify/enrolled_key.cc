// SPDX-License-Identifier: Apache-2.0
#include "verify/enrolled_key.h"

#include "verify/public_area.h"

namespace assay {

std::optional<ClaimedKey> check_claimed_key(Bytes ak_public, Verdict& verdict) {
  auto area = parse_tpm_public(ak_public);
  auto key = area ? public_key_of(*area) : Result<PublicKey>(tl::unexpected(area.error()));
  verdict.require("ak.public.format", key.has_value(), "a TPMT_PUBLIC of an asymmetric key",
                  key ? key->describe() : to_string(key.error()),
                  "send the attestation key as the TPM gives it (TPM2_ReadPublic)");
  if (!key) {
    verdict.not_checked_from(kPublicAreaChecks, kPublicAreaChecks[0],
                             "the attestation key is unreadable");
    return std::nullopt;
  }
  check_public_area(*area, verdict);
  return ClaimedKey{std::move(*area), std::move(*key)};
}

}  // namespace assay
