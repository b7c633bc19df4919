// SPDX-License-Identifier: Apache-2.0
#include "crypto/hash.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "base/hex.h"
#include "crypto/random.h"

namespace assay {
namespace {

struct HashCase {
  HashAlgorithm algorithm;
  std::string_view of_abc;    // FIPS 180-4 examples; GB/T 32905-2016 appendix A
  std::string_view extended;  // H(zeros || H("abc")), by `openssl dgst`
};

const HashCase kHashCases[] = {
    {HashAlgorithm::sha1, "a9993e364706816aba3e25717850c26c9cd0d89d",
     "ccd5bd41458de644ac34a2478b58ff819bef5acf"},
    {HashAlgorithm::sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
     "589f9ffed4c477966bfb8d41f37895b08c69047df8f911d6f3b57fbe08faee8d"},
    {HashAlgorithm::sha384,
     "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c82"
     "5"
     "a7",
     "93732e3733514a841c982cfa75ea76ab55fe011acb9cd980ef4523913c65be1b0998e04d77f8c174f81a82151619c"
     "a40"},
    {HashAlgorithm::sha512,
     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3fee"
     "b"
     "bd454d4423643ce80e2a9ac94fa54ca49f",
     "6b9e946755055542adba95a1588a7eaed86323b3bed97d602ee06839d734048e02c63f37892d3adde0d25b5a9d891"
     "62e8804ab9ec0ac4a263545c4faecfdf53b"},
    {HashAlgorithm::sm3_256, "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0",
     "ee1ade12bac480c9bc7aff12f344bf9cdd92324fc83f7d79386f3c5426185506"},
};

TEST(Hash, GivesThePublishedDigestsWholeAndInPieces) {
  for (const HashCase& c : kHashCases) {
    SCOPED_TRACE(name_of(c.algorithm));
    EXPECT_EQ(hex(hash(c.algorithm, as_bytes("abc")).bytes()), c.of_abc);
    Hasher hasher(c.algorithm);
    for (int round = 0; round < 2; ++round) {
      hasher.update(as_bytes("a")).update({}).update(as_bytes("bc"));
      EXPECT_EQ(hex(hasher.finish().bytes()), c.of_abc) << "round " << round;
    }
  }
  EXPECT_EQ(sha256_hex({}), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(Hash, OfMoreThanABlockIsTheSameInAnyPieces) {
  const Buffer data = random_bytes(1000);
  for (const HashCase& c : kHashCases) {
    SCOPED_TRACE(name_of(c.algorithm));
    Hasher hasher(c.algorithm);
    const Bytes whole(data);
    hasher.update(whole.first(63)).update(whole.subspan(63, 129)).update(whole.subspan(192));
    EXPECT_EQ(hasher.finish(), hash(c.algorithm, data));
  }
}

TEST(Hash, ExtendHashesTheOldValueAndTheDigest) {
  for (const HashCase& c : kHashCases) {
    SCOPED_TRACE(name_of(c.algorithm));
    Digest pcr(c.algorithm);
    extend(pcr, hash(c.algorithm, as_bytes("abc")));
    EXPECT_EQ(hex(pcr.bytes()), c.extended);
  }
}

TEST(Hash, ThreadsDoNotShareState) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([] {
      for (int round = 0; round < 100; ++round) {
        for (const HashCase& c : kHashCases) {
          EXPECT_EQ(hex(hash(c.algorithm, as_bytes("abc")).bytes()), c.of_abc);
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(HashDeathTest, ExtendRefusesADigestOfAnotherAlgorithm) {
  Digest pcr(HashAlgorithm::sha1);
  EXPECT_DEATH(extend(pcr, Digest(HashAlgorithm::sha256)), "algorithm");
}

TEST(Random, UuidsAreVersionFourAndDiffer) {
  const std::string uuid = random_uuid();
  EXPECT_THAT(uuid, testing::MatchesRegex(
                        "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"));
  EXPECT_NE(uuid, random_uuid());
}

TEST(Random, BytesHaveTheSizeAskedForAndDiffer) {
  EXPECT_TRUE(random_bytes(0).empty());
  EXPECT_EQ(random_bytes(33).size(), 33U);
  EXPECT_NE(random_bytes(32), random_bytes(32));
}

}  // namespace
}  // namespace assay
