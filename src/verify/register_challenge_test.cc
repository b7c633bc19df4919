// SPDX-License-Identifier: Apache-2.0
#include "verify/register_challenge.h"

#include <gmock/gmock.h>

#include <functional>

#include "base/byte_writer.h"
#include "base/hex.h"
#include "crypto/hash.h"
#include "crypto/hmac.h"
#include "verify/recorded_attestation.h"

namespace assay {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Buffer ak(const std::string& boot) {
  const Buffer file = boot_file(boot + "/akrsa.tpm2b");
  return to_buffer(Bytes(file).subspan(2));
}

Secret secret(std::uint8_t byte = 7) { return Secret(Buffer(kRegisterSecretBytes, byte)); }

/// TPM2_Certify's answer by the key of `with`, written out by hand.
struct Statement {
  std::uint32_t magic = 0xFF544347;
  std::uint16_t type = 0x8017;
  Buffer name, qualified_name;

  [[nodiscard]] Buffer attest() const {
    return ByteWriter()
        .u32_be(magic)
        .u16_be(type)
        .sized_be16(Buffer{0, 0x0B, 1})
        .sized_be16({})
        .u64_be(1000)
        .u32_be(1)
        .u32_be(0)
        .u8(1)
        .u64_be(0x2020)
        .sized_be16(name)
        .sized_be16(qualified_name)
        .take();
  }
};

Statement statement(Bytes public_area) {
  Statement out;
  out.name = tpm_name(HashAlgorithm::sha256, public_area);
  out.qualified_name = tpm_name(HashAlgorithm::sha256, out.name);
  return out;
}

Buffer signature(Bytes attest, const Secret& by) {
  const Digest digest = hash(HashAlgorithm::sha256, attest);
  return ByteWriter()
      .u16_be(0x0005)
      .u16_be(0x000B)
      .bytes(hmac(HashAlgorithm::sha256, by.reveal(), digest.bytes()).bytes())
      .take();
}

CertifiedBlob certified(const Statement& said, const Secret& by = secret()) {
  CertifiedBlob out{ak("sb"), said.attest(), {}};
  out.signature = signature(out.attest, by);
  return out;
}

TEST(RegisterChallenge, IsSolvedByACertifiedAttestationKey) {
  const auto outcome = authenticate_certified_key(certified(statement(ak("sb"))), secret());
  EXPECT_THAT(refusals(outcome.verdict), IsEmpty());
  ASSERT_TRUE(outcome.key.has_value());
  EXPECT_EQ((*outcome.key)->public_area, ak("sb"));
  // What gotpm's protocol cannot show is said.
  EXPECT_EQ(outcome.verdict.checks().back().id, "register.certify.exclusive");
  EXPECT_EQ(outcome.verdict.checks().back().verdict, CheckVerdict::absent);
}

TEST(RegisterChallenge, IsNotSolvedByTwins) {
  struct Twin {
    const char* name;
    std::function<void(CertifiedBlob&)> change;
    std::vector<std::string> refusals;
  };
  const auto said = [](const std::function<void(Statement&)>& change) {
    return [change](CertifiedBlob& blob) {
      Statement changed = statement(ak("sb"));
      change(changed);
      blob = certified(changed);
    };
  };
  const auto of_area = [](std::size_t at, std::uint8_t byte) {
    return [at, byte](CertifiedBlob& blob) {
      Buffer area = ak("sb");
      area[at] = byte;
      blob = certified(statement(area));
      blob.public_area = area;
    };
  };
  const Twin kTwins[] = {
      {"a flipped HMAC", [](auto& b) { b.signature.back() ^= 1; }, {"register.certify.signature"}},
      {"an HMAC cut short",
       [](auto& b) { b.signature.pop_back(); },
       {"register.certify.signature"}},
      {"the HMAC of another challenge, replayed",
       [](auto& b) { b = certified(statement(ak("sb")), secret(8)); },
       {"register.certify.signature"}},
      {"an RSA signature",
       [](auto& b) { b.signature = boot_file("sb/quote.rsa.sha256.sig"); },
       {"register.certify.signature"}},
      {"a flipped statement", [](auto& b) { b.attest[20] ^= 1; }, {"register.certify.signature"}},
      {"a quote",
       said([](auto& s) { s.type = 0x8018; }),
       {"register.certify.structure", "register.certify.name", "register.certify.hierarchy"}},
      {"not made by a TPM",
       said([](auto& s) { s.magic ^= 1; }),
       {"register.certify.structure", "register.certify.name", "register.certify.hierarchy"}},
      {"another Name", said([](auto& s) { s.name.back() ^= 1; }), {"register.certify.name"}},
      {"no Name", said([](auto& s) { s.name.clear(); }), {"register.certify.name"}},
      {"a key in no hierarchy",
       said([](auto& s) { s.qualified_name = s.name; }),
       {"register.certify.hierarchy"}},
      {"no qualified Name",
       said([](auto& s) { s.qualified_name.clear(); }),
       {"register.certify.hierarchy"}},
      {"another key", [](auto& b) { b.public_area = ak("uki"); }, {"register.certify.name"}},
      {"a key that signs whatever it is given", of_area(5, 0x04), {"ak.public.restricted"}},
      {"a key named by SHA-1", of_area(3, 0x04), {"enrolment.key.name", "register.certify.name"}},
      {"a key that may leave its TPM", of_area(7, 0x70), {"ak.public.fixed_tpm"}},
      {"a key that may be moved", of_area(7, 0x62), {"ak.public.fixed_parent"}},
      {"a key from outside", of_area(7, 0x52), {"ak.public.origin"}},
  };
  for (const Twin& twin : kTwins) {
    SCOPED_TRACE(twin.name);
    CertifiedBlob blob = certified(statement(ak("sb")));
    twin.change(blob);
    const auto outcome = authenticate_certified_key(blob, secret());
    EXPECT_EQ(refusals(outcome.verdict), twin.refusals);
    EXPECT_FALSE(outcome.key.has_value());
  }
}

TEST(RegisterChallenge, IsRefusedWithAnyBitOfItsSignedPartsFlipped) {
  const CertifiedBlob good = certified(statement(ak("sb")));
  for (Buffer CertifiedBlob::* part :
       {&CertifiedBlob::attest, &CertifiedBlob::signature, &CertifiedBlob::public_area}) {
    for (std::size_t i = 0; i < (good.*part).size(); ++i) {
      CertifiedBlob flipped = good;
      (flipped.*part)[i] ^= 0x10;
      EXPECT_FALSE(authenticate_certified_key(flipped, secret()).key.has_value()) << i;
    }
  }
}

}  // namespace
}  // namespace assay
