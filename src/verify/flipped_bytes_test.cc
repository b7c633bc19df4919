// SPDX-License-Identifier: Apache-2.0

// Flips bits of every byte of a real attestation, from its first byte to its last, and looks at
// which go unnoticed: those that docs/checks.md lists and no others, and no trusted claim changes.
// One bit of each byte, another one in each; all eight with ASSAY_EXHAUSTIVE=1.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>

#include "crypto/certificate.h"
#include "formats/uefi.h"
#include "verify/attestation_key.h"
#include "verify/recorded_attestation.h"

namespace assay {
namespace {

constexpr const char* kRecording = "gce-attestations/gce-cos-85-nonce9009.pb";

/// The claims without what they themselves call untrusted.
std::string trusted_claims(const VtpmClaims& claims) {
  VtpmClaims out = claims;
  if (out.machine.grub)
    for (GrubState::File& f : out.machine.grub->files) f.untrusted_name.clear();
  return json::serialize(to_json(out));
}

/// The recorded attestation, in which single bits are changed.
class FlippedAttestation {
 public:
  explicit FlippedAttestation(Buffer file) : file_(std::move(file)) {
    const auto attestation = parse_attestation(file_, AttestationFormat::binarypb);
    ASSAY_CHECK(attestation.has_value());
    original_ = *attestation;
    const VtpmOutcome outcome = verify(original_);
    ASSAY_CHECK(outcome.claims.has_value());
    claims_ = trusted_claims(**outcome.claims);
  }

  [[nodiscard]] const Attestation& original() const { return original_; }
  [[nodiscard]] std::size_t size() const { return file_.size(); }

  /// Where a part of it lies in the file.
  [[nodiscard]] std::size_t offset_of(const Buffer& part) const {
    const auto found = std::search(file_.begin(), file_.end(), part.begin(), part.end());
    ASSAY_CHECK(found != file_.end());
    return static_cast<std::size_t>(found - file_.begin());
  }

  /// Whether it is accepted with this bit flipped: what is claimed then must be what was.  If not,
  /// a check of the part that it lies in must say so.
  bool is_accepted_with(std::size_t at, std::uint8_t bit) {
    file_[at] ^= bit;
    const auto changed = parse_attestation(file_, AttestationFormat::binarypb);
    file_[at] ^= bit;
    if (!changed || says_less(*changed)) return false;
    const VtpmOutcome outcome = verify(*changed);
    if (!outcome.claims) {
      EXPECT_TRUE(is_named(*changed, refusals(outcome.verdict))) << "byte " << at;
      return false;
    }
    EXPECT_EQ(trusted_claims(**outcome.claims), claims_) << "byte " << at;
    return true;
  }

  bool is_accepted_with_any_bit(std::size_t at) {
    for (unsigned bit = 0; bit < 8; ++bit)
      if (is_accepted_with(at, static_cast<std::uint8_t>(1U << bit))) return true;
    return false;
  }

 private:
  /// Whether the flip, in the message around the parts, did no more than take whole parts away, or
  /// nothing: then it is other evidence, as good as what is left of it.
  [[nodiscard]] bool says_less(const Attestation& changed) const {
    Attestation less = original_;
    std::erase_if(less.quotes, [&](const Quote& quote) {
      return std::find(changed.quotes.begin(), changed.quotes.end(), quote) == changed.quotes.end();
    });
    if (changed.ak_pub.empty()) less.ak_pub.clear();
    return changed == less;
  }

  /// Whether the checks that refuse are about what was changed.
  [[nodiscard]] bool is_named(const Attestation& changed,
                              const std::vector<std::string>& refused) const {
    const auto refuses = [&](std::string_view check) {
      return std::any_of(refused.begin(), refused.end(),
                         [&](const std::string& id) { return id.starts_with(check); });
    };
    if (changed.ak_cert != original_.ak_cert) return refuses("ak.certificate.");
    if (changed.ak_pub != original_.ak_pub) return refuses("ak.public.");
    if (changed.event_log != original_.event_log) return refuses("eventlog.");
    for (std::size_t i = 0; i < changed.quotes.size() && i < original_.quotes.size(); ++i) {
      const Quote &now = changed.quotes[i], &then = original_.quotes[i];
      if (now.attest != then.attest) return refuses("tpm.quote.signature/");
      if (now.signature != then.signature)
        return refuses("tpm.quote.signature/") || refuses("tpm.quote.scheme/");
      if (now.pcrs != then.pcrs)
        return refuses("tpm.quote.pcrs/") || refuses("tpm.quote.selection/");
    }
    return !refused.empty();
  }

  VtpmOutcome verify(const Attestation& attestation) {
    return authenticate_vtpm(
        attestation, {.trust = trust_, .nonce = kRecordedNonce, .now = now_, .paths = &paths_});
  }

