// SPDX-License-Identifier: Apache-2.0
#include "verify/endorsement_key.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <functional>

#include "base/byte_writer.h"
#include "base/hex.h"
#include "crypto/certificate_builder.h"
#include "crypto/crl_builder.h"
#include "verify/enrolment.h"
#include "verify/recorded_attestation.h"

namespace assay {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr const char* kEkUsage =
    "3007060567810508"
    "01";                                                         // { 2.23.133.8.1 }
constexpr const char* kServerUsage = "300a06082b06010505070301";  // { serverAuth }
const std::string kPolicy = "837197674484b3f81a90cc8d46a5d724fd52d76e06520b64f2a1da1b331469aa";

Buffer bytes(const std::string& digits) { return parse_hex("test", digits).value(); }

/// The TCG's default area around a P-256 key: its SPKI ends with x and y.
Buffer ek_area(const PublicKey& key, const std::string& attributes = "000300b2",
               const std::string& symmetric = "000600800043") {
  const Buffer spki = key.spki();
  const std::string point = hex(Bytes(spki).last(64));
  return bytes("0023000b" + attributes + "0020" + kPolicy + symmetric + "0010" + "00030010" +
               "0020" + point.substr(0, 64) + "0020" + point.substr(64));
}

Buffer recorded_ak() {
  const Buffer file = boot_file("sb/akrsa.tpm2b");
  return to_buffer(Bytes(file).subspan(2));
}

/// A TPM maker's root and intermediate, and one endorsement key's certificate.
struct Maker {
  PrivateKey root_key = PrivateKey::generate_p256();
  PrivateKey issuer_key = PrivateKey::generate_p256();
  PrivateKey ek_key = PrivateKey::generate_p256();
  Certificate root, issuer;
  Trust trust;

  static CertificateTemplate content(const char* name) {
    CertificateTemplate out;
    out.subject = {{"CN", name}};
    out.not_before = in_2023() - std::chrono::hours(24);
    out.not_after = in_2023() + std::chrono::hours(24);
    return out;
  }
  static Certificate make_root(const PrivateKey& key) {
    CertificateTemplate ca = content("TPM maker root");
    ca.is_ca = true;
    return issue_certificate(ca, key.public_key(), std::nullopt, key).value();
  }
  static Certificate make_issuer(const PrivateKey& key, const Certificate& by,
                                 const PrivateKey& by_key) {
    CertificateTemplate ca = content("TPM maker intermediate");
    ca.is_ca = true;
    return issue_certificate(ca, key.public_key(), by, by_key).value();
  }

  Maker()
      : root(make_root(root_key)),
        issuer(make_issuer(issuer_key, root, root_key)),
        trust(parse_trust("trust", root.pem()).value()) {}

