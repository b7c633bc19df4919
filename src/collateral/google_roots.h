// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <span>
#include <string_view>

#include "collateral/trust.h"

namespace assay {

/// One of Google's CA keys for vTPM endorsement and attestation keys, as published at
/// http://pki.goog/cloud_integrity/ and, since 2022, by Google's private CA.
struct GoogleCaKey {
  std::string_view name;  ///< RFC 4514 subject
  AnchorRole role;
  std::string_view spki_base64;            ///< DER SubjectPublicKeyInfo
  std::string_view not_before, not_after;  ///< RFC 3339
};

/// All of them, roots before what they signed.
std::span<const GoogleCaKey> google_ca_keys();

}  // namespace assay
