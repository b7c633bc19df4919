// SPDX-License-Identifier: Apache-2.0
#include "services/revocation_files.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>

#include "crypto/certificate_builder.h"
#include "crypto/crl_builder.h"
#include "host/file.h"

namespace assay {
namespace {

using testing::HasSubstr;

/// A CA that writes its list into a file.
class RevocationFilesTest : public testing::Test {
 protected:
  static CertificateTemplate authority() {
    CertificateTemplate out;
    out.subject = {{"CN", "CA"}};
    out.not_before = from_unix_seconds(1'600'000'000);
    out.not_after = from_unix_seconds(1'900'000'000);
    out.is_ca = true;
    return out;
  }
  /// `number` is the cRLNumber in DER's hex, "020105"; none where it is empty.
  static CrlTemplate content(std::vector<Buffer> serials, std::int64_t since,
                             const std::string& number) {
    CrlTemplate out{.this_update = from_unix_seconds(since),
                    .next_update = from_unix_seconds(1'800'000'000),
                    .serials = std::move(serials),
                    .extensions = {},
                    .indirect = false};
    if (!number.empty()) out.extensions.emplace_back("crlNumber", "DER:" + number);
    return out;
  }
  void publish(std::vector<Buffer> serials, std::int64_t since = 1'700'000'000,
               const std::string& number = "") {
    put(issue_crl(content(std::move(serials), since, number), ca_, key_));
  }
  /// PEM of a list by the CA, or by whoever has `key` and says that he is the CA.
  [[nodiscard]] std::string list(const CrlTemplate& content, const PrivateKey& key) const {
    return pem_block("X509 CRL", issue_crl(content, ca_, key));
  }
  [[nodiscard]] std::unique_ptr<RevocationFiles> open_knowing_the_ca() const {
    auto files = RevocationFiles::open({.files = {path_}}).value();
    files->learn("CN=CA", key_.public_key());
    return files;
  }
  /// What refresh() tells the operator.
  static std::string refresh(RevocationFiles& files) {
    testing::internal::CaptureStderr();
    files.refresh();
    return testing::internal::GetCapturedStderr();
  }
  static bool revoked(const RevocationFiles& files, const Buffer& serial = {0x01}) {
    return std::ranges::any_of(files.lists()->lists,
                               [&](const Crl& crl) { return crl.names(serial); });
  }
  void put(Bytes content) const { ASSERT_TRUE(write_file(path_, content, FileAccess::everybody)); }
  /// How many certificates the only list names.
  static std::size_t named(const RevocationFiles& files) {
    const auto lists = files.lists();
    return lists->lists.size() == 1 ? lists->lists[0].size() : 1000;
  }

  Result<TemporaryDirectory> directory_ = TemporaryDirectory::make();
  std::filesystem::path path_ = directory_->path() / "ca.crl";
  PrivateKey key_ = PrivateKey::generate_p256();
  Certificate ca_ = issue_certificate(authority(), key_.public_key(), std::nullopt, key_).value();
};

TEST_F(RevocationFilesTest, AreReadAgainWhenTheyChange) {
  publish({});
  const auto files = open_knowing_the_ca();
  EXPECT_EQ(named(*files), 0u);
  const auto before = files->lists();
  files->refresh();
  const auto settled = files->lists();
  files->refresh();
  EXPECT_EQ(files->lists(), settled) << "nothing changed";
  publish({{0x01}, {0x02}});
  EXPECT_EQ(named(*files), 0u) << "nobody looked";
  files->refresh();
  EXPECT_EQ(named(*files), 2u);
  EXPECT_EQ(before->lists[0].size(), 0u) << "what a request holds does not change under it";
}

TEST_F(RevocationFilesTest, StayWhereTheNewOnesCannotBeRead) {
  publish({{0x01}});
  const auto files = open_knowing_the_ca();
  testing::internal::CaptureStderr();
  put(as_bytes("half of a li"));
  files->refresh();
  files->refresh();
  EXPECT_EQ(named(*files), 1u);
  std::filesystem::remove(path_);
  files->refresh();
  EXPECT_EQ(named(*files), 1u);
  const std::string told = testing::internal::GetCapturedStderr();
  EXPECT_EQ(std::count(told.begin(), told.end(), '\n'), 2) << told;
  EXPECT_THAT(told, HasSubstr("ca.crl"));
  publish({{0x01}, {0x02}});
  files->refresh();
  EXPECT_EQ(named(*files), 2u);
}

TEST_F(RevocationFilesTest, AreReadWhateverBecameOfTheOtherFile) {
  publish({});
  const std::filesystem::path other = directory_->path() / "other.crl";
  std::filesystem::copy(path_, other);
  const auto files = RevocationFiles::open({.files = {other, path_}});
  ASSERT_TRUE(files) << to_string(files.error());
  (*files)->learn("CN=CA", key_.public_key());
  const auto sizes = [&] {
    std::vector<std::size_t> out;
    for (const Crl& crl : (*files)->lists()->lists) out.push_back(crl.size());
    return out;
  };
  testing::internal::CaptureStderr();
  std::filesystem::remove(other);
  publish({{0x01}});
  (*files)->refresh();
  EXPECT_THAT(sizes(), testing::ElementsAre(0, 1));
  publish({{0x01}, {0x02}});
  (*files)->refresh();
  EXPECT_THAT(sizes(), testing::ElementsAre(0, 2));
  const std::string told = testing::internal::GetCapturedStderr();
  EXPECT_EQ(std::count(told.begin(), told.end(), '\n'), 1) << told;
  EXPECT_THAT(told, HasSubstr("other.crl"));
}

TEST_F(RevocationFilesTest, AreNeverReplacedByOlderOnes) {
  publish({{0x01}}, 1'700'000'000);
  const auto files = open_knowing_the_ca();
  testing::internal::CaptureStderr();
  publish({}, 1'699'999'999);
  files->refresh();
  files->refresh();
  EXPECT_TRUE(revoked(*files));
  const std::string told = testing::internal::GetCapturedStderr();
  EXPECT_EQ(std::count(told.begin(), told.end(), '\n'), 1) << told;
  EXPECT_THAT(told, HasSubstr("ca.crl: has no list of CN=CA that is as new as the one in use"));
  publish({}, 1'700'000'001);
  files->refresh();
  EXPECT_FALSE(revoked(*files));
  EXPECT_EQ(files->lists()->lists.size(), 1u);
}

TEST_F(RevocationFilesTest, AreNeverReplacedByOnesOfALowerNumber) {
  publish({{0x01}}, 1'700'000'000, "020105");
  const auto files = open_knowing_the_ca();
  // Whatever its thisUpdate says; and no number is lower than any.
  for (const char* number : {"020104", "020100", ""}) {
    testing::internal::CaptureStderr();
    publish({}, 1'700'000'001, number);
    files->refresh();
    EXPECT_TRUE(revoked(*files)) << number;
    EXPECT_THAT(testing::internal::GetCapturedStderr(),
                HasSubstr("that is as new as the one in use"))
        << number;
  }
  publish({}, 1'700'000'001, "020106");
  files->refresh();
  EXPECT_FALSE(revoked(*files));
  EXPECT_EQ(files->lists()->lists.size(), 1u);
}

TEST_F(RevocationFilesTest, AreNeverReplacedByForgedOnes) {
  // A list of 05 that names somebody; the attacker has the older one and a key of his own.
  const PrivateKey own = PrivateKey::generate_p256();
  const std::string forged = list(content({}, 1'700'000'009, "020163"), own);
  const std::string old = list(content({}, 1'699'999'999, "020104"), key_);
  for (const bool known_before : {true, false}) {
    for (const std::vector<std::string>& steps :
         {std::vector{forged + old}, std::vector{forged, old}, std::vector{forged, old, forged}}) {
      publish({{0x01}}, 1'700'000'000, "020105");
      const auto files = RevocationFiles::open({.files = {path_}});
      ASSERT_TRUE(files) << to_string(files.error());
      if (known_before) (*files)->learn("CN=CA", key_.public_key());
      for (const std::string& step : steps) {
        put(as_bytes(step));
        const std::string told = refresh(**files);
        EXPECT_TRUE(revoked(**files));
        if (known_before) {
          EXPECT_THAT(told, HasSubstr("ca.crl: has no"));
          EXPECT_THAT(told, HasSubstr("list of CN=CA that is"));
          EXPECT_THAT(told, HasSubstr("which stays: give"));
        }
      }
      (*files)->learn("CN=CA", key_.public_key());
      (*files)->refresh();
      EXPECT_TRUE(revoked(**files));
      publish({}, 1'700'000'001, "020106");
      (*files)->refresh();
      EXPECT_FALSE(revoked(**files)) << "a genuine one replaces it";
      EXPECT_EQ((*files)->lists()->lists.size(), 1u);
    }
  }
}

TEST_F(RevocationFilesTest, AreKeptFromTheMomentThatTheirCAIsKnown) {
  publish({}, 1'700'000'000, "020104");
  const auto files = RevocationFiles::open({.files = {path_}});
  ASSERT_TRUE(files) << to_string(files.error());
  publish({{0x01}}, 1'700'000'001, "020105");
  (*files)->refresh();
  // Between two looks at the file.
  (*files)->learn("CN=CA", key_.public_key());
  publish({}, 1'700'000'000, "020104");
  EXPECT_THAT(refresh(**files), HasSubstr("that is as new as the one in use"));
  EXPECT_TRUE(revoked(**files));
  EXPECT_EQ((*files)->lists()->lists.size(), 2u);
}

TEST_F(RevocationFilesTest, AreNeverReplacedByPartialOnes) {
  for (const char* extension : {"deltaCRL", "issuingDistributionPoint"}) {
    publish({{0x01}}, 1'700'000'000, "020105");
    const auto files = open_knowing_the_ca();
    CrlTemplate partial = content({}, 1'700'000'009, "020107");
    partial.extensions.emplace_back(extension, extension == std::string("deltaCRL")
                                                   ? "critical,DER:020105"
                                                   : "critical,DER:30038101FF");
    put(as_bytes(list(partial, key_)));
    EXPECT_THAT(refresh(*files), HasSubstr("complete and signed by the CA whose list is in use"));
    EXPECT_TRUE(revoked(*files)) << extension;
    publish({}, 1'700'000'001, "020106");
    files->refresh();
    EXPECT_FALSE(revoked(*files)) << extension;
    EXPECT_EQ(files->lists()->lists.size(), 1u) << "nor are partial ones kept";
  }
}

TEST_F(RevocationFilesTest, AreEachOfItsOwnCAWhateverItsName) {
  // Two CAs of one name: the keys tell them apart.
  const PrivateKey other = PrivateKey::generate_p256();
  put(as_bytes(list(content({{0x01}}, 1'700'000'000, "020105"), key_) +
               list(content({{0x02}}, 1'700'000'000, "020101"), other)));
  const auto files = open_knowing_the_ca();
  files->learn("CN=CA", other.public_key());
  put(as_bytes(list(content({}, 1'700'000'009, "020109"), other)));
  EXPECT_THAT(refresh(*files), HasSubstr("signed by the CA whose list is in use"));
  EXPECT_TRUE(revoked(*files, {0x01}));
  EXPECT_FALSE(revoked(*files, {0x02}));
  EXPECT_EQ(files->lists()->lists.size(), 2u);
}

TEST_F(RevocationFilesTest, AreForgottenWhereAnybodyCanHaveMadeThem) {
  publish({{0x01}}, 1'700'000'000, "020105");
  const auto files = open_knowing_the_ca();
  for (int i = 0; i < 20; ++i) {
    put(as_bytes(list(content({}, 1'700'000'009 + i, "020163"), PrivateKey::generate_p256())));
    EXPECT_THAT(refresh(*files), HasSubstr("which stays"));
    EXPECT_EQ(files->lists()->lists.size(), 2u) << "the genuine one, and the file's";
  }
  // So are lists of the CA itself that it replaced.
  for (int i = 6; i < 20; ++i) {
    publish({{0x01}}, 1'700'000'000 + i, fmt::format("0201{:02x}", i));
    EXPECT_EQ(refresh(*files), "");
    EXPECT_EQ(files->lists()->lists.size(), 1u);
  }
  EXPECT_TRUE(revoked(*files));
}

TEST_F(RevocationFilesTest, DoNotWaitForAPipe) {
  publish({{0x01}});
  const auto files = RevocationFiles::open({.files = {path_}});
  ASSERT_TRUE(files) << to_string(files.error());
  std::filesystem::remove(path_);
  ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  testing::internal::CaptureStderr();
  (*files)->refresh();
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("is no regular file"));
  EXPECT_EQ(named(**files), 1u);
  const auto opened = RevocationFiles::open({.files = {path_}});
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().fault, Fault::malformed);
}

TEST_F(RevocationFilesTest, AreNotOpenedWhereOneCannotBeRead) {
  EXPECT_EQ(RevocationFiles::open({.files = {path_}}).error().fault, Fault::unavailable);
  put(as_bytes("no list"));
  const auto garbage = RevocationFiles::open({.files = {path_}});
  ASSERT_FALSE(garbage);
  EXPECT_EQ(garbage.error().fault, Fault::malformed);
  EXPECT_THAT(to_string(garbage.error()), HasSubstr("ca.crl"));
}

TEST_F(RevocationFilesTest, BringTheSettingsAlong) {
  publish({});
  const auto files = RevocationFiles::open({.files = {path_},
                                            .terms = {.missing = RevocationTerms::Missing::refused,
                                                      .max_age = std::chrono::seconds(60)}});
  ASSERT_TRUE(files);
  publish({{0x01}});
  (*files)->refresh();
  EXPECT_EQ((*files)->lists()->terms.missing, RevocationTerms::Missing::refused);
  EXPECT_EQ((*files)->lists()->terms.max_age, std::chrono::seconds(60));
}

}  // namespace
}  // namespace assay