  using Change = std::function<void(CertificateTemplate&)>;
  [[nodiscard]] Buffer certificate(const Change& change = {}) const {
    CertificateTemplate out = content("TPM 1");
    out.purpose = CertifiedPurpose::agreement;
    out.extensions.emplace_back("2.5.29.37", bytes(kEkUsage));
    if (change) change(out);
    return to_buffer(issue_certificate(out, ek_key.public_key(), issuer, issuer_key).value().der());
  }
  [[nodiscard]] EnrolmentRequest request() const {
    return {certificate(), ek_area(ek_key.public_key()), recorded_ak()};
  }
};

const Maker& maker() {
  static const Maker kMaker;
  return kMaker;
}

EnrolmentRequestOutcome judge(const EnrolmentRequest& request, Instant now = in_2023(),
                              const std::vector<TrustedKey>& keys = {}) {
  return authenticate_enrolment_request(request, {.trust = maker().trust,
                                                  .now = now,
                                                  .intermediates = std::span(&maker().issuer, 1),
                                                  .keys = keys});
}

TEST(EndorsementKey, IsAcceptedUnderItsMakersCa) {
  const auto outcome = judge(maker().request());
  EXPECT_THAT(refusals(outcome.verdict), IsEmpty());
  ASSERT_TRUE(outcome.enrollee.has_value());
  const Enrollee& enrollee = **outcome.enrollee;
  EXPECT_EQ(enrollee.ek.voucher, "CN=TPM maker root");
  EXPECT_EQ(enrollee.ek.provenance, Provenance::operator_added);
  EXPECT_EQ(enrollee.ek.fingerprint, maker().ek_key.public_key().fingerprint());
  EXPECT_EQ(enrollee.ek.storage.aes_bits, 128U);
  // tail -c +3 tests/boots/sb/akrsa.tpm2b | sha256sum
  EXPECT_EQ(hex(enrollee.ak_name),
            "000ba2c9983c0ee7a6a05e9ed70e676661472a8a167d932b51148197164537a34248");
}

/// A day around `in_2023()` in which the maker's CAs say whom they revoked.
RevocationLists lists_of_the_maker(const std::vector<Buffer>& by_root,
                                   const std::vector<Buffer>& by_issuer) {
  const Maker& m = maker();
  CrlTemplate content{.this_update = in_2023() - std::chrono::hours(12),
                      .next_update = in_2023() + std::chrono::hours(12),
                      .serials = by_root,
                      .extensions = {},
                      .indirect = false};
  RevocationLists out;
  out.lists.push_back(Crl::from_der(issue_crl(content, m.root, m.root_key)).value());
  content.serials = by_issuer;
  out.lists.push_back(Crl::from_der(issue_crl(content, m.issuer, m.issuer_key)).value());
  return out;
}

CheckVerdict verdict_of(const Verdict& verdict, std::string_view id) {
  const auto found = std::find_if(verdict.checks().begin(), verdict.checks().end(),
                                  [=](const Check& c) { return c.id == id; });
  EXPECT_NE(found, verdict.checks().end()) << id;
  return found == verdict.checks().end() ? CheckVerdict::not_checked : found->verdict;
}

TEST(EndorsementKey, IsHeldAgainstTheListsOfItsMakersCas) {
  const EnrolmentRequest request = maker().request();
  const auto judged = [&](const RevocationLists* revocation, std::chrono::hours later = {}) {
    return authenticate_enrolment_request(request, {.trust = maker().trust,
                                                    .now = in_2023() + later,
                                                    .intermediates = std::span(&maker().issuer, 1),
                                                    .keys = {},
                                                    .revocation = revocation});
  };
  const Buffer serial = serial_of(Certificate::from_der(request.ek_certificate).value());
  const Buffer issuers = serial_of(maker().issuer);

  RevocationLists lists = lists_of_the_maker({{0x7f}}, {{0x7f}});
  for (const auto missing :
       {RevocationTerms::Missing::accepted, RevocationTerms::Missing::refused}) {
    lists.terms.missing = missing;
    const auto outcome = judged(&lists);
    EXPECT_THAT(refusals(outcome.verdict), IsEmpty());
    EXPECT_TRUE(outcome.enrollee.has_value());
    for (const char* step : {"list", "signature", "complete", "fresh", "serial"})
      EXPECT_EQ(verdict_of(outcome.verdict, std::string("ek.revocation.") + step),
                CheckVerdict::pass);
  }
  for (const RevocationLists& revoking :
       {lists_of_the_maker({}, {serial}), lists_of_the_maker({issuers}, {})}) {
    const auto outcome = judged(&revoking);
    EXPECT_THAT(failures(outcome.verdict), ElementsAre("ek.revocation.serial"));
    EXPECT_FALSE(outcome.enrollee.has_value());
  }
  // A serial number means something under its issuer alone.
  const RevocationLists crossed = lists_of_the_maker({serial}, {issuers});
  EXPECT_TRUE(judged(&crossed).enrollee.has_value());

  // Stale lists are none; without any the verdict says that nobody was asked.
  EXPECT_THAT(failures(judged(&lists, std::chrono::hours(13)).verdict),
              ElementsAre("ek.revocation.fresh"));
  RevocationLists none;
  for (const RevocationLists* nothing : {&none, static_cast<RevocationLists*>(nullptr)}) {
    const auto outcome = judged(nothing);
    EXPECT_TRUE(outcome.enrollee.has_value());
    EXPECT_EQ(verdict_of(outcome.verdict, "ek.revocation.list"), CheckVerdict::absent);
  }
  none.terms.missing = RevocationTerms::Missing::refused;
  EXPECT_THAT(failures(judged(&none).verdict), ElementsAre("ek.revocation.list"));
  EXPECT_FALSE(judged(&none).enrollee.has_value());
}

/// The last place of `from` in `der`, which has one, becomes `to`.
void replace(Buffer& der, const std::string& from, const std::string& to) {
  const Buffer old = bytes(from), with = bytes(to);
  const auto found = std::find_end(der.begin(), der.end(), old.begin(), old.end());
  ASSERT_NE(found, der.end());
  std::copy(with.begin(), with.end(), found);
}

struct Twin {
  const char* name;
  std::function<void(EnrolmentRequest&)> change;
  std::vector<std::string> failures;
};

TEST(EndorsementKey, IsRefusedWithEachTwin) {
  const Maker& m = maker();
  const PublicKey other = PrivateKey::generate_p256().public_key();
  const Maker other_maker;
  const auto certificate = [&m](const Maker::Change& change) {
    return [&m, change](EnrolmentRequest& r) { r.ek_certificate = m.certificate(change); };
  };
  const auto area = [&m](const std::string& attributes, const std::string& symmetric) {
    return [&m, attributes, symmetric](EnrolmentRequest& r) {
      r.ek_public = ek_area(m.ek_key.public_key(), attributes, symmetric);
    };
  };
  const Twin kTwins[] = {
      {"no certificate", [](auto& r) { r.ek_certificate.clear(); }, {"ek.certificate.present"}},
      {"a certificate cut",
       [](auto& r) { r.ek_certificate.pop_back(); },
       {"ek.certificate.format"}},
      {"of another CA with the same names",
       [&](auto& r) { r = other_maker.request(); },
       {"ek.certificate.chain"}},
      {"signed by nobody", [](auto& r) { r.ek_certificate.back() ^= 1; }, {"ek.certificate.chain"}},
      {"expired",
       certificate([](auto& c) { c.not_after = in_2023() - std::chrono::seconds(1); }),
       {"ek.certificate.validity"}},
      {"not yet valid",
       certificate([](auto& c) { c.not_before = in_2023() + std::chrono::seconds(1); }),
       {"ek.certificate.validity"}},
      {"without extendedKeyUsage",
       certificate([](auto& c) { c.extensions.clear(); }),
       {"ek.certificate.usage"}},
      {"for a server",
       certificate([](auto& c) { c.extensions[0].second = bytes(kServerUsage); }),
       {"ek.certificate.usage"}},
      {"an attestation key's with an endorsement key's extendedKeyUsage, as Google's older ones",
       certificate([](auto& c) { c.purpose = CertifiedPurpose::signing; }),
       {"ek.certificate.usage"}},
      {"a CA's", certificate([](auto& c) { c.is_ca = true; }), {"ek.certificate.usage"}},
      {"of a machine that Google only tests",
       certificate([](auto& c) {
         GceInstanceExtension extension;
         extension.is_production = false;
         c.extensions.emplace_back(kGceInstanceOid, encode_gce_instance_extension(extension));
       }),
       {"ek.instance.production"}},
      {"the area of another key",
       [&](auto& r) { r.ek_public = ek_area(other); },
       {"ek.public.matches"}},
      {"a key on a curve that nobody knows",
       [](auto& r) { replace(r.ek_certificate, "2a8648ce3d030107", "2a8648ce3d03017f"); },
       {"ek.certificate.key", "ek.certificate.chain"}},
      {"a critical extension that nobody knows, in the place of keyUsage",
       [](auto& r) { replace(r.ek_certificate, "0603551d0f0101ff", "0603551d7f0101ff"); },
       {"ek.certificate.chain", "ek.certificate.usage", "ek.certificate.extensions"}},
      {"an area that is none", [](auto& r) { r.ek_public.pop_back(); }, {"ek.public.format"}},
      {"a key that signs what it is given",
       area("000600b2", "0010"),
       {"ek.public.purpose", "ek.public.algorithms"}},
      {"a key that decrypts for anybody",
       area("000200b2", "0010"),
       {"ek.public.purpose", "ek.public.algorithms"}},
      {"a key that may leave its TPM", area("000300b0", "000600800043"), {"ek.public.fixed_tpm"}},
      {"a key that protects with another cipher",
       area("000300b2", "000600800042"),
       {"ek.public.algorithms"}},
      {"an attestation key that signs whatever it is given",
       [](auto& r) { r.ak_public[5] = 0x04; },
       {"ak.public.restricted"}},
      {"an attestation key that may leave its TPM",
       [](auto& r) { r.ak_public[7] = 0x70; },
       {"ak.public.fixed_tpm"}},
      {"an attestation key from outside",
       [](auto& r) { r.ak_public[7] = 0x52; },
       {"ak.public.origin"}},
      {"an attestation key cut", [](auto& r) { r.ak_public.pop_back(); }, {"ak.public.format"}},
  };
  for (const Twin& twin : kTwins) {
    SCOPED_TRACE(twin.name);
    EnrolmentRequest request = m.request();
    twin.change(request);
    const auto outcome = judge(request);
    EXPECT_EQ(failures(outcome.verdict), twin.failures);
    EXPECT_FALSE(outcome.enrollee.has_value());
  }
}

TEST(EndorsementKey, IsNotReachedThroughAnIssuerThatMayNot) {
  const Maker& m = maker();
  CertificateTemplate leaf = Maker::content("TPM maker intermediate");
  const Certificate no_ca =
      issue_certificate(leaf, m.issuer_key.public_key(), m.root, m.root_key).value();
  const auto outcome = authenticate_enrolment_request(
      m.request(), {.trust = m.trust, .now = in_2023(), .intermediates = std::span(&no_ca, 1)});
  EXPECT_THAT(failures(outcome.verdict), ElementsAre("ek.certificate.issuers"));
}

TEST(EndorsementKey, IsTrustedItselfInEachSpellingWithoutACertificate) {
  EnrolmentRequest request = maker().request();
  request.ek_certificate.clear();
  const PublicKey key = maker().ek_key.public_key();
  const std::string pem = key.pem();
  for (const Buffer& file : {to_buffer(as_bytes(pem)), request.ek_public,
                             ByteWriter().sized_be16(request.ek_public).take()}) {
    const auto outcome = judge(request, in_2023(), {parse_trusted_key("ek", file).value()});
    EXPECT_THAT(refusals(outcome.verdict), IsEmpty());
    ASSERT_TRUE(outcome.enrollee.has_value());
    EXPECT_EQ((*outcome.enrollee)->ek.voucher, "pinned by --trust-ek");
  }
  const PublicKey other = PrivateKey::generate_p256().public_key();
  EXPECT_THAT(
      failures(judge(request, in_2023(), {parse_trusted_key("ek", as_bytes(other.pem())).value()})
                   .verdict),
      ElementsAre("ek.public.trusted"));
  // A pinned area is pinned whole.
  const Buffer changed = ek_area(key, "000300f2");
  EXPECT_THAT(
      failures(judge(request, in_2023(), {parse_trusted_key("ek", changed).value()}).verdict),
      ElementsAre("ek.public.trusted"));
}

TEST(EndorsementKey, OfAMachineThatNobodyVouchesForIsRefused) {
  static const Trust kNobody;
  const auto outcome =
      authenticate_enrolment_request(maker().request(), {.trust = kNobody, .now = in_2023()});
  EXPECT_THAT(failures(outcome.verdict), ElementsAre("ek.certificate.chain"));
}

/// Certificates that Google issued to its VMs: one is an endorsement key's, and one of the others
/// says to be, by its extendedKeyUsage.
TEST(EndorsementKey, IsToldFromGooglesAttestationKeys) {
  struct Case {
    const char* file;
    std::vector<std::string> failures;
  };
  const Case kCases[] = {
      {"uca_tpm_ecc_enc_cert.pem", {}},
      {"uca_tpm_ecc_sign_cert.pem", {"ek.certificate.usage"}},
      {"pca_tpm_ecc_sign_cert.pem", {"ek.certificate.usage"}},
  };
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.file);
    const auto pem = corpus_file(std::string("gce-ak-certs/") + c.file);
    if (!pem) GTEST_SKIP() << "no corpus: set ASSAY_CORPUS";
    const Certificate certificate = Certificate::from_pem(as_text(*pem)).value().at(0);
    const EnrolmentRequest request{to_buffer(certificate.der()),
                                   ek_area(certificate.public_key().value()), recorded_ak()};
    const auto outcome =
        authenticate_enrolment_request(request, {.trust = google_trust(), .now = in_2023()});
    EXPECT_EQ(failures(outcome.verdict), c.failures);
    if (!c.failures.empty()) continue;
    ASSERT_TRUE(outcome.enrollee.has_value());
    EXPECT_EQ((*outcome.enrollee)->ek.provenance, Provenance::google);
    EXPECT_EQ((*outcome.enrollee)->ek.instance->project_id, "google.com:wuale-gcp-testing");
  }
}

