// SPDX-License-Identifier: Apache-2.0
#include "services/trusted_key_files.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>

#include "crypto/private_key.h"
#include "formats/enrolment.h"
#include "formats/recorded.h"
#include "host/file.h"

namespace assay {
namespace {

using testing::HasSubstr;
using Emulated = TrustedKeyFiles::Emulated;

/// An operator who puts keys into a directory and takes them out, and machines with these keys.
class TrustedKeyFilesTest : public testing::Test {
 protected:
  TrustedKeyFilesTest() { std::filesystem::create_directory(keys_); }

  [[nodiscard]] std::filesystem::path at(const std::string& name) const { return keys_ / name; }
  void put(const std::string& name, Bytes content) const {
    ASSERT_TRUE(write_file(at(name), content, FileAccess::everybody));
  }
  static Buffer record(const Buffer& ak_public, bool emulated) {
    const std::string text = encode(EnrolmentRecord{{.ak_public = ak_public,
                                                     .ek_fingerprint = std::string(64, 'a'),
                                                     .ek_voucher = "CN=maker",
                                                     .emulated = emulated},
                                                    from_unix_seconds(1'700'000'000)});
    return to_buffer(as_bytes(text));
  }
  /// The recorded key of a boot, and evidence by it as a service is sent it.
  static Buffer area_of(const std::string& boot) {
    const Buffer file = boot_file(boot + "/akecc.tpm2b");
    return Buffer(file.begin() + 2, file.end());
  }
  static Attestation evidence_of(const std::string& boot) {
    Attestation out;
    const std::string quote = boot + "/quote.ecc.sha256.";
    out.quotes.push_back({.attest = boot_file(quote + "msg"),
                          .signature = boot_file(quote + "sig"),
                          .pcrs = {HashAlgorithm::sha256, {}}});
    return out;
  }

  std::unique_ptr<TrustedKeyFiles> open(TrustedKeyFiles::Paths paths,
                                        Emulated emulated = Emulated::refused) {
    auto out = TrustedKeyFiles::open({.paths = std::move(paths), .emulated = emulated});
    EXPECT_TRUE(out) << to_string(out.error());
    return out ? std::move(*out) : nullptr;
  }
  static bool knows(TrustedKeyFiles& files, const std::string& boot) {
    return files.find_signer(evidence_of(boot)).key != nullptr;
  }

  Result<TemporaryDirectory> directory_ = TemporaryDirectory::make();
  std::filesystem::path keys_ = directory_->path() / "keys";
};

TEST_F(TrustedKeyFilesTest, AreReadOnceForACommand) {
  put("a", area_of("sb"));
  put("b", record(area_of("uki"), true));
  EXPECT_EQ(TrustedKeyFiles::read({keys_})->keys().size(), 2u);
  EXPECT_EQ(TrustedKeyFiles::read({at("a"), at("b"), at("a")})->keys().size(), 2u);
  EXPECT_EQ(TrustedKeyFiles::read({})->keys().size(), 0u);
  put("c", as_bytes("no key"));
  const auto broken = TrustedKeyFiles::read({keys_});
  ASSERT_FALSE(broken);
  EXPECT_THAT(to_string(broken.error()), HasSubstr("keys/c"));
  EXPECT_EQ(TrustedKeyFiles::read({at("none")}).error().fault, Fault::unavailable);
}

TEST_F(TrustedKeyFilesTest, AreTrustedAsSoonAsTheyAreThereAndAsLong) {
  put("sb.ak", area_of("sb"));
  const auto files = open({keys_});
  EXPECT_TRUE(knows(*files, "sb"));
  EXPECT_FALSE(knows(*files, "uki"));
  put("uki.ak", area_of("uki"));
  EXPECT_TRUE(knows(*files, "uki")) << "the next request, without anybody's refresh";
  EXPECT_EQ(files->size(), 2u);
  std::filesystem::remove(at("sb.ak"));
  EXPECT_FALSE(knows(*files, "sb")) << "the next request, without anybody's refresh";
  EXPECT_TRUE(knows(*files, "uki"));
  EXPECT_EQ(files->size(), 1u);
  std::filesystem::remove_all(keys_);
  testing::internal::CaptureStderr();
  EXPECT_FALSE(knows(*files, "uki"));
  EXPECT_FALSE(knows(*files, "uki"));
  files->refresh();
  const std::string told = testing::internal::GetCapturedStderr();
  EXPECT_EQ(std::count(told.begin(), told.end(), '\n'), 1) << told;
  EXPECT_EQ(files->size(), 0u);
}

TEST_F(TrustedKeyFilesTest, ThatAreNamedAreFollowedToo) {
  put("one", area_of("sb"));
  const auto files = open({at("one")});
  EXPECT_TRUE(knows(*files, "sb"));
  put("one", area_of("uki"));
  EXPECT_FALSE(knows(*files, "sb"));
  EXPECT_TRUE(knows(*files, "uki"));
  testing::internal::CaptureStderr();
  std::filesystem::remove(at("one"));
  EXPECT_FALSE(knows(*files, "uki"));
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("keys/one"));
  put("one", area_of("sb"));
  files->refresh();
  EXPECT_TRUE(knows(*files, "sb"));
}

TEST_F(TrustedKeyFilesTest, ThatBreakWithdrawTheirKeyAndNoOther) {
  put("sb.ak", area_of("sb"));
  put("uki.ak", area_of("uki"));
  const auto files = open({keys_});
  const std::array<Buffer, 4> broken{Buffer{}, to_buffer(as_bytes("{\"assay_enrolment\":\"key\"}")),
                                     Buffer(70'000, ' '), to_buffer(as_bytes("-----BEGIN"))};
  for (const Buffer& content : broken) {
    testing::internal::CaptureStderr();
    put("sb.ak", content);
    files->refresh();
    files->refresh();
    EXPECT_FALSE(knows(*files, "sb"));
    EXPECT_TRUE(knows(*files, "uki"));
    const std::string told = testing::internal::GetCapturedStderr();
    EXPECT_EQ(std::count(told.begin(), told.end(), '\n'), 1) << told;
    EXPECT_THAT(told, HasSubstr("keys/sb.ak"));
    put("sb.ak", area_of("sb"));
    EXPECT_TRUE(knows(*files, "sb"));
  }
  // What is no key does not keep a directory from being opened, and is passed over with a word.
  testing::internal::CaptureStderr();
  put("README", as_bytes("our machines"));
  put(".hidden", area_of("nosb"));
  std::filesystem::create_directory(at("old"));
  const auto again = open({keys_});
  EXPECT_EQ(again->size(), 2u);
  EXPECT_FALSE(knows(*again, "nosb"));
  const std::string told = testing::internal::GetCapturedStderr();
  EXPECT_THAT(told, HasSubstr("keys/README"));
  EXPECT_THAT(told, HasSubstr("keys/old: is no regular file"));
}

TEST_F(TrustedKeyFilesTest, ThatAreNamedMustBeGoodAtTheStart) {
  const auto refusal = [&](const std::string& name) {
    const auto files = TrustedKeyFiles::open({.paths = {at(name)}, .emulated = Emulated::refused});
    return files ? std::string("opened") : to_string(files.error());
  };
  EXPECT_THAT(refusal("none"), HasSubstr("keys/none"));
  put("broken", as_bytes("no key"));
  EXPECT_THAT(refusal("broken"), HasSubstr("keys/broken"));
  put("emulated", record(area_of("sb"), true));
  EXPECT_THAT(refusal("emulated"), HasSubstr("add --dev"));
  put("real", record(area_of("sb"), false));
  EXPECT_EQ(refusal("real"), "opened");
}

TEST_F(TrustedKeyFilesTest, OfEmulatedMachinesAreTrustedInDevelopmentAlone) {
  put("sb", record(area_of("sb"), true));
  put("uki", record(area_of("uki"), false));
  testing::internal::CaptureStderr();
  const auto production = open({keys_});
  EXPECT_FALSE(knows(*production, "sb"));
  EXPECT_TRUE(knows(*production, "uki"));
  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              HasSubstr("keys/sb: is the key of an emulated"));
  const auto development = open({keys_}, Emulated::accepted);
  const auto found = development->find_signer(evidence_of("sb"));
  ASSERT_NE(found.key, nullptr);
  EXPECT_EQ(found.key->provenance, Provenance::emulated);
  // Nor does another file of the same key without the mark make it a real machine's.
  testing::internal::CaptureStderr();
  for (const char* name : {"a", "z"}) put(name, area_of("sb"));
  production->refresh();
  EXPECT_FALSE(knows(*production, "sb"));
  development->refresh();
  EXPECT_EQ(development->find_signer(evidence_of("sb")).key->provenance, Provenance::emulated);
  // Nor does a file become one while the service runs.
  put("uki", record(area_of("uki"), true));
  EXPECT_FALSE(knows(*production, "uki"));
  testing::internal::GetCapturedStderr();
}

TEST_F(TrustedKeyFilesTest, MayBeAThousand) {
  for (int i = 0; i < 1000; ++i)
    std::ofstream(at(fmt::format("{:04}.ak", i))) << PrivateKey::generate_p256().public_key().pem();
  testing::internal::CaptureStderr();
  const auto files = open({keys_});
  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              HasSubstr("1000 keys have no public area, and only 64 of them are tried"));
  EXPECT_EQ(files->size(), 1000u);
  Attestation evidence = evidence_of("sb");
  EXPECT_EQ(files->find_signer(evidence).key, nullptr);
  evidence.ak_pub = area_of("sb");
  testing::internal::CaptureStderr();
  put("sb.ak", evidence.ak_pub);
  EXPECT_NE(files->find_signer(evidence).key, nullptr);
  const auto held = files->find_signer(evidence);
  std::filesystem::remove(at("sb.ak"));
  EXPECT_EQ(files->find_signer(evidence).key, nullptr);
  EXPECT_EQ(held.key->public_area, evidence.ak_pub) << "what a request holds stays with it";
  EXPECT_EQ(files->size(), 1000u);
  testing::internal::GetCapturedStderr();
}

}  // namespace
}  // namespace assay
