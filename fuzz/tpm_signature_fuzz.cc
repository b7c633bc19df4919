// SPDX-License-Identifier: Apache-2.0
#include "base/byte_writer.h"
#include "formats/tpm.h"
#include "fuzz.h"

namespace assay {
namespace {

Buffer encode(const TpmSignature& signature) {
  ByteWriter w;
  if (const auto* rsa = std::get_if<RsassaSignature>(&signature)) {
    w.u16_be(tpm_alg::kRsassa).u16_be(static_cast<std::uint16_t>(rsa->hash));
    return w.sized_be16(rsa->signature).take();
  }
  const auto& ecc = std::get<EcdsaSignature>(signature);
  w.u16_be(tpm_alg::kEcdsa).u16_be(static_cast<std::uint16_t>(ecc.hash));
  return w.sized_be16(ecc.r).sized_be16(ecc.s).take();
}

}  // namespace
}  // namespace assay

/// A TPMT_SIGNATURE is refused with a reason, or written again it has the bytes it had.
void fuzz(assay::Bytes in) {
  using namespace assay;
  const auto signature = parse_tpm_signature(in);
  if (!signature) return check_explained(signature);
  ASSAY_CHECK(equal(encode(*signature), in));
}
