// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "crypto/jwk.h"
#include "crypto/public_key.h"

namespace assay {

enum class AnchorRole { root, intermediate };

/// Who put a CA key among the anchors, and so whose names its machines may bear.
enum class Provenance {
  google,          ///< compiled in: google_trust() alone makes these, no file can
  operator_added,  ///< from an operator's trust file: the operator's word
  emulated,        ///< an emulator's: proves nothing about hardware, and tokens say so
};

/// "google", "operator", "emulated".
std::string_view name_of(Provenance provenance);

/// A CA key that may vouch for attestation keys.  Keys are pinned, not certificates.
struct TrustAnchor {
  std::string name;  ///< RFC 4514 subject of the CA; must equal the issuer of what it signed
  AnchorRole role;
  PublicKey key;
  Instant not_before, not_after;
  Provenance provenance = Provenance::operator_added;
};

/// Who signs the access and identity tokens of VMs, and what their principals may do.
struct IdentityIssuer {
  std::string issuer;
  JwkSet keys;
  struct Grant {
    std::string principal;  ///< e-mail of a service account
    std::string role;       ///< "roles/confidentialcomputing.workloadUser"
    std::string project;    ///< project id or number it holds in
  };
  std::vector<Grant> grants;
  bool emulated = false;  ///< an emulator's metadata server: anybody who runs one is its caller
};

/// Everything a verifier trusts.  Nothing is trusted that is not in here.
struct Trust {
  std::vector<TrustAnchor> anchors;
  std::vector<IdentityIssuer> identities;
  [[nodiscard]] bool emulated() const;  ///< any anchor or identity issuer is
};

/// Google's published EK/AK CA keys, compiled in; a test holds them against the published list.
const Trust& google_trust();

/// Reads an operator's `--trust FILE`: either PEM "CERTIFICATE" blocks (each becomes a root anchor
/// by its key), or the JSON document that `assay emulate` writes (docs/formats/trust.md):
/// {"assay_trust":1,"emulated":true,"anchors":[{"role","certificate":"<PEM>"}],
///  "identities":[{"issuer","jwks":{"keys":[..]},"grants":[{"principal","role","project"}]}]}.
/// Its anchors are operator_added or emulated, whatever their names and keys.  At most 1 MiB.
/// Fault::malformed.
Result<Trust> parse_trust(std::string_view where, std::string_view document);
/// Adds `more`, which `where` names, to `all`.  Fault::malformed where both have an anchor with the
/// same key or the same identity issuer: which of the two counts must not depend on an order.
Status add_trust(Trust& all, std::string_view where, Trust more);
/// The JSON form.
json::object to_json(const Trust& trust, const std::vector<std::string>& anchor_certificates_pem);

}  // namespace assay
