// SPDX-License-Identifier: Apache-2.0
#include "base/byte_writer.h"
#include "formats/tpm.h"
#include "fuzz.h"

/// A TPMT_SIGNATURE that is an HMAC is refused with a reason, or has its bytes when written again,
/// and no other length of it is one.  None is a signature too.
void fuzz(assay::Bytes in) {
  using namespace assay;
  const auto code = parse_tpm_hmac(in);
  if (!code) return check_explained(code);
  const Buffer again = ByteWriter()
                           .u16_be(tpm_alg::kHmac)
                           .u16_be(static_cast<std::uint16_t>(code->algorithm()))
                           .bytes(code->bytes())
                           .take();
  ASSAY_CHECK(equal(in, again));
  ASSAY_CHECK(!parse_tpm_signature(in));
  check_one_length(parse_tpm_hmac, in);
}
