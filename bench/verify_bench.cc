// SPDX-License-Identifier: Apache-2.0

// Verifying a vTPM attestation, and replaying its log, beside what no implementation can leave out.
// Evidence: a real Google attestation where the corpus is at hand, else a recorded boot of our own.

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <cstdio>

#include "base/hex.h"
#include "crypto/certificate.h"
#include "crypto/hash.h"
#include "formats/recorded.h"
#include "formats/tpm.h"
#include "verify/quote_checks.h"
#include "verify/replayed_log.h"
#include "verify/vtpm.h"

#include "ratio.h"

namespace assay {
namespace {

struct Evidence {
  Attestation attestation;
  Buffer nonce;
  bool certified;
};

Attestation recorded_boot() {
  Attestation out;
  const Buffer tpm2b = boot_file("sb/akrsa.tpm2b");
  out.ak_pub.assign(tpm2b.begin() + 2, tpm2b.end());
  out.event_log = boot_file("sb/binary_bios_measurements");
  const Buffer values = boot_file("sb/pcrs.bin");
  std::size_t at = 0;
  for (const HashAlgorithm bank :
       {HashAlgorithm::sha1, HashAlgorithm::sha256, HashAlgorithm::sha384}) {
    const std::string quote = fmt::format("sb/quote.rsa.{}", name_of(bank));
    Quote q{boot_file(quote + ".msg"), boot_file(quote + ".sig"), {bank, {}}};
    for (auto& value : q.pcrs.values) {
      value = Digest(bank, Bytes(values).subspan(at, digest_size(bank)));
      at += digest_size(bank);
    }
    out.quotes.push_back(std::move(q));
  }
  return out;
}

const Evidence& evidence() {
  static const Evidence kEvidence = []() -> Evidence {
    if (const auto file = corpus_file("gce-attestations/gce-cos-85-nonce9009.pb"))
      return {parse_attestation(*file, AttestationFormat::binarypb).value(), {0x90, 0x09}, true};
    return {recorded_boot(), parse_hex("nonce", "6c61622d6e6f6e63652d303132333435").value(), false};
  }();
  return kEvidence;
}

PublicKey attestation_key() {
  const TpmPublic ak = parse_tpm_public(evidence().attestation.ak_pub).value();
  return PublicKey::from_rsa(ak.modulus, ak.exponent).value();
}

/// The signature checks alone: one RSA-2048 verify for each quote, over the same bytes.
void verify_signatures(const PublicKey& key) {
  for (const Quote& quote : evidence().attestation.quotes) {
    const Bytes signature = Bytes(quote.signature).subspan(6);  // scheme, hash, size
    if (!key.verify_rsassa(HashAlgorithm::sha256, quote.attest, signature)) std::abort();
  }
}

/// The log's bytes hashed once for each bank.
void hash_log() {
  for (const Quote& quote : evidence().attestation.quotes)
    benchmark::DoNotOptimize(hash(quote.pcrs.bank, evidence().attestation.event_log));
}

void parse_and_replay() {
  const auto log = parse_event_log(evidence().attestation.event_log);
  benchmark::DoNotOptimize(replay(*log, banks_of(evidence().attestation.quotes)));
}

/// Everything but the AK certificate, whose key and verdict a service keeps from one attestation to
/// the next.
void verify_with_known_key(const PublicKey& key) {
  const Attestation& attestation = evidence().attestation;
  Verdict verdict;
  const auto attests =
      check_quotes(attestation.quotes, key, evidence().nonce, NonceRule::fresh, verdict);
  const auto log = parse_event_log(attestation.event_log);
  const ReplayedLog replayed = replay(*log, banks_of(attestation.quotes));
  check_events(replayed, verdict);
  for (const Quote& quote : attestation.quotes) check_pcrs(replayed, quote.pcrs, verdict);
  benchmark::DoNotOptimize(read_machine_state(replayed, verdict));
  if (!verdict.accepted()) std::abort();
}

void verify_whole() {
  static const Instant kNow = parse_rfc3339("now", "2023-01-01T00:00:00Z").value();
  const auto outcome =
      authenticate_vtpm(evidence().attestation, {google_trust(), evidence().nonce, kNow});
  if (outcome.claims.has_value() != evidence().certified) std::abort();
}

template <class Work>
void run(benchmark::State& state, Work work) {
  for (auto _ : state) work();
}

}  // namespace
}  // namespace assay

int main(int argc, char** argv) {
  using namespace assay;
  const PublicKey key = attestation_key();
  const auto floor = [&key] { verify_signatures(key), hash_log(); };
  const auto known = [&key] { verify_with_known_key(key); };
  benchmark::RegisterBenchmark("verify/floor", [&](benchmark::State& s) { run(s, floor); });
  benchmark::RegisterBenchmark("verify/ak_known", [&](benchmark::State& s) { run(s, known); });
  benchmark::RegisterBenchmark("verify/ak_certificate",
                               [](benchmark::State& s) { run(s, verify_whole); });
  benchmark::RegisterBenchmark("event_log/floor", [](benchmark::State& s) { run(s, hash_log); });
  benchmark::RegisterBenchmark("event_log/parse_and_replay",
                               [](benchmark::State& s) { run(s, parse_and_replay); });
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  std::printf("\nevidence: %s, log of %zu bytes, %zu banks\n",
              evidence().certified ? "Google COS 85" : "recorded boot sb",
              evidence().attestation.event_log.size(), evidence().attestation.quotes.size());
  print_ratio("verify, AK known (3 x RSA-2048 + hashes)", {1.5}, known, floor);
  print_ratio("verify, AK certificate to the pinned key", {}, verify_whole, floor);
  print_ratio("parse and replay the log (hashes)", {2.0}, parse_and_replay, hash_log);
  return 0;
}
