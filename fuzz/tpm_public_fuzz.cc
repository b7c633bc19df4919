// SPDX-License-Identifier: Apache-2.0
#include "formats/tpm.h"
#include "fuzz.h"

/// A TPMT_PUBLIC is refused with a reason, or is a key with a scheme of its own type, and no other
/// length of it is one.
void fuzz(assay::Bytes in) {
  using namespace assay;
  const auto key = parse_tpm_public(in);
  if (!key) return check_explained(key);
  const bool rsa = key->type == tpm_alg::kRsa;
  ASSAY_CHECK(rsa || key->type == tpm_alg::kEcc);
  ASSAY_CHECK(key->scheme == tpm_alg::kNull || rsa == (key->scheme != tpm_alg::kEcdsa));
  ASSAY_CHECK(key->scheme_hash.has_value() == (key->scheme != tpm_alg::kNull));
  ASSAY_CHECK(rsa ? key->x.empty() && key->exponent > 1 : key->modulus.empty());
  check_one_length(parse_tpm_public, in);
}
