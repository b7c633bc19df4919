// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "crypto/public_key.h"

namespace assay {

/// The signature algorithms we accept and make.  RFC 7518 section 3.1.  `none` and HS* are not
/// spelled, so nothing can select them.
enum class JwsAlgorithm { rs256, es256 };

std::string_view name_of(JwsAlgorithm algorithm);
/// "RS256" and "ES256"; nothing else.
std::optional<JwsAlgorithm> jws_algorithm(std::string_view name);

/// A public key with its id and the one algorithm it is for.
struct Jwk {
  std::string kid;
  JwsAlgorithm algorithm;
  PublicKey key;
};

/// RFC 7638 thumbprint, base64url: our key ids.
std::string jwk_thumbprint(const PublicKey& key);
/// {"kty","alg","use":"sig","kid",...}.
json::object to_json(const Jwk& jwk);

/// A JSON Web Key Set (RFC 7517 section 5).
class JwkSet {
 public:
  JwkSet() = default;
  explicit JwkSet(std::vector<Jwk> keys) : keys_(std::move(keys)) {}
  /// At most 64 keys; entries of another kty, use or alg are left out, as section 5 asks; two
  /// usable keys with one kid are an error.
  static Result<JwkSet> parse(std::string_view where, std::string_view text);
  /// The key with that id; nullptr if there is none.  A plain lookup: `kid` is hostile text.
  [[nodiscard]] const Jwk* find(std::string_view kid) const;
  [[nodiscard]] const std::vector<Jwk>& keys() const { return keys_; }
  [[nodiscard]] json::object to_json() const;

 private:
  std::vector<Jwk> keys_;
};

}  // namespace assay
