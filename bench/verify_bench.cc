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

/// The signature checks alone: one RSA-2048 verify for each quote, over the same bytes, and one
/// hash of the PCR values that it covers.
void verify_signatures(const PublicKey& key, const Attestation& attestation) {
  for (const Quote& quote : attestation.quotes) {
    const Bytes signature = Bytes(quote.signature).subspan(6);  // scheme, hash, size
    if (!key.verify_rsassa(HashAlgorithm::sha256, quote.attest, signature)) std::abort();
    std::array<std::uint8_t, kPcrCount * 64> values{};
    benchmark::DoNotOptimize(
        hash(HashAlgorithm::sha256, Bytes(values).first(kPcrCount * digest_size(quote.pcrs.bank))));
  }
}

/// The log's bytes hashed once for each bank, in one piece.
void hash_log(const Attestation& attestation) {
  for (const Quote& quote : attestation.quotes)
    benchmark::DoNotOptimize(hash(quote.pcrs.bank, attestation.event_log));
}

/// What a replay cannot leave out: the data of each event hashed, and each digest extended.
void hash_events(const EventLog& log, const Attestation& attestation) {
  for (const Quote& quote : attestation.quotes) {
    Digest pcr(quote.pcrs.bank);
    for (const Event& event : log.events) {
      benchmark::DoNotOptimize(hash(quote.pcrs.bank, event.data));
      if (const auto digest = event.digest(quote.pcrs.bank))
        extend(pcr, Digest(quote.pcrs.bank, *digest));
    }
    benchmark::DoNotOptimize(pcr);
  }
}

void parse_and_replay() {
  const auto log = parse_event_log(evidence().attestation.event_log);
  benchmark::DoNotOptimize(replay(*log, banks_of(evidence().attestation.quotes)));
}

/// An attestation as it comes over the wire, of all banks or of one.
class Wire {
 public:
  explicit Wire(Attestation attestation)
      : attestation_(std::move(attestation)),
        log_(parse_event_log(attestation_.event_log).value()),
        bytes_(encode_attestation(attestation_, AttestationFormat::binarypb)) {}

  static Attestation only(HashAlgorithm bank) {
    Attestation out = evidence().attestation;
    std::erase_if(out.quotes, [=](const Quote& q) { return q.pcrs.bank != bank; });
    return out;
  }

  /// From bytes to verdict and claims.
  void verify(VerifiedPaths* paths) const {
    static const Instant kNow = parse_rfc3339("now", "2023-01-01T00:00:00Z").value();
    const auto attestation = parse_attestation(bytes_, AttestationFormat::binarypb);
    const auto outcome =
        authenticate_vtpm(*attestation, {google_trust(), evidence().nonce, kNow, paths});
    if (outcome.claims.has_value() != evidence().certified) std::abort();
  }
  void floor(const PublicKey& key) const {
    verify_signatures(key, attestation_), hash_events(log_, attestation_);
  }
  void floor_in_one_piece(const PublicKey& key) const {
    verify_signatures(key, attestation_), hash_log(attestation_);
  }

 private:
  Attestation attestation_;
  EventLog log_;  ///< borrows from attestation_
  Buffer bytes_;
};

template <class Work>
void run(benchmark::State& state, Work work) {
  for (auto _ : state) work();
}

}  // namespace
}  // namespace assay

int main(int argc, char** argv) {
  using namespace assay;
  const PublicKey key = attestation_key();
  const Wire all(evidence().attestation), one(Wire::only(HashAlgorithm::sha256));
  VerifiedPaths paths(8);
  const auto floor = [&] { all.floor(key); };
  const auto floor_in_one_piece = [&] { all.floor_in_one_piece(key); };
  const auto floor_of_one = [&] { one.floor(key); };
  const auto anew = [&] { all.verify(nullptr); };
  const auto remembered = [&] { all.verify(&paths); };
  const auto remembered_one = [&] { one.verify(&paths); };
  const auto log_floor = [] { hash_log(evidence().attestation); };
  benchmark::RegisterBenchmark("verify/floor", [&](benchmark::State& s) { run(s, floor); });
  benchmark::RegisterBenchmark("verify/remembered",
                               [&](benchmark::State& s) { run(s, remembered); });
  benchmark::RegisterBenchmark("verify/remembered_one_bank",
                               [&](benchmark::State& s) { run(s, remembered_one); });
  benchmark::RegisterBenchmark("verify/anew", [&](benchmark::State& s) { run(s, anew); });
  benchmark::RegisterBenchmark("event_log/floor", [&](benchmark::State& s) { run(s, log_floor); });
  benchmark::RegisterBenchmark("event_log/parse_and_replay",
                               [](benchmark::State& s) { run(s, parse_and_replay); });
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  std::printf("\nevidence: %s, log of %zu bytes, %zu banks\n",
              evidence().certified ? "Google COS 85" : "recorded boot sb",
              evidence().attestation.event_log.size(), evidence().attestation.quotes.size());
  print_ratio("bytes to verdict, AK path remembered, 3 banks", {1.5}, remembered, floor);
  print_ratio("the same, log hashed in one piece, no extends", {}, remembered, floor_in_one_piece);
  print_ratio("bytes to verdict, AK path remembered, 1 bank", {1.5}, remembered_one, floor_of_one);
  print_ratio("bytes to verdict, AK path read anew, 3 banks", {}, anew, floor);
  print_ratio("parse and replay the log (hashes)", {2.0}, parse_and_replay, log_floor);
  return 0;
}