// --- the answer

ChallengeTerms terms(std::uint8_t secret) {
  return {.id = std::string(32, 'a'),
          .secret = Secret(Buffer(32, secret)),
          .now = in_2023(),
          .lifetime = std::chrono::hours(1)};
}

TEST(EnrolmentAnswer, IsAcceptedOnlyForItsChallengeAndInTime) {
  const auto outcome = judge(maker().request());
  ASSERT_TRUE(outcome.enrollee.has_value());
  const PendingEnrolment pending = issue_enrolment(*outcome.enrollee, terms(7)).pending;
  const std::string id = pending.id;
  const auto answer = [&](const std::string& to, const Buffer& secret) {
    return EnrolmentAnswer{to, Secret(secret)};
  };
  const Instant in_time = in_2023() + std::chrono::minutes(59);
  const auto judged = [&](const PendingEnrolment& kept, const EnrolmentAnswer& given, Instant now) {
    return failures(authenticate_enrolment_answer(kept, given, now).verdict);
  };

  const auto accepted = authenticate_enrolment_answer(pending, answer(id, Buffer(32, 7)), in_time);
  EXPECT_THAT(refusals(accepted.verdict), IsEmpty());
  ASSERT_TRUE(accepted.key.has_value());
  EXPECT_EQ((*accepted.key)->public_area, recorded_ak());
  const Buffer pem = boot_file("sb/akrsa.pem");
  EXPECT_EQ((*accepted.key)->key, PublicKey::from_pem(as_text(pem)).value());

  Buffer flipped(32, 7);
  flipped[31] ^= 1;
  EXPECT_THAT(judged(pending, answer(id, flipped), in_time),
              ElementsAre("enrolment.answer.secret"));
  EXPECT_THAT(judged(pending, answer(id, Buffer(31, 7)), in_time),
              ElementsAre("enrolment.answer.secret"));
  // The answer to an earlier challenge of the same machine, replayed.
  const PendingEnrolment later = issue_enrolment(*outcome.enrollee, terms(8)).pending;
  EXPECT_THAT(judged(later, answer(id, Buffer(32, 7)), in_time),
              ElementsAre("enrolment.answer.secret"));
  EXPECT_THAT(judged(pending, answer(std::string(32, 'b'), Buffer(32, 7)), in_time),
              ElementsAre("enrolment.challenge.id"));
  EXPECT_THAT(judged(pending, answer(id, Buffer(32, 7)), in_2023() + std::chrono::hours(1)),
              IsEmpty());
  EXPECT_THAT(judged(pending, answer(id, Buffer(32, 7)),
                     in_2023() + std::chrono::hours(1) + std::chrono::microseconds(1)),
              ElementsAre("enrolment.challenge.expiry"));
  EXPECT_THAT(judged(pending, answer(id, Buffer(32, 7)), in_2023() - std::chrono::microseconds(1)),
              ElementsAre("enrolment.challenge.expiry"));
  // Another attestation key, put under the Name of the one that was challenged.
  PendingEnrolment swapped = pending;
  const Buffer other = boot_file("uki/akrsa.tpm2b");
  swapped.subject.ak_public = to_buffer(Bytes(other).subspan(2));
  EXPECT_THAT(judged(swapped, answer(id, Buffer(32, 7)), in_time),
              ElementsAre("enrolment.challenge.name"));
  swapped.subject.ak_public.pop_back();
  EXPECT_THAT(judged(swapped, answer(id, Buffer(32, 7)), in_time), ElementsAre("ak.public.format"));
}

