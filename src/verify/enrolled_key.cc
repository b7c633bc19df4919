// SPDX-License-Identifier: Apache-2.0
#include "verify/enrolled_key.h"

#include "verify/public_area.h"

namespace assay {

namespace {

/// A challenge is tied to the Name alone.  Two areas of one SHA-1 Name can be made, and one of them
/// loaded as an external key.  TPM 2.0 Part 1, 16: "the Name is the hash of the public area".
void check_name_algorithm(HashAlgorithm algorithm, Verdict& verdict) {
  verdict.require("enrolment.key.name",
                  algorithm == HashAlgorithm::sha256 || algorithm == HashAlgorithm::sha384 ||
                      algorithm == HashAlgorithm::sha512,
                  "a Name by SHA-256 or better", std::string(name_of(algorithm)),
                  "make the attestation key with nameAlg SHA-256");
}

}  // namespace

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
  check_name_algorithm(area->name_algorithm, verdict);
  return ClaimedKey{std::move(*area), std::move(*key)};
}

}  // namespace assay
