// SPDX-License-Identifier: Apache-2.0
#include "base/byte_writer.h"
#include "formats/tpm.h"
#include "fuzz.h"

namespace assay {
namespace {

/// The structure without its selections, whose encoding is not unique.
Buffer before_selections(const QuoteAttest& quote) {
  ByteWriter w;
  w.u32_be(0xFF544347)
      .u16_be(0x8018)
      .sized_be16(quote.qualified_signer)
      .sized_be16(quote.extra_data);
  w.u64_be(quote.clock.clock_ms).u32_be(quote.clock.reset_count).u32_be(quote.clock.restart_count);
  return w.u8(quote.clock.safe ? 1 : 0).u64_be(quote.firmware_version).take();
}

}  // namespace
}  // namespace assay

/// A TPMS_ATTEST is refused with a reason, or written again it has the bytes it had, and no other
/// length of it is one.
void fuzz(assay::Bytes in) {
  using namespace assay;
  const auto quote = parse_quote_attest(in);
  if (!quote) return check_explained(quote);
  const Buffer head = before_selections(*quote);
  ASSAY_CHECK(equal(head, in.first(head.size())));
  ASSAY_CHECK(quote->selections.size() <= 8);
  for (const PcrSelection& selection : quote->selections)
    ASSAY_CHECK(selection.mask >> kPcrCount == 0);
  ASSAY_CHECK(equal(quote->pcr_digest, in.last(quote->pcr_digest.size())));
  check_one_length(parse_quote_attest, in);
}
