// SPDX-License-Identifier: Apache-2.0
#include "verify/vtpm.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"
#include "verify/attestation_key.h"
#include "verify/canonical_log.h"
#include "verify/quote_checks.h"
#include "verify/replayed_log.h"
#include "verify/revocation_checks.h"

namespace assay {

/// The one place that may call vTPM claims authentic.
class VtpmAuthenticator {
 public:
  static Authentic<VtpmClaims> vouch_for(VtpmClaims claims) {
    return {AuthenticityProof(), std::move(claims)};
  }
};

namespace {

constexpr const char* kLogChecks[] = {
    "eventlog.log.format",      "eventlog.types.known",    "eventlog.types.placed",
    "eventlog.types.honest",    "eventlog.data.shape",     "eventlog.locality.first",
    "eventlog.digests.present", "eventlog.data.measured",  "eventlog.pcrs.quoted",
    "eventlog.pcrs.replayed",   "eventlog.pcrs.accounted", "eventlog.pcrs.explained"};

/// The log, parsed; the other log checks are recorded as not asked where there is none.
std::optional<EventLog> check_log(const Attestation& attestation, Verdict& verdict) {
  if (!verdict.require(
          "eventlog.log.present", !attestation.event_log.empty(), "the event log of the boot",
          attestation.event_log.empty() ? "none"
                                        : fmt::format("{} bytes", attestation.event_log.size()),
          "the kernel exports none unless booted through its EFI stub: use GRUB's linuxefi, or a "
          "newer "
          "GRUB or kernel, and see that /sys/kernel/security/tpm0/binary_bios_measurements is not "
          "empty")) {
    verdict.not_checked_from(kLogChecks, "eventlog.log.format", "no event log");
    return std::nullopt;
  }
  auto log = parse_event_log(attestation.event_log);
  if (!verdict.require(
          "eventlog.log.format", log.has_value(), "a TCG event log",
          log ? fmt::format("{} events", log->events.size()) : to_string(log.error()),
          "send /sys/kernel/security/tpm0/binary_bios_measurements whole and unchanged")) {
    verdict.not_checked_from(kLogChecks, "eventlog.types.known", "the event log is unreadable");
    return std::nullopt;
  }
  return std::move(*log);
}

/// Evidence of kinds that this version cannot judge is refused, never left aside: whoever sent it
/// may believe that it was looked at.
void check_other_evidence(const Attestation& attestation, Verdict& verdict) {
  if (attestation.tee_evidence.empty())
    verdict.absent("tee.evidence.judged", "no evidence of the CPU");
  else
    verdict.not_checked("tee.evidence.judged",
                        attestation.tee_evidence + " is not supported in this version",
                        "this version judges the vTPM alone: send an attestation without it");
}

std::vector<PcrValues> pcrs_of(const std::vector<Quote>& quotes) {
  std::vector<PcrValues> out;
  out.reserve(quotes.size());
  for (const Quote& quote : quotes) out.push_back(quote.pcrs);
  return out;
}

/// The logs of the running system: the launcher's, and IMA's.
struct LaterLogs {
  std::optional<CosState> cos;
  std::optional<ImaState> ima;
  PcrMask explained = 0;  ///< registers that one of them ends at
  Verdict verdict;
};

/// Held against all quotes whatever the firmware's log says.
LaterLogs check_later_logs(const Attestation& attestation, std::optional<Bytes> ima_list,
                           Sha1 sha1) {
  LaterLogs out;
  const bool any = ima_list || !attestation.canonical_event_log.empty();  // most send neither
  const std::vector<PcrValues> quoted =
      any ? pcrs_of(attestation.quotes) : std::vector<PcrValues>();
  Verdict launcher;
  out.cos = check_canonical_log(attestation.canonical_event_log, quoted, launcher);
  if (out.cos && launcher.accepted()) out.explained |= PcrMask{1} << kCosPcr.index;
  out.verdict.append(std::move(launcher));
  if (!ima_list) return out;
  Verdict ima;
  out.ima = check_ima_list(*ima_list, quoted, sha1, ima);
  if (out.ima && ima.accepted()) out.explained |= out.ima->registers;
  out.verdict.append(std::move(ima));
  return out;
}

/// The log held against all quotes, and the machine state it gives; `explained` are registers that
/// other logs end at.
std::optional<MachineState> check_boot(const Attestation& attestation, PcrMask explained,
                                       Verdict& verdict) {
  const auto log = check_log(attestation, verdict);
  if (!log || attestation.quotes.empty()) return std::nullopt;
  ReplayedLog replayed = replay(*log, banks_of(attestation.quotes));
  check_events(replayed, verdict);
  for (const Quote& quote : attestation.quotes) {
    check_pcrs(replayed, quote.pcrs, explained, verdict);
    note_silence(replayed, quote.pcrs);
  }
  return read_machine_state(replayed, verdict);
}

/// Every log held against all quotes, in the order of a boot.
std::optional<MachineState> check_logs(const Attestation& attestation, LaterLogs& later,
                                       Verdict& verdict) {
  auto machine = check_boot(attestation, later.explained, verdict);
  verdict.append(std::move(later.verdict));
  if (machine) machine->cos = std::move(later.cos);
  return machine;
}

/// The quote of the bank that the state was read from.
const QuoteAttest& attest_of(HashAlgorithm bank, const std::vector<Quote>& quotes,
                             const std::vector<std::optional<QuoteAttest>>& attests) {
  const auto quote = std::find_if(quotes.begin(), quotes.end(),
                                  [=](const Quote& q) { return q.pcrs.bank == bank; });
  const auto& attest = attests[static_cast<std::size_t>(quote - quotes.begin())];
  ASSAY_CHECK(attest.has_value());
  return *attest;
}

/// The key that must have signed the quotes, and who says that it is a TPM's.
struct Voucher {
  std::optional<PublicKey> key;
  std::string fingerprint, issuer;
  Provenance provenance = Provenance::operator_added;
  std::optional<GceInstance> instance;
  RevocationTerms revocation;
};

Voucher check_key(const Attestation& attestation, const VtpmExpectations& expectations,
                  Verdict& verdict) {
  Voucher out;
  if (!expectations.keys.empty()) {
    const TrustedKey* const trusted = check_trusted_key(attestation, expectations.keys, verdict);
    if (trusted == nullptr) return out;
    out.key = trusted->key;
    out.fingerprint = trusted->key.fingerprint();
    out.provenance = trusted->provenance;
    return out;
  }
  const auto path = check_attestation_key(attestation, expectations.trust, expectations.now,
                                          expectations.paths, verdict);
  if (!path) return out;
  if (expectations.revocation != nullptr) out.revocation = expectations.revocation->terms;
  check_revocation("ak.revocation", path->links, expectations.revocation, expectations.now,
                   verdict);
  out.key = path->key;
  out.fingerprint = path->key_fingerprint;
  if (const auto& anchor = path->anchor)
    out.issuer = anchor->name, out.provenance = anchor->provenance;
  if (const auto& extension = path->extension) out.instance = extension->instance;
  return out;
}

VtpmClaims claims_of(const Attestation& attestation, Voucher voucher, MachineState machine,
                     std::optional<ImaState> ima, const QuoteAttest& attest) {
  return VtpmClaims{.machine = std::move(machine),
                    .instance = std::move(voucher.instance),
                    .pcrs = pcrs_of(attestation.quotes),
                    .ima = std::move(ima),
                    .clock = attest.clock,
                    .firmware_version = attest.firmware_version,
                    .ak_fingerprint = std::move(voucher.fingerprint),
                    .ak_issuer = std::move(voucher.issuer),
                    .provenance = voucher.provenance,
                    .nonce_bytes = attest.extra_data.size(),
                    .revocation = voucher.revocation};
}

/// The attestation with the quotes of one bank alone.
Attestation of_bank(const Attestation& attestation, HashAlgorithm bank, Verdict& verdict) {
  Attestation out = attestation;
  std::string aside;
  std::erase_if(out.quotes, [&](const Quote& quote) {
    if (quote.pcrs.bank == bank) return false;
    aside += fmt::format("{}{}", aside.empty() ? "" : ", ", name_of(quote.pcrs.bank));
    return true;
  });
  if (!aside.empty()) verdict.absent("tpm.quotes.unasked", "not judged: " + aside);
  return out;
}

}  // namespace

VtpmOutcome authenticate_vtpm(const Attestation& sent, const VtpmExpectations& expectations) {
  constexpr std::size_t kChecksOfThreeBanks = 96;
  VtpmOutcome out;
  out.verdict.reserve(kChecksOfThreeBanks);
  std::optional<Attestation> chosen;
  if (expectations.bank) chosen = of_bank(sent, *expectations.bank, out.verdict);
  const Attestation& attestation = chosen ? *chosen : sent;
  Voucher voucher = check_key(attestation, expectations, out.verdict);
  const auto attests = check_quotes(attestation.quotes, voucher.key, expectations.nonce,
                                    NonceRule::fresh, expectations.sha1, out.verdict);
  LaterLogs later = check_later_logs(attestation, expectations.ima_list, expectations.sha1);
  auto machine = check_logs(attestation, later, out.verdict);
  check_other_evidence(attestation, out.verdict);
  if (!out.verdict.accepted()) return out;
  // An accepted verdict has passed the key and who vouches for it, every quote and the replay.
  ASSAY_CHECK(voucher.key && machine && (!expectations.keys.empty() || !voucher.issuer.empty()));
  const QuoteAttest& attest = attest_of(machine->bank, attestation.quotes, attests);
  out.claims = VtpmAuthenticator::vouch_for(claims_of(
      attestation, std::move(voucher), std::move(*machine), std::move(later.ima), attest));
  return out;
}

UnauthenticatedOutcome check_against_own_key(const Attestation& attestation, Bytes nonce) {
  UnauthenticatedOutcome out;
  const auto key = check_own_key(attestation, out.verdict);
  check_quotes(attestation.quotes, key, nonce, NonceRule::as_in_gotpm, Sha1::refused, out.verdict);
  LaterLogs later = check_later_logs(attestation, std::nullopt, Sha1::refused);
  auto machine = check_logs(attestation, later, out.verdict);
  check_other_evidence(attestation, out.verdict);
  if (!out.verdict.accepted()) return out;
  ASSAY_CHECK(key && machine);
  out.claims = UnauthenticatedClaims{std::move(*machine)};
  return out;
}

}  // namespace assay
