// SPDX-License-Identifier: Apache-2.0
#include "verify/revocation_checks.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "crypto/certificate_builder.h"
#include "crypto/crl_builder.h"
#include "verify/certificate_path.h"
#include "verify/recorded_attestation.h"

namespace assay {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Missing = RevocationTerms::Missing;

Instant day(const char* text) {
  return parse_rfc3339("test", std::string(text) + "T00:00:00Z").value();
}

/// A root that is trusted, an intermediate and an AK; judged on 2023-01-05.
class Revocation : public testing::Test {
 protected:
  static CertificateTemplate named(const char* name, bool is_ca) {
    CertificateTemplate out;
    out.subject = {{"CN", name}};
    out.not_before = day("2020-01-01");
    out.not_after = day("2030-01-01");
    out.is_ca = is_ca;
    return out;
  }

  [[nodiscard]] Crl by_root(const CrlTemplate& content) const {
    return Crl::from_der(issue_crl(content, root_, root_key_)).value();
  }
  [[nodiscard]] Crl by_lower(const CrlTemplate& content) const {
    return Crl::from_der(issue_crl(content, lower_, lower_key_)).value();
  }

  [[nodiscard]] Verdict judge(std::vector<Crl> lists, Missing missing,
                              std::optional<std::chrono::seconds> max_age = std::nullopt) const {
    Attestation attestation;
    attestation.ak_cert = to_buffer(ak_.der());
    attestation.intermediates = {to_buffer(lower_.der())};
    const Trust trust = parse_trust("test", root_.pem()).value();
    Verdict verdict;
    const RevocationLists known{.lists = std::move(lists),
                                .terms = {.missing = missing, .max_age = max_age}};
    check_revocation("ak.revocation", CertificatePath::read(attestation, trust)->links, &known,
                     day("2023-01-05"), verdict);
    return verdict;
  }
  [[nodiscard]] std::vector<std::string> failed(std::vector<Crl> lists, Missing missing) const {
    return failures(judge(std::move(lists), missing));
  }

