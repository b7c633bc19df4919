// SPDX-License-Identifier: Apache-2.0
#include "crypto/jws.h"

#include "base/base64.h"
#include "fuzz.h"

/// A token is refused with a reason, or is its signing input, a dot and its signature.
void fuzz(assay::Bytes in) {
  using namespace assay;
  const std::string_view token = as_text(in);
  const auto jws = parse_jws(token);
  if (!jws) return check_explained(jws);
  check_inside(as_bytes(jws->signing_input), in);
  ASSAY_CHECK(std::string(jws->signing_input) + "." + base64url(jws->signature) == token);
  ASSAY_CHECK(jws->kid.size() <= 128);
  ASSAY_CHECK(!jws->header.contains("crit") && !jws->header.contains("b64"));
}