TEST(EnrolmentChallenge, RemembersThatTheMachineIsEmulated) {
  const auto outcome = judge(maker().request());
  ASSERT_TRUE(outcome.enrollee.has_value());
  PendingEnrolment pending = issue_enrolment(*outcome.enrollee, terms(7)).pending;
  EXPECT_FALSE(pending.subject.emulated);
  for (const bool emulated : {false, true}) {
    pending.subject.emulated = emulated;
    const auto accepted = authenticate_enrolment_answer(
        pending, {.id = pending.id, .secret = Secret(Buffer(32, 7))}, in_2023());
    ASSERT_TRUE(accepted.key.has_value());
    EXPECT_EQ((*accepted.key)->provenance,
              emulated ? Provenance::emulated : Provenance::operator_added);
  }
}

TEST(EnrolmentChallenge, KeepsNothingThatAnswersIt) {
  const auto outcome = judge(maker().request());
  ASSERT_TRUE(outcome.enrollee.has_value());
  const IssuedEnrolment issued = issue_enrolment(*outcome.enrollee, terms(7));
  EXPECT_EQ(encode(issued.pending).find("BwcHBw"), std::string::npos);  // 07 07 07 07 in base64
  EXPECT_EQ(hex(issued.pending.secret.bytes()),
            // sha256sum of 32 bytes 07
            "4bb06f8e4e3a7715d201d573d0aa423762e55dabd61a2c02278fa56cc6d294e0");
  // A new seed and a new key each time.
  const IssuedEnrolment again = issue_enrolment(*outcome.enrollee, terms(7));
  EXPECT_NE(issued.challenge.credential, again.challenge.credential);
  EXPECT_NE(issued.challenge.encrypted_seed, again.challenge.encrypted_seed);
}

}  // namespace
}  // namespace assay
