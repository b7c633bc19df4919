// SPDX-License-Identifier: Apache-2.0
#include "verify/quote_checks.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/hex.h"
#include "crypto/hash.h"
#include "formats/bank.h"

namespace assay {

namespace {

std::string names(const std::vector<HashAlgorithm>& banks) {
  std::string out;
  for (const HashAlgorithm bank : banks) out.append(out.empty() ? "" : ", ").append(name_of(bank));
  return out.empty() ? "none" : out;
}

/// "0-9, 14" of a mask.
std::string show(PcrMask mask) {
  std::string out;
  for (std::uint32_t i = 0; i < kPcrCount; ++i) {
    if ((mask >> i & 1) == 0) continue;
    std::uint32_t last = i;
    while (last + 1 < kPcrCount && (mask >> (last + 1) & 1) != 0) ++last;
    if (!out.empty()) out += ", ";
    out += std::to_string(i);
    if (last > i) out.append("-").append(std::to_string(last));
    i = last;
  }
  return out.empty() ? "none" : out;
}

/// "sha256: 0-9, 14".
std::string show(HashAlgorithm bank, PcrMask mask) {
  return std::string(name_of(bank)).append(": ").append(show(mask));
}

HashAlgorithm hash_of(const TpmSignature& signature) {
  return std::visit([](const auto& s) { return s.hash; }, signature);
}

std::string describe(const TpmSignature& signature) {
  return fmt::format("{} with {}",
                     std::holds_alternative<RsassaSignature>(signature) ? "RSASSA" : "ECDSA",
                     name_of(hash_of(signature)));
}

/// RSASSA for an RSA key, ECDSA for an EC key, with SHA-256 or better: what is checked must be what
/// the key was certified for, and SHA-1 signatures can be forged (NIST SP 800-131A).
bool scheme_allowed(const TpmSignature& signature, const PublicKey& key) {
  const HashAlgorithm hash = hash_of(signature);
  if (hash == HashAlgorithm::sha1 || hash == HashAlgorithm::sm3_256) return false;
  return std::holds_alternative<RsassaSignature>(signature) == (key.type() == KeyType::rsa);
}

bool verifies(const TpmSignature& signature, const PublicKey& key, Bytes message) {
  if (const auto* rsa = std::get_if<RsassaSignature>(&signature))
    return key.verify_rsassa(rsa->hash, message, rsa->signature);
  const auto& ecdsa = std::get<EcdsaSignature>(signature);
  return key.verify_ecdsa(ecdsa.hash, message, ecdsa.r, ecdsa.s);
}

/// The checks of one quote; each member asks one question.
class QuoteChecks {
 public:
  QuoteChecks(const Quote& quote, Verdict& verdict)
      : quote_(quote), verdict_(verdict), signature_(parse_tpm_signature(quote.signature)) {}

  /// TPM 2.0 Part 3, TPM2_Quote: the signature is over the TPMS_ATTEST as it came, never over a
  /// re-encoding of it.
  void signature(const std::optional<PublicKey>& key) {
    if (!key) {
      verdict_.not_checked(id("tpm.quote.scheme"), "no attestation key");
      verdict_.not_checked(id("tpm.quote.signature"), "no attestation key");
      return;
    }
    const bool allowed = signature_ && scheme_allowed(*signature_, *key);
    verdict_.require(id("tpm.quote.scheme"), allowed,
                     key->type() == KeyType::rsa ? CheckText("RSASSA with SHA-256 or better")
                                                 : CheckText("ECDSA with SHA-256 or better"),
                     signature_ ? describe(*signature_) : to_string(signature_.error()),
                     "make the attestation key with scheme RSASSA or ECDSA and SHA-256");
    if (!allowed) {
      verdict_.not_checked(id("tpm.quote.signature"), "the scheme is not allowed");
      return;
    }
    const bool ok = verifies(*signature_, *key, quote_.attest);
    verdict_.require(id("tpm.quote.signature"), ok, "made by the attestation key over this quote",
                     ok ? key->describe() : "it does not verify",
                     "quote or signature was changed, or is of another key: attest again");
  }

