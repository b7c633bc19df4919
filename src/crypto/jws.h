// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <string>
#include <string_view>

#include "base/json.h"
#include "crypto/jwk.h"
#include "crypto/private_key.h"

namespace assay {

/// A compact JWS (RFC 7515 section 7.1) taken apart but not verified: everything in it is hostile.
struct UnverifiedJws {
  json::object header;
  std::string kid;        ///< empty where the header has none
  std::string algorithm;  ///< the header's alg, whatever it says
  json::object payload;   ///< claims nobody has vouched for
  std::string_view signing_input;
  Buffer signature;
};

/// Takes `token` apart: exactly three strict base64url parts, at most 16 KiB, JSON objects without
/// duplicate members, a `kid` of at most 128 printable characters, no `crit` and no `b64` (RFC 7515
/// section 4.1.11, RFC 7797).  `signing_input` borrows from `token`.  Fault::malformed.
Result<UnverifiedJws> parse_jws(std::string_view token);
/// Never of a string that goes away while `signing_input` stays.
template <std::same_as<std::string> Temporary>
Result<UnverifiedJws> parse_jws(Temporary&& token) = delete;

/// The payload, if `key` signed it.  The algorithm is the key's, never the header's choice: a
/// header that names another is refused (RFC 8725 section 3.1).  Fault::untrusted.
Result<json::object> verify_jws(const UnverifiedJws& jws, const Jwk& key);

/// A compact JWS over `payload` with header {"alg","kid","typ"}.
std::string sign_jws(const json::object& payload, const PrivateKey& key, std::string_view kid,
                     std::string_view typ = "JWT");

}  // namespace assay
