// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "formats/attestation.h"
#include "services/api_error.h"

namespace assay {

/// The largest body of verifyAttestation; any other request has kMaxSmallRequest.
inline constexpr std::size_t kMaxVerifyRequest = 8 * 1024 * 1024;
inline constexpr std::size_t kMaxSmallRequest = 64 * 1024;

/// `aud` of a token nobody named an audience for, as Google's service fills it in.
inline constexpr std::string_view kDefaultAudience = "https://sts.googleapis.com";

/// What a caller of verifyAttestation sends: evidence and wishes, nothing of it verified.
struct VerifyRequest {
  Attestation attestation;
  std::vector<std::string> identity_tokens;  ///< at most 8
  std::string audience;                      ///< never empty: kDefaultAudience where none was named
  std::vector<std::string> nonces;           ///< at most 6 of 8 to 88 bytes
  bool has_image_signatures = false;         ///< of container images: not verified by this service
};

/// Reads the proto3 JSON of google.cloud.confidentialcomputing.v1.VerifyAttestationRequest: names
/// in camelCase or snake_case, enums by name or number, bytes in either base64 alphabet.  Refused
/// are evidence that is not verified here, members that are unknown at any depth, which may be such
/// evidence, and a member twice.
/// `challenge` is the name in the path, which a body that repeats it must repeat exactly.
tl::expected<VerifyRequest, ApiError> parse_verify_request(std::string_view body,
                                                           std::string_view challenge);

}  // namespace assay