  /// The magic says that the TPM made this structure itself; the type, that it is a quote.
  std::optional<QuoteAttest> structure() {
    auto attest = parse_quote_attest(quote_.attest);
    verdict_.require(
        id("tpm.quote.structure"), attest.has_value(), "a TPMS_ATTEST of a quote",
        attest ? fmt::format("{} bytes", quote_.attest.size()) : to_string(attest.error()),
        "send what TPM2_Quote returned, unchanged");
    if (attest) return std::move(*attest);
    for (const char* part : {"tpm.quote.nonce", "tpm.quote.selection", "tpm.quote.pcrs"})
      verdict_.not_checked(id(part), "the quote is unreadable");
    return std::nullopt;
  }

  /// "The external information supplied by caller", TPM 2.0 Part 2 section 10.12.8: without a nonce
  /// of the verifier's own an old quote would do.
  void nonce(const QuoteAttest& attest, Bytes expected, NonceRule rule) {
    const bool usable = rule == NonceRule::as_in_gotpm || !expected.empty();
    verdict_.require(id("tpm.quote.nonce"),
                     usable && equal_in_constant_time(attest.extra_data, expected),
                     expected.empty() ? "a nonce to expect" : hex(expected),
                     attest.extra_data.empty() ? "empty" : hex(attest.extra_data),
                     usable ? "the quote answers another challenge: attest with this nonce"
                            : "give the nonce that was asked for: --nonce HEX");
  }

  /// Exactly one bank, the one whose values are sent, and exactly those PCRs: otherwise values
  /// could be passed off as another bank's or left out unseen.
  void selection(const QuoteAttest& attest) {
    const PcrMask sent = quote_.pcrs.mask();
    const bool ok = attest.selections.size() == 1 && sent != 0 &&
                    attest.selections[0].bank == quote_.pcrs.bank &&
                    attest.selections[0].mask == sent;
    std::string quoted;
    for (const PcrSelection& s : attest.selections)
      quoted.append(quoted.empty() ? "" : "; ").append(show(s.bank, s.mask));
    verdict_.require(id("tpm.quote.selection"), ok, show(quote_.pcrs.bank, sent), std::move(quoted),
                     "send with each quote the values of exactly the PCRs it covers");
  }

  /// TPM 2.0 Part 3, TPM2_Quote: pcrDigest is the hash, with the signing scheme's algorithm, of the
  /// concatenated values in ascending order.
  void pcr_digest(const QuoteAttest& attest) {
    if (!signature_)
      return verdict_.not_checked(id("tpm.quote.pcrs"), "the signature is unreadable");
    std::array<std::uint8_t, kPcrCount * 64> values{};
    std::size_t size = 0;
    for (const auto& value : quote_.pcrs.values) {
      if (!value) continue;
      const Bytes bytes = value->bytes();
      std::copy(bytes.begin(), bytes.end(), values.begin() + static_cast<std::ptrdiff_t>(size));
      size += bytes.size();
    }
    const Digest digest = hash(hash_of(*signature_), Bytes(values).first(size));
    const bool ok = equal(digest.bytes(), attest.pcr_digest);
    verdict_.require(
        id("tpm.quote.pcrs"), ok, "PCR values as the quote digests them",
        ok ? fmt::format("{} PCRs", std::popcount(quote_.pcrs.mask()))
           : "other values than were quoted",
        "the PCR values were changed, or a PCR was extended while quoting: attest again");
  }

  /// Firmware and Secure Boot are measured into PCR 0 to 7 (PFP 1.06 section 3.3.4), what GRUB does
  /// into 8 and 9: a quote that leaves one out could hide what it holds.
  void coverage() {
    constexpr PcrMask kLoggedPcrs = 0x3FF;  // as eventlog.pcrs.accounted
    const PcrMask mask = quote_.pcrs.mask();
    verdict_.require(id("tpm.quote.coverage"), (mask & kLoggedPcrs) == kLoggedPcrs,
                     "at least PCRs 0-9", show(mask), "quote PCRs 0 to 23");
  }

