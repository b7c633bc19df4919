// SPDX-License-Identifier: Apache-2.0
// Key enrolment between a verifier without a TPM and the TPM in this process: what one encrypts the
// other opens, and nobody else.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/clock.h"
#include "collect/endorsement.h"
#include "emulator/libtpms_device.h"
#include "verify/enrolment.h"
#include "verify/register_challenge.h"

namespace assay {
namespace {

const Instant kNow = *parse_rfc3339("test", "2026-01-01T00:00:00Z");

/// A new TPM, with keys that no other has.  There can be one at a time.
struct Machine {
  std::shared_ptr<LibtpmsDevice> device;
  std::optional<Tpm> tpm;

  Machine() {
    auto powered = LibtpmsDevice::power_on({}, {});
    EXPECT_TRUE(powered) << to_string(powered.error());
    device = std::move(*powered);
    EXPECT_TRUE(device->startup(0));
    auto opened = Tpm::open(Tcti::over(device));
    EXPECT_TRUE(opened) << to_string(opened.error());
    tpm.emplace(std::move(*opened));
  }
};

TpmKey ek_of(Machine& machine, KeyAlgorithm algorithm) {
  auto key = endorsement_key(*machine.tpm, algorithm);
  EXPECT_TRUE(key) << to_string(key.error());
  return std::move(*key);
}

TpmKey ak_of(Machine& machine, KeyAlgorithm algorithm) {
  auto key = attestation_key(*machine.tpm, AttestationKeyChoice::own, algorithm);
  EXPECT_TRUE(key) << to_string(key.error());
  return std::move(*key);
}

Buffer secret_bytes() { return Buffer(32, 0x5A); }

/// A challenge for `ek`'s TPM about the key with `ak`'s public area, by a verifier that pinned ek.
IssuedEnrolment challenge(const TpmKey& ek, const TpmKey& ak) {
  static const Trust kNobody;
  const std::vector<TrustedKey> pinned{parse_trusted_key("ek", ek.public_area()).value()};
  const auto outcome = authenticate_enrolment_request(
      {.ek_certificate = {}, .ek_public = ek.public_area(), .ak_public = ak.public_area()},
      {.trust = kNobody, .now = kNow, .intermediates = {}, .keys = pinned});
  EXPECT_TRUE(outcome.enrollee.has_value());
  return issue_enrolment(*outcome.enrollee, {.id = std::string(32, '0'),
                                             .secret = Secret(secret_bytes()),
                                             .now = kNow,
                                             .lifetime = std::chrono::hours(1)});
}

ProtectedCredential credential_of(const EnrolmentChallenge& c) {
  return {.credential = c.credential, .encrypted_seed = c.encrypted_seed};
}

constexpr KeyAlgorithm kBoth[] = {KeyAlgorithm::rsa, KeyAlgorithm::ecc};

TEST(Enrolment, IsOpenedByTheTpmWithBothKeys) {
  Machine machine;
  for (const KeyAlgorithm ek_algorithm : kBoth) {
    for (const KeyAlgorithm ak_algorithm : kBoth) {
      const TpmKey ek = ek_of(machine, ek_algorithm), ak = ak_of(machine, ak_algorithm);
      const IssuedEnrolment issued = challenge(ek, ak);
      auto secret = machine.tpm->activate_credential(ek, ak, credential_of(issued.challenge));
      ASSERT_TRUE(secret) << to_string(secret.error());
      EXPECT_EQ(to_buffer(secret->reveal()), secret_bytes());
      const auto outcome = authenticate_enrolment_answer(
          issued.pending, {.id = issued.challenge.id, .secret = std::move(*secret)}, kNow);
      ASSERT_TRUE(outcome.key.has_value());
      EXPECT_EQ((*outcome.key)->public_area, ak.public_area());
    }
  }
}

void expect_refused(const Result<Secret>& got) {
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().fault, Fault::untrusted) << to_string(got.error());
}

TEST(Enrolment, IsNotOpenedWithAnotherKeyOrByAnotherTpm) {
  std::vector<ProtectedCredential> credentials;
  {
    Machine machine;
    for (const KeyAlgorithm algorithm : kBoth) {
      const TpmKey ek = ek_of(machine, algorithm), ak = ak_of(machine, KeyAlgorithm::ecc);
      credentials.push_back(credential_of(challenge(ek, ak).challenge));
      // Bound to the Name: another key of the same TPM.
      expect_refused(machine.tpm->activate_credential(ek, ak_of(machine, KeyAlgorithm::rsa),
                                                      credentials.back()));
    }
  }
  Machine other;
  for (std::size_t i = 0; i < credentials.size(); ++i)
    expect_refused(other.tpm->activate_credential(ek_of(other, kBoth[i]),
                                                  ak_of(other, KeyAlgorithm::ecc), credentials[i]));
}

TEST(Enrolment, IsNotOpenedWithAFlippedBit) {
  Machine machine;
  const TpmKey ek = ek_of(machine, KeyAlgorithm::ecc), ak = ak_of(machine, KeyAlgorithm::ecc);
  const ProtectedCredential good = credential_of(challenge(ek, ak).challenge);
  ASSERT_TRUE(machine.tpm->activate_credential(ek, ak, good));
  for (const std::size_t at : {std::size_t{2}, std::size_t{33}, good.credential.size() - 1}) {
    ProtectedCredential flipped = good;
    flipped.credential[at] ^= 1;
    expect_refused(machine.tpm->activate_credential(ek, ak, flipped));
  }
  ProtectedCredential moved = good;
  moved.encrypted_seed[10] ^= 1;
  expect_refused(machine.tpm->activate_credential(ek, ak, moved));
  ProtectedCredential longer = good;
  longer.credential.resize(10'000);
  const auto refused = machine.tpm->activate_credential(ek, ak, longer);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().fault, Fault::malformed);
}

DuplicatedKey duplicated(const ImportBlob& blob) {
  return {.duplicate = blob.duplicate,
          .encrypted_seed = blob.encrypted_seed,
          .public_area = blob.public_area};
}

TEST(Register, ChallengesAreSolvedByTheTpmTheyWereMadeFor) {
  const Secret secret(secret_bytes());
  std::vector<ImportBlob> blobs;
  {
    Machine machine;
    for (const KeyAlgorithm ek_algorithm : kBoth) {
      const TpmKey ek = ek_of(machine, ek_algorithm);
      const auto storage = storage_key_of(parse_tpm_public(ek.public_area()).value());
      ASSERT_TRUE(storage) << to_string(storage.error());
      ImportBlob blob = issue_register_challenge(*storage, secret, Buffer(32, 1));
      blobs.push_back(blob);
      const auto imported = machine.tpm->import_key(ek, duplicated(blob));
      ASSERT_TRUE(imported) << to_string(imported.error());
      for (const KeyAlgorithm ak_algorithm : kBoth) {
        const TpmKey ak = ak_of(machine, ak_algorithm);
        const auto certified = machine.tpm->certify(ak, *imported);
        ASSERT_TRUE(certified) << to_string(certified.error());
        const CertifiedBlob answer{ak.public_area(), certified->attest, certified->signature};
        EXPECT_TRUE(authenticate_certified_key(answer, secret).key.has_value());
        // Not with the secret of another challenge.
        EXPECT_FALSE(authenticate_certified_key(answer, Secret(Buffer(32, 0x5B))).key.has_value());
      }
      blob.duplicate.back() ^= 1;
      const auto flipped = machine.tpm->import_key(ek, duplicated(blob));
      ASSERT_FALSE(flipped);
      EXPECT_EQ(flipped.error().fault, Fault::untrusted) << to_string(flipped.error());
    }
  }
  Machine other;
  for (std::size_t i = 0; i < blobs.size(); ++i) {
    const auto elsewhere = other.tpm->import_key(ek_of(other, kBoth[i]), duplicated(blobs[i]));
    ASSERT_FALSE(elsewhere);
    EXPECT_EQ(elsewhere.error().fault, Fault::untrusted) << to_string(elsewhere.error());
  }
}

/// gotpm's `verify-challenge` takes such a key; ours does not.
TEST(Register, DoesNotEnrolAKeyThatSignsWhateverItIsGiven) {
  Machine machine;
  const Secret secret(secret_bytes());
  const TpmKey ek = ek_of(machine, KeyAlgorithm::ecc);
  const ImportBlob blob = issue_register_challenge(
      storage_key_of(parse_tpm_public(ek.public_area()).value()).value(), secret, Buffer(32, 1));
  const auto imported = machine.tpm->import_key(ek, duplicated(blob));
  ASSERT_TRUE(imported);
  Buffer unrestricted = attestation_key_template(KeyAlgorithm::ecc);
  unrestricted[5] = 0x04;
  const auto key = machine.tpm->create_primary(Hierarchy::owner, unrestricted);
  ASSERT_TRUE(key) << to_string(key.error());
  const auto certified = machine.tpm->certify(*key, *imported);
  ASSERT_TRUE(certified) << to_string(certified.error());
  const auto outcome = authenticate_certified_key(
      {key->public_area(), certified->attest, certified->signature}, secret);
  EXPECT_FALSE(outcome.key.has_value());
  std::vector<std::string> failed;
  for (const Check& check : outcome.verdict.checks())
    if (check.verdict == CheckVerdict::fail) failed.push_back(check.id);
  EXPECT_THAT(failed, testing::ElementsAre("ak.public.restricted"));
}

TEST(EndorsementKey, HasNoCertificateInATpmThatNobodyProvisioned) {
  Machine machine;
  for (const KeyAlgorithm algorithm : kBoth) {
    const auto certificate = endorsement_certificate(*machine.tpm, algorithm);
    ASSERT_TRUE(certificate) << to_string(certificate.error());
    EXPECT_FALSE(certificate->has_value());
  }
}

TEST(EndorsementKey, CertificateIsReadWithoutTheRoomBehindIt) {
  Machine machine;
  Buffer padded(300, 0xFF);
  const Buffer head{0x30, 0x81, 0x80};
  std::copy(head.begin(), head.end(), padded.begin());
  ASSERT_TRUE(machine.tpm->write_platform_nv(0x01C00002, kProviderNvAttributes, padded));
  EXPECT_EQ((*endorsement_certificate(*machine.tpm, KeyAlgorithm::rsa))->size(), 3U + 0x80);
  EXPECT_FALSE((*endorsement_certificate(*machine.tpm, KeyAlgorithm::ecc)).has_value());
}

}  // namespace
}  // namespace assay
