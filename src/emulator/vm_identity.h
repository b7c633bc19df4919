// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include "base/result.h"
#include "crypto/private_key.h"
#include "formats/gce_instance.h"

namespace assay {

/// Who a virtual VM is: its instance, its service account and the key that signs the account's
/// tokens, as Google's metadata server and token service would have it.
struct VmIdentity {
  GceInstance instance;
  PrivateKey token_key;  ///< P-256; kid is its JWK thumbprint

  /// The zone without its last letter.
  [[nodiscard]] std::string region() const;
  /// "default@PROJECT.iam.assay-emulator.invalid": `email` and `sub` of its tokens.
  [[nodiscard]] std::string service_account() const;
  /// "https://identity.assay-emulator.invalid/PROJECT/INSTANCE": `iss` of its tokens.  A name, not
  /// an address (RFC 6761 section 6.4): a verifier has the keys from the trust file.
  [[nodiscard]] std::string token_issuer() const;

  /// The identity kept in `directory` (vm.json, token.key), or a new one for `wanted`, kept there;
  /// an instance id of 0 is chosen at random.  One that is kept stays as it is.
  static Result<VmIdentity> load_or_make(const std::filesystem::path& directory,
                                         const GceInstance& wanted);
};

}  // namespace assay
