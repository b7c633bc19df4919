// SPDX-License-Identifier: Apache-2.0
#include "token/key_ring.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <thread>

#include "crypto/jws.h"
#include "host/file.h"

namespace assay {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

template <class T>
std::string error_of(const Result<T>& result) {
  return result ? "" : to_string(result.error());
}

class KeyRingFile : public testing::Test {
 protected:
  void write_key(std::string_view pem, fs::perms mode) {
    std::ofstream(path_) << pem;
    fs::permissions(path_, mode);
  }
  const TemporaryDirectory temporary_ = TemporaryDirectory::make().value();
  const fs::path directory_ = temporary_.path() / "keys";
  const fs::path path_ = temporary_.path() / "keys" / "signing-key.pem";
};

constexpr fs::perms kOwnerOnly = fs::perms::owner_read | fs::perms::owner_write;

TEST(KeyRing, SignsWithTheKeyItPublishes) {
  const KeyRing ring = KeyRing::generate();
  ASSERT_EQ(ring.public_keys().keys().size(), 1U);
  const Jwk& jwk = ring.public_keys().keys().front();
  EXPECT_EQ(jwk.algorithm, JwsAlgorithm::rs256);
  EXPECT_EQ(jwk.kid, jwk_thumbprint(jwk.key));
  EXPECT_EQ(jwk.kid.size(), 43U);
  EXPECT_EQ(jwk.key.describe(), "RSA-2048");

  const std::string token = ring.sign({{"iss", "us"}});
  const auto jws = parse_jws(token);
  ASSERT_TRUE(jws) << error_of(jws);
  EXPECT_EQ(json::serialize(jws->header),
            R"({"alg":"RS256","kid":")" + jwk.kid + R"(","typ":"JWT"})");
  const auto claims = verify_jws(*jws, jwk);
  ASSERT_TRUE(claims) << error_of(claims);
  EXPECT_EQ(json::serialize(*claims), R"({"iss":"us"})");

  const KeyRing other = KeyRing::generate();
  EXPECT_EQ(ring.public_keys().find(other.public_keys().keys().front().kid), nullptr);
  EXPECT_FALSE(verify_jws(*jws, other.public_keys().keys().front()));
}

TEST_F(KeyRingFile, IsMadeOnceAndKept) {
  const auto first = KeyRing::open(directory_);
  ASSERT_TRUE(first) << error_of(first);
  EXPECT_EQ(fs::status(path_).permissions(), kOwnerOnly);
  EXPECT_EQ(fs::status(directory_).permissions(), fs::perms::owner_all);
  const auto second = KeyRing::open(directory_);
  ASSERT_TRUE(second) << error_of(second);
  EXPECT_EQ(second->public_keys().keys().front().kid, first->public_keys().keys().front().kid);
  // The private half is the same too: what one signs, the other's public key verifies.
  const std::string token = second->sign({{"a", 1}});
  EXPECT_TRUE(verify_jws(parse_jws(token).value(), first->public_keys().keys().front()));
}

TEST_F(KeyRingFile, IsOneForAllWhoOpenItFirst) {
  std::vector<std::string> kids(6);
  {
    std::vector<std::jthread> threads;
    for (std::string& kid : kids) {
      threads.emplace_back([&] {
        const auto ring = KeyRing::open(directory_);
        kid = ring ? ring->public_keys().keys().front().kid : error_of(ring);
      });
    }
  }
  const std::string kept = KeyRing::open(directory_)->public_keys().keys().front().kid;
  EXPECT_THAT(kids, testing::Each(kept));
}

TEST_F(KeyRingFile, ThatOthersCanReadIsRefused) {
  ASSERT_TRUE(KeyRing::open(directory_));
  fs::permissions(path_, kOwnerOnly | fs::perms::others_read);
  const auto ring = KeyRing::open(directory_);
  ASSERT_FALSE(ring);
  EXPECT_EQ(ring.error().fault, Fault::unavailable);
  EXPECT_EQ(
      to_string(ring.error()),
      path_.string() + ": mode 604, others may use it; make it 600, or remove it for a new key");
}

TEST_F(KeyRingFile, ThatIsNoRsaKeyIsRefusedAndKept) {
  ASSERT_TRUE(make_private_directory(directory_));
  write_key("not a key", kOwnerOnly);
  EXPECT_EQ(error_of(KeyRing::open(directory_)),
            path_.string() + ": private_key: 0 PEM blocks, wanted one \"PRIVATE KEY\"");
  write_key(as_text(PrivateKey::generate_p256().pem().reveal()), kOwnerOnly);
  EXPECT_EQ(error_of(KeyRing::open(directory_)),
            path_.string() + ": P-256 key, wanted RSA: tokens are signed with RS256");
  EXPECT_TRUE(fs::exists(path_));
}

TEST_F(KeyRingFile, InAPlaceThatIsNoDirectoryIsRefused) {
  std::ofstream(temporary_.path() / "file") << "x";
  const auto ring = KeyRing::open(temporary_.path() / "file" / "keys");
  ASSERT_FALSE(ring);
  EXPECT_EQ(ring.error().fault, Fault::unavailable);
  EXPECT_THAT(ring.error().where, HasSubstr("file"));
}

}  // namespace
}  // namespace assay
