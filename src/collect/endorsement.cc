// SPDX-License-Identifier: Apache-2.0
#include "collect/endorsement.h"

#include "base/byte_writer.h"
#include "base/hex.h"

namespace assay {
namespace {

/// PolicySecret(TPM_RH_ENDORSEMENT): "PolicyA" of the profile's annex B.6.2.
constexpr std::string_view kEndorsementPolicy =
    "837197674484b3f81a90cc8d46a5d724fd52d76e06520b64f2a1da1b331469aa";
constexpr std::uint16_t kSha256 = static_cast<std::uint16_t>(HashAlgorithm::sha256);

std::uint32_t endorsement_handle(KeyAlgorithm algorithm) {
  return algorithm == KeyAlgorithm::rsa ? 0x81010001 : 0x81010002;
}

/// A restricted decryption key with AES-128-CFB and a zero unique field of the key's size.
Buffer storage_template(KeyAlgorithm algorithm, std::uint32_t attributes, Bytes policy) {
  const bool rsa = algorithm == KeyAlgorithm::rsa;
  ByteWriter w;
  w.u16_be(rsa ? tpm_alg::kRsa : tpm_alg::kEcc).u16_be(kSha256).u32_be(attributes);
  w.sized_be16(policy).u16_be(tpm_alg::kAes).u16_be(128).u16_be(tpm_alg::kCfb);
  w.u16_be(tpm_alg::kNull);  // scheme
  if (rsa) {
    w.u16_be(2048).u32_be(0).sized_be16(Buffer(256));
  } else {
    constexpr std::uint16_t kP256 = 3;
    w.u16_be(kP256).u16_be(tpm_alg::kNull).sized_be16(Buffer(32)).sized_be16(Buffer(32));
  }
  return w.take();
}

/// The bytes of the DER element that `content` begins with (X.690 section 8.1.3); all of it where
/// it begins with none.  NV indexes are made once with room to spare.
Bytes without_padding(Bytes content) {
  if (content.size() < 4 || content[0] != 0x30) return content;
  std::size_t size = content[1];
  std::size_t head = 2;
  if (content[1] == 0x81) {
    size = content[2];
    head = 3;
  } else if (content[1] == 0x82) {
    size = std::size_t{content[2]} << 8 | content[3];
    head = 4;
  }
  return head + size <= content.size() ? content.first(head + size) : content;
}

}  // namespace

Buffer endorsement_key_template(KeyAlgorithm algorithm) {
  // fixedTPM, fixedParent, sensitiveDataOrigin, adminWithPolicy, restricted, decrypt.
  return storage_template(algorithm, 0x000300B2, *parse_hex("policy", kEndorsementPolicy));
}

Buffer storage_key_template(KeyAlgorithm algorithm) {
  // fixedTPM, fixedParent, sensitiveDataOrigin, userWithAuth, noDA, restricted, decrypt.
  return storage_template(algorithm, 0x00030472, {});
}

ProviderKeyIndexes endorsement_key_indexes(KeyAlgorithm algorithm) {
  if (algorithm == KeyAlgorithm::rsa)
    return {.certificate = 0x01C00002, .public_template = 0x01C00004};
  return {.certificate = 0x01C0000A, .public_template = 0x01C0000C};
}

Result<TpmKey> endorsement_key(Tpm& tpm, KeyAlgorithm algorithm) {
  const auto special = tpm.read_nv(endorsement_key_indexes(algorithm).public_template);
  if (!special) return pass_on(special);
  const Buffer wanted = special->value_or(endorsement_key_template(algorithm));
  auto found = tpm.find_persistent(endorsement_handle(algorithm), wanted);
  if (!found) return pass_on(found);
  if (auto& there = *found) return std::move(*there);
  return tpm.create_primary(Hierarchy::endorsement, wanted);
}

Result<std::optional<Buffer>> endorsement_certificate(Tpm& tpm, KeyAlgorithm algorithm) {
  auto content = tpm.read_nv(endorsement_key_indexes(algorithm).certificate);
  if (!content) return pass_on(content);
  const auto& padded = *content;
  if (!padded) return std::nullopt;
  return to_buffer(without_padding(*padded));
}

}  // namespace assay