 private:
  [[nodiscard]] std::string id(std::string_view check) const {
    return check_id(check, quote_.pcrs.bank);
  }

  const Quote& quote_;
  Verdict& verdict_;
  Result<TpmSignature> signature_;
};

void check_banks(const std::vector<Quote>& quotes, Sha1 sha1, Verdict& verdict) {
  const std::vector<HashAlgorithm> banks = banks_of(quotes);
  verdict.require("tpm.quotes.present", !quotes.empty(), "at least one quote",
                  fmt::format("{}", quotes.size()), "attest again: assay attest");
  // Two quotes of a bank could disagree, and readers would pick different ones.
  verdict.require("tpm.quotes.banks", banks.size() == quotes.size(), "each PCR bank once",
                  names(banks), "send one quote for each bank");
  const bool strong = !banks.empty() && banks[0] != HashAlgorithm::sha1;
  verdict.require(
      "tpm.quotes.strength", strong || (!banks.empty() && sha1 == Sha1::allowed),
      sha1 == Sha1::allowed ? "any bank: SHA-1 is allowed" : "a bank better than SHA-1",
      names(banks),
      "allocate a SHA-256 bank in the TPM (tpm2_pcrallocate) and attest again, or allow "
      "SHA-1: --allow-sha1, or allow_sha1 in the policy");
}

/// Quotes of one attestation come from one key of one TPM, in one boot.
void check_together(const std::vector<std::optional<QuoteAttest>>& attests, Verdict& verdict) {
  const QuoteAttest* first = nullptr;
  bool one_signer = true, one_boot = true;
  for (const auto& attest : attests) {
    if (!attest) continue;
    if (first == nullptr) first = &*attest;
    one_signer = one_signer && attest->qualified_signer == first->qualified_signer;
    one_boot = one_boot && attest->clock.reset_count == first->clock.reset_count &&
               attest->clock.restart_count == first->clock.restart_count &&
               attest->firmware_version == first->firmware_version;
  }
  if (first == nullptr) {
    verdict.not_checked("tpm.quotes.signer", "no readable quote");
    verdict.not_checked("tpm.quotes.boot", "no readable quote");
    return;
  }
  verdict.require("tpm.quotes.signer", one_signer, "one qualified signer",
                  one_signer ? hex(first->qualified_signer) : "several",
                  "send quotes that one key made");
  verdict.require("tpm.quotes.boot", one_boot, "one boot: equal reset and restart counts",
                  one_boot ? fmt::format("reset {}, restart {}", first->clock.reset_count,
                                         first->clock.restart_count)
                           : "quotes of different boots",
                  "send quotes that were made together");
}

}  // namespace

bool is_signed_by(const Quote& quote, const PublicKey& key) {
  const auto signature = parse_tpm_signature(quote.signature);
  return signature && scheme_allowed(*signature, key) && verifies(*signature, key, quote.attest);
}

std::vector<HashAlgorithm> banks_of(const std::vector<Quote>& quotes) {
  std::vector<HashAlgorithm> banks;
  for (const HashAlgorithm bank : kBanksStrongestFirst)
    if (std::any_of(quotes.begin(), quotes.end(),
                    [bank](const Quote& quote) { return quote.pcrs.bank == bank; }))
      banks.push_back(bank);
  return banks;
}

std::vector<std::optional<QuoteAttest>> check_quotes(const std::vector<Quote>& quotes,
                                                     const std::optional<PublicKey>& key,
                                                     Bytes nonce, NonceRule rule, Sha1 sha1,
                                                     Verdict& verdict) {
  check_banks(quotes, sha1, verdict);
  std::vector<std::optional<QuoteAttest>> attests;
  attests.reserve(quotes.size());
  for (const Quote& quote : quotes) {
    QuoteChecks checks(quote, verdict);
    checks.signature(key);
    attests.push_back(checks.structure());
    if (const auto& attest = attests.back()) {
      checks.nonce(*attest, nonce, rule);
      checks.selection(*attest);
      checks.pcr_digest(*attest);
    }
    checks.coverage();
  }
  check_together(attests, verdict);
  return attests;
}

}  // namespace assay
