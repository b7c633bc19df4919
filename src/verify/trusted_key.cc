// SPDX-License-Identifier: Apache-2.0
#include "verify/trusted_key.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/blanks.h"
#include "formats/enrolment.h"
#include "verify/public_area.h"

namespace assay {

namespace {

constexpr std::string_view kPemMark = "-----BEGIN";

/// The TPMT_PUBLIC inside a TPM2B_PUBLIC (TPM 2.0 Part 2, 12.2.5); a TPMT_PUBLIC as it is: its
/// first word is an algorithm, and none has the number of the bytes that follow.
Bytes without_size(Bytes file) {
  if (file.size() < 2) return file;
  const std::size_t size = std::size_t{file[0]} << 8 | file[1];
  return size == file.size() - 2 ? file.subspan(2) : file;
}

Result<PublicKey> strong_key(std::string_view where, Result<PublicKey> key) {
  if (!key) return fail(Fault::malformed, std::string(where), to_string(key.error()));
  if (key->type() == KeyType::rsa && key->bits() < 2048)
    return fail(Fault::malformed, std::string(where),
                fmt::format("{}: want RSA of at least 2048 bits, P-256 or P-384", key->describe()));
  return key;
}

Result<TrustedKey> key_of_area(std::string_view where, Bytes public_area) {
  auto area = parse_tpm_public(public_area);
  if (!area)
    return fail(Fault::malformed, std::string(where),
                "neither PEM \"PUBLIC KEY\" nor a TPM's public area: " + to_string(area.error()));
  auto key = strong_key(where, public_key_of(*area));
  if (!key) return pass_on(key);
  return TrustedKey{std::move(*key), std::move(*area), to_buffer(public_area),
                    Provenance::operator_added};
}

/// No public area begins like a JSON object: its first byte is zero, or the high one of its size.
bool is_json(Bytes file) { return without_blanks(as_text(file)).starts_with('{'); }

/// What `assay tpm enroll accept` wrote, with its mark.
Result<TrustedKey> recorded_key(std::string_view where, Bytes file) {
  const auto record = parse_enrolment_record(file);
  if (!record) return fail(Fault::malformed, std::string(where), to_string(record.error()));
  auto key = key_of_area(where, record->subject.ak_public);
  if (key && record->subject.emulated) key->provenance = Provenance::emulated;
  return key;
}

/// What there is to know of the key in the evidence: nothing without ak_pub.
struct SentKey {
  TpmPublic area;
  PublicKey key;
};

std::optional<SentKey> check_sent(Bytes ak_pub, Verdict& verdict) {
  auto area = parse_tpm_public(ak_pub);
  auto key = area ? public_key_of(*area) : Result<PublicKey>(tl::unexpected(area.error()));
  verdict.require("ak.public.format", key.has_value(), "a TPMT_PUBLIC of an asymmetric key",
                  key ? key->describe() : to_string(key.error()),
                  "send ak_pub as the TPM gives it (TPM2_ReadPublic)");
  if (!key) return std::nullopt;
  return SentKey{std::move(*area), std::move(*key)};
}

/// Which of the trusted keys the evidence is by; null if none.
const TrustedKey* check_trusted(const std::optional<SentKey>& sent,
                                std::span<const TrustedKey> keys, Verdict& verdict) {
  const TrustedKey* found = nullptr;
  if (!sent && keys.size() == 1) {
    found = &keys.front();
  } else if (sent) {
    const auto same = std::ranges::find_if(
        keys, [&](const TrustedKey& trusted) { return trusted.key == sent->key; });
    if (same != keys.end()) found = &*same;
  }
  std::string got = "no ak_pub to tell them apart by";
  if (found != nullptr)
    got = found->key.fingerprint() +
          (found->provenance == Provenance::emulated ? ", of an emulated TPM" : "");
  else if (sent)
    got = "another key: " + sent->key.fingerprint();
  verdict.require("ak.public.trusted", found != nullptr,
                  keys.size() == 1
                      ? fmt::format("the trusted key {}", keys.front().key.fingerprint())
                      : fmt::format("one of {} trusted keys", keys.size()),
                  std::move(got),
                  "the evidence is of another machine, or its TPM was cleared: trust its key only "
                  "if you know how it came there");
  return found;
}

/// The evidence's public area adds nothing to the operator's: it must be the same.
void check_matches(const Attestation& attestation, const TrustedKey& trusted, Verdict& verdict) {
  if (attestation.ak_pub.empty() || trusted.public_area.empty())
    return verdict.absent("ak.public.matches", attestation.ak_pub.empty()
                                                   ? "no ak_pub"
                                                   : "the trusted key came without a public area");
  const bool same = attestation.ak_pub == trusted.public_area;
  verdict.require("ak.public.matches", same, "the public area that is trusted",
                  same ? "the same" : "the same key with other attributes, policy or scheme",
                  "send ak_pub as the TPM gives it (TPM2_ReadPublic)");
}

void skip_area(std::string_view why, Verdict& verdict) {
  verdict.not_checked_from(kPublicAreaChecks, kPublicAreaChecks[0], why);
}

}  // namespace

Result<TrustedKey> parse_trusted_key(std::string_view where, Bytes file) {
  if (is_json(file)) return recorded_key(where, file);
  if (as_text(file).find(kPemMark) != std::string_view::npos) {
    auto key = strong_key(where, PublicKey::from_pem(as_text(file)));
    if (!key) return pass_on(key);
    return TrustedKey{std::move(*key), std::nullopt, {}, Provenance::operator_added};
  }
  return key_of_area(where, without_size(file));
}

const TrustedKey* check_trusted_key(const Attestation& attestation,
                                    std::span<const TrustedKey> keys, Verdict& verdict) {
  verdict.absent("ak.certificate.present", "not asked: the key itself is what is trusted");
  std::optional<SentKey> sent;
  if (attestation.ak_pub.empty()) {
    verdict.absent("ak.public.format", "no ak_pub");
  } else if (sent = check_sent(attestation.ak_pub, verdict); !sent) {
    verdict.not_checked("ak.public.trusted", "ak_pub is unreadable");
    verdict.not_checked("ak.public.matches", "ak_pub is unreadable");
    skip_area("ak_pub is unreadable", verdict);
    return nullptr;
  }
  const TrustedKey* const trusted = check_trusted(sent, keys, verdict);
  if (trusted == nullptr) {
    verdict.not_checked("ak.public.matches", "the key is not trusted");
    skip_area("the key is not trusted", verdict);
    return nullptr;
  }
  check_matches(attestation, *trusted, verdict);
  if (trusted->area) {
    check_public_area(*trusted->area, verdict);
  } else if (sent) {
    check_public_area(sent->area, verdict);
  } else {
    for (const char* id : kPublicAreaChecks) verdict.absent(id, "no public area");
  }
  return trusted;
}

}  // namespace assay
