// SPDX-License-Identifier: Apache-2.0
#include "collect/attester.h"

#include <fmt/format.h>

#include "base/byte_writer.h"
#include "collect/issuers.h"
#include "crypto/hash.h"

namespace assay {
namespace {

/// How often a machine may change its PCRs under us before we give up: IMA extends one for each
/// file that is run.
constexpr int kAttempts = 5;

/// gotpm's persistent handles of its own attestation keys.
std::uint32_t own_key_handle(KeyAlgorithm algorithm) {
  switch (algorithm) {
    case KeyAlgorithm::rsa:
      return 0x81008F01;
    case KeyAlgorithm::ecc:
      return 0x81008F00;
  }
  return 0;
}

std::string_view name_of(KeyAlgorithm algorithm) {
  switch (algorithm) {
    case KeyAlgorithm::rsa:
      return "rsa";
    case KeyAlgorithm::ecc:
      return "ecc";
  }
  return "";
}

/// A key that lies where gotpm keeps it is taken as it is; another is made anew from the same seed
/// and template, which is the same key, and goes with us.
Result<TpmKey> own_key(Tpm& tpm, KeyAlgorithm algorithm) {
  const Buffer wanted = attestation_key_template(algorithm);
  auto found = tpm.find_persistent(own_key_handle(algorithm), wanted);
  if (!found) return pass_on(found);
  if (auto& there = *found) return std::move(*there);
  return tpm.create_primary(Hierarchy::owner, wanted);
}

Result<TpmKey> provider_key(Tpm& tpm, KeyAlgorithm algorithm) {
  const std::uint32_t index = provider_key_indexes(algorithm).public_template;
  const auto wanted = tpm.read_nv(index);
  if (!wanted) return pass_on(wanted);
  const auto& key_template = *wanted;
  if (!key_template) {
    return fail(
        Fault::unavailable, "--key gceAK",
        fmt::format("this TPM has no {} attestation key template at NV index 0x{:08x}: it is no "
                    "Google Compute Engine vTPM (use --key AK, or `assay emulate`)",
                    name_of(algorithm), index));
  }
  return tpm.create_primary(Hierarchy::endorsement, *key_template);
}

/// TPM2_Quote's pcrDigest: the hash, by the signature's algorithm, over the selected values in
/// order. TPM 2.0 Part 1, 17.6.2.  Every attestation key here signs with SHA-256.
Digest digest_of(const PcrValues& pcrs) {
  Hasher hasher(HashAlgorithm::sha256);
  for (const auto& value : pcrs.values) {
    if (value) hasher.update(value->bytes());
  }
  return hasher.finish();
}

Result<Quote> quote_bank(Tpm& tpm, const TpmKey& key, Bytes nonce, const PcrSelection& selection) {
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    auto made = tpm.quote(key, nonce, selection);
    if (!made) return pass_on(made);
    const auto pcrs = tpm.read_pcrs(selection);
    if (!pcrs) return pass_on(pcrs);
    const auto attest = parse_quote_attest(made->attest);
    if (!attest) return pass_on(attest);
    if (equal(attest->pcr_digest, digest_of(*pcrs).bytes())) {
      return Quote{std::move(made->attest), std::move(made->signature), *pcrs};
    }
  }
  return fail(
      Fault::unavailable, fmt::format("PCR bank {}", name_of(selection.bank)),
      fmt::format("the PCRs changed during each of {} quotes: something measures all the time; "
                  "try again when the machine is quieter",
                  kAttempts));
}

}  // namespace

ProviderKeyIndexes provider_key_indexes(KeyAlgorithm algorithm) {
  switch (algorithm) {
    case KeyAlgorithm::rsa:
      return {.certificate = 0x01C10000, .public_template = 0x01C10001};
    case KeyAlgorithm::ecc:
      return {.certificate = 0x01C10002, .public_template = 0x01C10003};
  }
  return {};
}

Result<TpmKey> attestation_key(Tpm& tpm, AttestationKeyChoice choice, KeyAlgorithm algorithm) {
  return choice == AttestationKeyChoice::own ? own_key(tpm, algorithm)
                                             : provider_key(tpm, algorithm);
}

Buffer attestation_key_template(KeyAlgorithm algorithm) {
  // fixedTPM, fixedParent, sensitiveDataOrigin, userWithAuth, restricted, sign.
  constexpr std::uint32_t kAttributes = 0x00050072;
  constexpr auto kSha256 = static_cast<std::uint16_t>(HashAlgorithm::sha256);
  const Buffer zeros(32);
  ByteWriter w;
  switch (algorithm) {
    case KeyAlgorithm::rsa:
      w.u16_be(tpm_alg::kRsa).u16_be(kSha256).u32_be(kAttributes).sized_be16({});
      w.u16_be(tpm_alg::kNull).u16_be(tpm_alg::kRsassa).u16_be(kSha256);
      w.u16_be(2048).u32_be(0).sized_be16({});  // exponent 0 means 65537; unique empty
      break;
    case KeyAlgorithm::ecc:
      w.u16_be(tpm_alg::kEcc).u16_be(kSha256).u32_be(kAttributes).sized_be16({});
      w.u16_be(tpm_alg::kNull).u16_be(tpm_alg::kEcdsa).u16_be(kSha256);
      constexpr std::uint16_t kP256 = 3;
      w.u16_be(kP256).u16_be(tpm_alg::kNull).sized_be16(zeros).sized_be16(zeros);
      break;
  }
  return w.take();
}

Result<Buffer> provider_key_certificate(Tpm& tpm, KeyAlgorithm algorithm) {
  const std::uint32_t index = provider_key_indexes(algorithm).certificate;
  auto certificate = tpm.read_nv(index);
  if (!certificate) return pass_on(certificate);
  auto& der = *certificate;
  if (!der) {
    return fail(
        Fault::unavailable, "--key gceAK",
        fmt::format("this TPM has no {} attestation key certificate at NV index 0x{:08x}: make a "
                    "new VM, or use the other --algo",
                    name_of(algorithm), index));
  }
  return std::move(*der);
}

Result<Attestation> collect_attestation(Tpm& tpm, const AttestRequest& request) {
  const auto banks = tpm.allocated_banks();
  if (!banks) return pass_on(banks);
  const auto key = attestation_key(tpm, request.key, request.algorithm);
  if (!key) return pass_on(key);
  Attestation out;
  out.ak_pub = key->public_area();
  out.event_log = request.event_log;
  if (request.key == AttestationKeyChoice::google) {
    auto certificate = provider_key_certificate(tpm, request.algorithm);
    if (!certificate) return pass_on(certificate);
    out.ak_cert = std::move(*certificate);
  }
  for (const PcrSelection& bank : *banks) {
    auto quote = quote_bank(tpm, *key, request.nonce, bank);
    if (!quote) return pass_on(quote);
    out.quotes.push_back(std::move(*quote));
  }
  if (!out.ak_cert.empty() && request.http != nullptr) {
    auto issuers = fetch_issuers(*request.http, out.ak_cert);
    if (!issuers) return pass_on(issuers);
    out.intermediates = std::move(*issuers);
  }
  return out;
}

}  // namespace assay
