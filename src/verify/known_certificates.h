// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

#include <proto/attest.pb.h>

namespace assay {

/// What a certificate found in a Secure Boot database is known as, by the lower-case hex SHA-256 of
/// its DER.  For display: a name proves nothing that the bytes do not.
std::optional<std::string_view> known_certificate_name(std::string_view fingerprint);

/// Its inverse, for policies that name a certificate.
std::optional<std::string_view> known_certificate_fingerprint(std::string_view name);

/// The value by which go-tpm-tools replaces the certificates it knows; UNKNOWN for others.
attest::WellKnownCertificate well_known_certificate(std::string_view fingerprint);

}  // namespace assay