  Buffer file_;
  Attestation original_;
  std::string claims_;
  Trust trust_ = google_trust();
  Instant now_ = in_2023();
  VerifiedPaths paths_{1};
};

/// Bytes of the file that no digest or signature covers, and of what; by position.
using Uncovered = std::map<std::size_t, std::string_view>;

void add_event(const Event& event, std::size_t begin, Uncovered& out) {
  const auto add = [&](std::size_t first, std::size_t size, std::string_view what) {
    for (std::size_t i = 0; i < size; ++i) out[begin + first + i] = what;
  };
  const std::size_t size = event.data.size();
  if (event.type == EventType::efi_boot_services_application)
    return add(0, size, "image load events");
  if (event.type == EventType::ipl && event.pcr == 9) return add(0, size, "the name of a file");
  const auto variable = parse_uefi_variable(event.data);
  if (!variable) return;
  if (event.type == EventType::efi_variable_boot)
    return add(0, size - variable->data.size(), "names of boot variables");
  if (event.type == EventType::efi_variable_authority && variable->measured_size < size)
    return add(size - 1, 1, "stray bytes of shim");
}

Uncovered uncovered_bytes(const FlippedAttestation& flipped) {
  Uncovered out;
  // Nobody signs ak_pub: that it has the certified key is all that can be said of it.
  const Buffer& area = flipped.original().ak_pub;
  constexpr std::size_t kModulus = 256;
  for (std::size_t i = 0; i < area.size() - kModulus; ++i)
    out[flipped.offset_of(area) + i] = "attributes of ak_pub that no check asks about";
  const Buffer& bytes = flipped.original().event_log;
  const std::size_t base = flipped.offset_of(bytes);
  constexpr std::size_t kSpecIdData = 32;
  for (const std::size_t field : {16U, 17U, 18U, 19U, 22U, 23U})
    out[base + kSpecIdData + field] = "the Spec ID event's platform class, errata and word size";
  const EventLog log = parse_event_log(bytes).value();
  for (const Event& event : log.events)
    add_event(event, base + static_cast<std::size_t>(event.data.data() - bytes.data()), out);
  return out;
}

std::optional<FlippedAttestation> recording() {
  auto file = corpus_file(kRecording);
  if (!file) return std::nullopt;
  return std::optional<FlippedAttestation>(std::in_place, std::move(*file));
}

/// A share of the file's bytes each, so that CTest has something to do at once.
constexpr std::size_t kShares = 16;
class EveryFlippedByte : public testing::TestWithParam<std::size_t> {};

TEST_P(EveryFlippedByte, IsNoticedWhereverADigestOrASignatureReaches) {
  auto flipped = recording();
  if (!flipped) GTEST_SKIP() << "no corpus: set ASSAY_CORPUS";
  const Uncovered uncovered = uncovered_bytes(*flipped);
  const bool exhaustive = std::getenv("ASSAY_EXHAUSTIVE") != nullptr;
  for (std::size_t at = GetParam(); at < flipped->size(); at += kShares) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      if (!exhaustive && bit != at / kShares % 8) continue;
      const bool accepted = flipped->is_accepted_with(at, static_cast<std::uint8_t>(1U << bit));
      EXPECT_TRUE(!accepted || uncovered.contains(at)) << "byte " << at << ", bit " << bit;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(OfTheRecordedAttestation, EveryFlippedByte,
                         testing::Range(std::size_t{0}, kShares));

TEST(UnnoticedBytes, AreThoseThatTheDocumentCounts) {
  auto flipped = recording();
  if (!flipped) GTEST_SKIP() << "no corpus: set ASSAY_CORPUS";
  std::map<std::string_view, std::size_t> counts;
  std::size_t all = 0;
  for (const auto& [at, what] : uncovered_bytes(*flipped))
    if (flipped->is_accepted_with_any_bit(at)) ++counts[what], ++all;
  const auto file = recorded_file(ASSAY_SOURCE_DIR "/docs/checks.md");
  ASSERT_TRUE(file);
  for (const auto& [what, count] : counts)
    EXPECT_NE(as_text(*file).find(fmt::format("| {} | {} |\n", count, what)), std::string::npos)
        << count << " " << what;
  EXPECT_NE(as_text(*file).find(fmt::format("goes unnoticed in {}, each by design", all)),
            std::string::npos)
      << all;
}

TEST(EveryFlippedBitOfTheNonce, IsNoticed) {
  const auto original = recorded_attestation();
  if (!original) GTEST_SKIP() << "no corpus: set ASSAY_CORPUS";
  for (std::size_t bit = 0; bit < 8 * kRecordedNonce.size(); ++bit) {
    Buffer nonce = kRecordedNonce;
    nonce[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
    const VtpmOutcome outcome = authenticate_vtpm(*original, {google_trust(), nonce, in_2023()});
    EXPECT_EQ(refusals(outcome.verdict),
              (std::vector<std::string>{"tpm.quote.nonce/sha1", "tpm.quote.nonce/sha256",
                                        "tpm.quote.nonce/sha384"}));
  }
}

/// The recorded attestation has none, because Google's intermediates are pinned themselves.  Here
/// the root alone is, so that all depends on the intermediate that is sent.
TEST(EveryFlippedByteOfAnIntermediate, IsNoticed) {
  auto attestation = recorded_attestation();
  if (!attestation) GTEST_SKIP() << "no corpus: set ASSAY_CORPUS";
  const auto pem = [](const char* name) {
    return to_text(corpus_file(std::string("gce-ak-certs/") + name).value());
  };
  const Trust root = parse_trust("test", pem("ca_tpm_ek_root_1.pem")).value();
  const Certificate intermediate =
      Certificate::from_pem(pem("ca_tpm_ek_intermediate_2.pem")).value().at(0);
  attestation->intermediates = {to_buffer(intermediate.der())};
  const VtpmExpectations expectations{root, kRecordedNonce, in_2023()};
  ASSERT_TRUE(authenticate_vtpm(*attestation, expectations).claims);
  Buffer& der = attestation->intermediates[0];
  for (std::size_t at = 0; at < der.size(); ++at) {
    const auto bit = static_cast<std::uint8_t>(1U << at % 8);
    der[at] ^= bit;
    Verdict verdict;
    (void)check_attestation_key(*attestation, root, in_2023(), nullptr, verdict);
    EXPECT_FALSE(verdict.accepted()) << "byte " << at;
    der[at] ^= bit;
  }
}

}  // namespace
}  // namespace assay
