// SPDX-License-Identifier: Apache-2.0
#include "services/list_signers.h"

#include <gtest/gtest.h>

#include "crypto/certificate_builder.h"
#include "crypto/crl_builder.h"

namespace assay {
namespace {

/// A list that says that it is CN=CA's, signed by `key`.
Crl list_by(const PrivateKey& key) {
  CertificateTemplate authority;
  authority.subject = {{"CN", "CA"}};
  authority.not_before = from_unix_seconds(1'600'000'000);
  authority.not_after = from_unix_seconds(1'900'000'000);
  authority.is_ca = true;
  const Certificate ca = issue_certificate(authority, key.public_key(), std::nullopt, key).value();
  const CrlTemplate content{.this_update = from_unix_seconds(1'700'000'000),
                            .next_update = from_unix_seconds(1'800'000'000),
                            .serials = {},
                            .extensions = {},
                            .indirect = false};
  return Crl::from_der(issue_crl(content, ca, key)).value();
}

TEST(ListSigners, AreFoundByNameAndSignature) {
  const PrivateKey one = PrivateKey::generate_p256(), other = PrivateKey::generate_p256();
  ListSigners signers;
  EXPECT_EQ(signers.find(list_by(one)), nullptr);
  signers.add("CN=another CA", one.public_key());
  EXPECT_EQ(signers.find(list_by(one)), nullptr) << "its key under another name";
  signers.add("CN=CA", other.public_key());
  EXPECT_EQ(signers.find(list_by(one)), nullptr) << "its name with another key";
  signers.add("CN=CA", one.public_key());
  const PublicKey* const found = signers.find(list_by(one));
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(*found, one.public_key());
  EXPECT_NE(signers.find(list_by(other)), found);
  signers.add("CN=CA", one.public_key());
  EXPECT_EQ(signers.size(), 3u);
  EXPECT_EQ(signers.find(list_by(one)), found);
}

TEST(ListSigners, AreNoMoreThanTheirBound) {
  const PrivateKey key = PrivateKey::generate_p256();
  ListSigners signers;
  for (std::size_t i = 0; i < ListSigners::kMost; ++i)
    signers.add("CN=" + std::to_string(i), key.public_key());
  signers.add("CN=CA", key.public_key());
  EXPECT_EQ(signers.size(), ListSigners::kMost);
  EXPECT_EQ(signers.find(list_by(key)), nullptr);
}

}  // namespace
}  // namespace assay
