// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "base/json.h"
#include "crypto/jwk.h"
#include "crypto/private_key.h"

namespace assay {

/// The keys that sign tokens.  Thread-safe; immutable after opening.
class KeyRing {
 public:
  /// A fresh RSA-2048 key that lives in memory.
  static KeyRing generate();
  /// The key in `directory`/signing-key.pem (mode 0600), made there if there is none: once, however
  /// many processes open it at the same time.
  static Result<KeyRing> open(const std::filesystem::path& directory);

  /// A compact JWS with header {"alg":"RS256","kid":...,"typ":"JWT"}.
  [[nodiscard]] std::string sign(const json::object& claims) const;
  [[nodiscard]] const JwkSet& public_keys() const { return public_; }

 private:
  explicit KeyRing(PrivateKey key);
  PrivateKey key_;
  JwkSet public_;
};

}  // namespace assay
