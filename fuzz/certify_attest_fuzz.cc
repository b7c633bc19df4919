// SPDX-License-Identifier: Apache-2.0
#include "base/byte_writer.h"
#include "formats/tpm.h"
#include "fuzz.h"

/// A TPMS_ATTEST of TPM2_Certify is refused with a reason, or has its bytes when written again, and
/// no other length of it is one.  None is a quote too.
void fuzz(assay::Bytes in) {
  using namespace assay;
  const auto certify = parse_certify_attest(in);
  if (!certify) return check_explained(certify);
  const Buffer again = ByteWriter()
                           .u32_be(0xFF544347)
                           .u16_be(0x8017)
                           .sized_be16(certify->qualified_signer)
                           .sized_be16(certify->extra_data)
                           .u64_be(certify->clock.clock_ms)
                           .u32_be(certify->clock.reset_count)
                           .u32_be(certify->clock.restart_count)
                           .u8(certify->clock.safe ? 1 : 0)
                           .u64_be(certify->firmware_version)
                           .sized_be16(certify->name)
                           .sized_be16(certify->qualified_name)
                           .take();
  ASSAY_CHECK(equal(in, again));
  ASSAY_CHECK(!parse_quote_attest(in));
  check_one_length(parse_certify_attest, in);
}
