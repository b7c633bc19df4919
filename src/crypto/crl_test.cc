// SPDX-License-Identifier: Apache-2.0
#include "crypto/crl.h"

#include <gmock/gmock.h>

#include "base/hex.h"
#include "crypto/certificate_builder.h"
#include "crypto/crl_builder.h"

namespace assay {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Instant at(const char* text) { return parse_rfc3339("test", text).value(); }

class CrlTest : public testing::Test {
 protected:
  static CertificateTemplate ca_template() {
    CertificateTemplate out;
    out.subject = {{"O", "test"}, {"CN", "CA, of a test"}};
    out.not_before = at("2020-01-01T00:00:00Z");
    out.not_after = at("2030-01-01T00:00:00Z");
    out.is_ca = true;
    return out;
  }
  [[nodiscard]] Buffer issue(const CrlTemplate& content) const {
    return issue_crl(content, ca_, key_);
  }

  PrivateKey key_ = PrivateKey::generate_p256();
  PrivateKey other_key_ = PrivateKey::generate_p256();
  Certificate ca_ = issue_certificate(ca_template(), key_.public_key(), std::nullopt, key_).value();
  CrlTemplate content_{.this_update = at("2023-01-01T00:00:00Z"),
                       .next_update = at("2023-01-08T00:00:00Z"),
                       .serials = {{0x01}, {0x80}, {0x12, 0x34}},
                       .extensions = {},
                       .indirect = false};
};

TEST_F(CrlTest, SaysWhoRevokedWhatAndWhen) {
  const auto crl = Crl::from_der(issue(content_));
  ASSERT_TRUE(crl.has_value()) << to_string(crl.error());
  EXPECT_EQ(crl->issuer(), ca_.subject());
  EXPECT_EQ(crl->this_update(), content_.this_update);
  EXPECT_EQ(crl->next_update(), content_.next_update);
  EXPECT_EQ(crl->size(), 3u);
  EXPECT_TRUE(crl->names(Buffer{0x01}));
  EXPECT_TRUE(crl->names(Buffer{0x00, 0x80}));  // as DER writes 128
  EXPECT_TRUE(crl->names(Buffer{0x12, 0x34}));
  EXPECT_FALSE(crl->names(Buffer{0x02}));
  EXPECT_FALSE(crl->names(Buffer{0x12}));
  EXPECT_FALSE(crl->names({}));
  EXPECT_TRUE(crl->signed_by(key_.public_key()));
  EXPECT_FALSE(crl->signed_by(other_key_.public_key()));
  EXPECT_THAT(crl->unhandled_extensions(), IsEmpty());
}

/// X.690 section 8.3: an INTEGER in two's complement, big-endian.
TEST_F(CrlTest, HasANumberOrNone) {
  EXPECT_FALSE(Crl::from_der(issue(content_))->number().has_value());
  const std::string twenty(40, 'f');
  const std::pair<std::string, Buffer> numbers[] = {
      {"DER:020100", {}},
      {"DER:020105", {0x05}},
      {"DER:02020080", {0x80}},
      {"DER:02020100", {0x01, 0x00}},
      {"critical,DER:020105", {0x05}},
      {"DER:021500" + twenty, Buffer(20, 0xff)},
  };
  for (const auto& [value, number] : numbers) {
    content_.extensions = {{"crlNumber", value}};
    const auto crl = Crl::from_der(issue(content_));
    ASSERT_TRUE(crl.has_value()) << value << ": " << to_string(crl.error());
    EXPECT_EQ(crl->number(), number) << value;
  }
  const std::pair<std::string, const char*> wrong[] = {
      {"DER:0201ff", "negative"},
      {"DER:02160100" + twenty, "22 octets"},
      {"DER:021501" + twenty, "21 octets"},
      {"DER:0402aabb", "no number"},
      {"DER:0200", "no number"},
  };
  for (const auto& [value, why] : wrong) {
    content_.extensions = {{"crlNumber", value}};
    const auto crl = Crl::from_der(issue(content_));
    ASSERT_FALSE(crl.has_value()) << value;
    EXPECT_THAT(crl.error().why, HasSubstr(why)) << value;
  }
  content_.extensions = {{"crlNumber", "DER:020105"}, {"crlNumber", "DER:020106"}};
  EXPECT_FALSE(Crl::from_der(issue(content_)).has_value());
}

TEST_F(CrlTest, IsLowerThanAnotherByItsNumber) {
  const auto list = [&](const char* number) {
    content_.extensions.clear();
    if (number != nullptr) content_.extensions = {{"crlNumber", number}};
    return Crl::from_der(issue(content_)).value();
  };
  // In their order.
  const Crl lists[] = {list(nullptr),        list("DER:020100"),   list("DER:02017f"),
                       list("DER:02020080"), list("DER:02020100"), list("DER:0203010000")};
  for (std::size_t i = 0; i < std::size(lists); ++i)
    for (std::size_t j = 0; j < std::size(lists); ++j)
      EXPECT_EQ(has_lower_number(lists[i], lists[j]), i < j) << i << " " << j;
}

TEST_F(CrlTest, FindsACertificateByItsSerial) {
  const Buffer serial = serial_of(ca_);
  EXPECT_EQ(serial.size(), 16u);
  content_.serials = {serial};
  EXPECT_TRUE(Crl::from_der(issue(content_)).value().names(serial));
}

TEST_F(CrlTest, TellsWhatIsNoFullList) {
  const std::pair<std::pair<std::string, std::string>, const char*> cases[] = {
      {{"deltaCRL", "critical,DER:020101"}, "2.5.29.27"},
      {{"deltaCRL", "DER:020101"}, "2.5.29.27"},
      {{"issuingDistributionPoint", "critical,DER:30038101FF"}, "2.5.29.28"},
      {{"1.2.3.4", "critical,DER:0500"}, "1.2.3.4"},
  };
  for (const auto& [extension, oid] : cases) {
    SCOPED_TRACE(oid);
    content_.extensions = {extension};
    EXPECT_THAT(Crl::from_der(issue(content_)).value().unhandled_extensions(), ElementsAre(oid));
  }
  content_.extensions = {{"1.2.3.4", "DER:0500"}};
  EXPECT_THAT(Crl::from_der(issue(content_)).value().unhandled_extensions(), IsEmpty());
  content_.indirect = true;
  content_.extensions = {};
  EXPECT_THAT(Crl::from_der(issue(content_)).value().unhandled_extensions(),
              ElementsAre("2.5.29.29"));
}

TEST_F(CrlTest, NoFlippedByteKeepsItsSignature) {
  const Buffer good = issue(content_);
  for (std::size_t i = 0; i < good.size(); ++i) {
    Buffer bad = good;
    bad[i] ^= 0x01;
    const auto crl = Crl::from_der(bad);
    EXPECT_FALSE(crl && crl->signed_by(key_.public_key())) << "byte " << i;
  }
}

TEST_F(CrlTest, IsReadWholeOrNotAtAll) {
  const Buffer good = issue(content_);
  for (std::size_t size = 0; size < good.size(); ++size)
    EXPECT_FALSE(Crl::from_der(Bytes(good).first(size)).has_value()) << size;
  Buffer longer = good;
  longer.push_back(0);
  EXPECT_THAT(to_string(Crl::from_der(longer).error()), HasSubstr("1 trailing bytes"));
  EXPECT_FALSE(Crl::from_der(ca_.der()).has_value());
}

TEST_F(CrlTest, ComesFromFilesInDerAndPem) {
  const Buffer der = issue(content_);
  EXPECT_EQ(parse_crls("f", der).value().size(), 1u);
  const std::string pem = pem_block("X509 CRL", der);
  EXPECT_EQ(parse_crls("f", as_bytes("a list:\n" + pem + ca_.pem() + pem)).value().size(), 2u);
  for (const std::string& bad : {ca_.pem(), std::string(), std::string("CRL")}) {
    const auto crls = parse_crls("f", as_bytes(bad));
    ASSERT_FALSE(crls.has_value());
    EXPECT_EQ(crls.error().where, "f");
  }
}

TEST_F(CrlTest, OfOneIssuerAreAFewInAFile) {
  const std::string pem = pem_block("X509 CRL", issue(content_));
  std::string file;
  for (int i = 0; i < 16; ++i) file += pem;
  EXPECT_EQ(parse_crls("f", as_bytes(file)).value().size(), 16u);
  const auto flood = parse_crls("f", as_bytes(file + pem));
  ASSERT_FALSE(flood.has_value());
  EXPECT_EQ(flood.error().why, "more than 16 lists of CN=CA\\, of a test,O=test");
}

}  // namespace
}  // namespace assay