  PrivateKey root_key_ = PrivateKey::generate_p256();
  PrivateKey lower_key_ = PrivateKey::generate_p256();
  PrivateKey ak_key_ = PrivateKey::generate_p256();
  Certificate root_ =
      issue_certificate(named("root", true), root_key_.public_key(), std::nullopt, root_key_)
          .value();
  Certificate lower_ =
      issue_certificate(named("lower", true), lower_key_.public_key(), root_, root_key_).value();
  Certificate ak_ =
      issue_certificate(named("AK", false), ak_key_.public_key(), lower_, lower_key_).value();
  CrlTemplate good_{.this_update = day("2023-01-01"),
                    .next_update = day("2023-01-08"),
                    .serials = {{0x01}},
                    .extensions = {},
                    .indirect = false};
};

TEST_F(Revocation, IsNotAskedWithoutLists) {
  const Verdict verdict = judge({}, Missing::accepted);
  ASSERT_EQ(verdict.checks().size(), 1u);
  EXPECT_EQ(verdict.checks()[0].id, "ak.revocation.list");
  EXPECT_EQ(verdict.checks()[0].verdict, CheckVerdict::absent);
  EXPECT_EQ(verdict.checks()[0].got, "not asked: no list of \"CN=lower\"");
}

TEST_F(Revocation, IsNoneWhereBothListsAreCurrentAndNameNobody) {
  for (const Missing missing : {Missing::accepted, Missing::refused}) {
    const Verdict verdict = judge({by_root(good_), by_lower(good_)}, missing);
    EXPECT_TRUE(verdict.accepted());
    EXPECT_EQ(verdict.checks().size(), 5u);
    for (const Check& check : verdict.checks()) EXPECT_EQ(check.verdict, CheckVerdict::pass);
  }
}

TEST_F(Revocation, NeedsAListOfEveryIssuerWhereRequired) {
  EXPECT_THAT(failed({}, Missing::refused), ElementsAre("ak.revocation.list"));
  EXPECT_THAT(failed({by_lower(good_)}, Missing::refused), ElementsAre("ak.revocation.list"));
  EXPECT_THAT(failed({by_root(good_)}, Missing::refused), ElementsAre("ak.revocation.list"));
  EXPECT_THAT(failed({by_lower(good_)}, Missing::accepted), IsEmpty());
}

TEST_F(Revocation, OfTheKeyOrOfItsIssuerRejects) {
  CrlTemplate names_ak = good_, names_lower = good_;
  names_ak.serials = {serial_of(ak_)};
  names_lower.serials = {serial_of(lower_)};
  for (const Missing missing : {Missing::accepted, Missing::refused}) {
    EXPECT_THAT(failed({by_root(good_), by_lower(names_ak)}, missing),
                ElementsAre("ak.revocation.serial"));
    EXPECT_THAT(failed({by_root(names_lower), by_lower(good_)}, missing),
                ElementsAre("ak.revocation.serial"));
    // A serial number means something under its issuer alone.
    EXPECT_THAT(failed({by_root(names_ak), by_lower(names_lower)}, missing), IsEmpty());
  }
  EXPECT_THAT(failed({by_lower(names_ak)}, Missing::accepted), ElementsAre("ak.revocation.serial"));
}

TEST_F(Revocation, StaleListsAreNoneButWhoTheyNameStaysRevoked) {
  const std::pair<const char*, const char*> times[] = {
      {"2022-12-01", "2023-01-04"},  // expired
      {"2023-01-06", "2023-02-01"},  // not yet
      {"2022-12-01", nullptr},       // no end, and no bound of our own
  };
  for (const auto& [from, to] : times) {
    SCOPED_TRACE(from);
    CrlTemplate stale = good_;
    stale.this_update = day(from);
    stale.next_update = to ? std::optional(day(to)) : std::nullopt;
    EXPECT_THAT(failed({by_root(good_), by_lower(stale)}, Missing::refused),
                ElementsAre("ak.revocation.fresh"));
    EXPECT_THAT(failed({by_root(good_), by_lower(stale)}, Missing::accepted), IsEmpty());
    // A current one beside it will do.
    EXPECT_THAT(failed({by_root(good_), by_lower(stale), by_lower(good_)}, Missing::refused),
                IsEmpty());
    stale.serials = {serial_of(ak_)};
    EXPECT_THAT(failed({by_root(good_), by_lower(stale), by_lower(good_)}, Missing::accepted),
                ElementsAre("ak.revocation.serial"));
  }
}

TEST_F(Revocation, ListsMayBeOlderThanWeAllow) {
  const std::vector<Crl> lists{by_root(good_), by_lower(good_)};
  using std::chrono::hours;
  EXPECT_THAT(failures(judge(lists, Missing::refused, hours(4 * 24))), IsEmpty());
  EXPECT_THAT(failures(judge(lists, Missing::refused, hours(4 * 24 - 1))),
              ElementsAre("ak.revocation.fresh"));
}

CrlTemplate numbered(CrlTemplate list, const char* number) {
  list.extensions = {{"crlNumber", number}};
  return list;
}

TEST_F(Revocation, ListsOfALowerNumberSayNothingBesideAHigherOne) {
  // Stale, and with the highest number; an older list played back would be current.
  CrlTemplate newest = numbered(good_, "DER:02020100");  // 256
  newest.next_update = day("2023-01-04");
  for (const char* number : {"DER:020105", "DER:020200FF", "DER:020100"}) {
    SCOPED_TRACE(number);
    const Crl old = by_lower(numbered(good_, number));
    EXPECT_THAT(failed({by_root(good_), old}, Missing::refused), IsEmpty());
    for (const auto& lists : {std::vector<Crl>{by_root(good_), old, by_lower(newest)},
                              std::vector<Crl>{by_lower(newest), old, by_root(good_)}}) {
      EXPECT_THAT(failed(lists, Missing::refused), ElementsAre("ak.revocation.fresh"));
      const Verdict verdict = judge(lists, Missing::accepted);
      const auto aside = std::ranges::find(verdict.checks(), "ak.revocation.number", &Check::id);
      ASSERT_NE(aside, verdict.checks().end());
      EXPECT_EQ(aside->verdict, CheckVerdict::absent);
      EXPECT_THAT(aside->got, testing::HasSubstr("of \"CN=lower\", beside 0x0100"));
    }
  }
  // A list without a number is lower than any with one, and of one number none is lower.
  EXPECT_THAT(failed({by_root(good_), by_lower(good_), by_lower(newest)}, Missing::refused),
              ElementsAre("ak.revocation.fresh"));
  const Crl same = by_lower(numbered(good_, "DER:02020100"));
  EXPECT_THAT(failed({by_root(good_), same, by_lower(newest)}, Missing::refused), IsEmpty());
  // Whom it names stays revoked.
  CrlTemplate names_ak = numbered(good_, "DER:020105");
  names_ak.serials = {serial_of(ak_)};
  const CrlTemplate current = numbered(good_, "DER:020106");
  EXPECT_THAT(failed({by_root(good_), by_lower(names_ak), by_lower(current)}, Missing::refused),
              ElementsAre("ak.revocation.serial"));
}

TEST_F(Revocation, ANumberOfAnotherCaIsNoneOfThisOne) {
  const PrivateKey stranger = PrivateKey::generate_p256();
  const Crl forged =
      Crl::from_der(issue_crl(numbered(good_, "DER:02027FFF"), lower_, stranger)).value();
  EXPECT_THAT(
      failed({by_root(numbered(good_, "DER:020109")), by_lower(good_), forged}, Missing::refused),
      IsEmpty());
}

TEST_F(Revocation, ListsOfAnotherCaProveNothing) {
  const PrivateKey stranger = PrivateKey::generate_p256();
  const Crl forged = Crl::from_der(issue_crl(good_, lower_, stranger)).value();
  for (const Missing missing : {Missing::accepted, Missing::refused})
    EXPECT_THAT(failed({by_root(good_), forged}, missing), ElementsAre("ak.revocation.signature"));
}

TEST_F(Revocation, PartialDeltaAndIndirectListsAreRefused) {
  CrlTemplate partial = good_, indirect = good_;
  partial.extensions = {{"issuingDistributionPoint", "critical,DER:30038101FF"}};
  indirect.indirect = true;
  for (const CrlTemplate& content : {partial, indirect}) {
    for (const Missing missing : {Missing::accepted, Missing::refused})
      EXPECT_THAT(failed({by_root(good_), by_lower(content)}, missing),
                  ElementsAre("ak.revocation.complete"));
  }
}

}  // namespace
}  // namespace assay
