// SPDX-License-Identifier: Apache-2.0
#include "verify/trusted_keys.h"

#include <fmt/format.h>

#include <utility>
#include <variant>

#include "base/byte_writer.h"
#include "crypto/tpm_wrap.h"
#include "verify/public_area.h"
#include "verify/quote_checks.h"

namespace assay {

namespace {

/// TPM_RH_OWNER, TPM_RH_NULL, TPM_RH_ENDORSEMENT, TPM_RH_PLATFORM.  TPM 2.0 Part 2, 7.4.
constexpr std::uint32_t kHierarchies[] = {0x40000001, 0x40000007, 0x4000000B, 0x4000000C};

/// TPM 2.0 Part 1, 16: "QN_B = H_B(QN_A || NAME_B)", and the name of a hierarchy is its handle.
Buffer name_in(std::uint32_t hierarchy, const TpmPublic& area, Bytes public_area) {
  const Buffer name = tpm_name(area.name_algorithm, public_area);
  return tpm_name(area.name_algorithm, ByteWriter().u32_be(hierarchy).bytes(name).take());
}

/// Whether a signature of this form can be the key's, by type and length.
bool fits(const TpmSignature& signature, const PublicKey& key) {
  if (const auto* rsa = std::get_if<RsassaSignature>(&signature))
    return key.type() == KeyType::rsa && std::cmp_equal(8 * rsa->signature.size(), key.bits());
  return key.type() != KeyType::rsa;
}

}  // namespace

Result<std::size_t> TrustedKeys::add(std::string_view where, TrustedKey key) {
  const auto [found, is_new] = by_fingerprint_.try_emplace(key.key.fingerprint(), keys_.size());
  const std::size_t place = found->second;
  if (is_new) {
    keys_.push_back(std::move(key));
    name(place);
    return place;
  }
  TrustedKey& known = keys_[place];
  if (known.area && key.area && known.public_area != key.public_area)
    return fail(Fault::malformed, std::string(where),
                "is a key that is there already, with another public area");
  if (key.provenance == Provenance::emulated) known.provenance = Provenance::emulated;
  if (!known.area && key.area) {
    known.area = std::move(key.area);
    known.public_area = std::move(key.public_area);
    name(place);
  }
  return place;
}

void TrustedKeys::name(std::size_t place) {
  const TrustedKey& key = keys_[place];
  if (!key.area) return;
  for (const std::uint32_t hierarchy : kHierarchies)
    by_name_.emplace(name_in(hierarchy, *key.area, key.public_area), place);
}

TrustedKeys::Search TrustedKeys::find_signer(const Attestation& attestation) const {
  if (!attestation.ak_pub.empty()) return {find_public(attestation.ak_pub), 0};
  if (attestation.quotes.empty()) return {};
  const Quote& quote = attestation.quotes.front();
  if (const TrustedKey* const named = find_named(quote.attest)) return {named, 0};
  return try_all(quote);
}

const TrustedKey* TrustedKeys::find_public(Bytes ak_pub) const {
  const auto area = parse_tpm_public(ak_pub);
  if (!area) return nullptr;
  const auto key = public_key_of(*area);
  if (!key) return nullptr;
  const auto found = by_fingerprint_.find(key->fingerprint());
  return found == by_fingerprint_.end() ? nullptr : &keys_[found->second];
}

const TrustedKey* TrustedKeys::find_named(Bytes attest) const {
  const auto read = parse_quote_attest(attest);
  if (!read) return nullptr;
  const auto found = by_name_.find(read->qualified_signer);
  return found == by_name_.end() ? nullptr : &keys_[found->second];
}

TrustedKeys::Search TrustedKeys::try_all(const Quote& quote) const {
  Search out;
  const auto signature = parse_tpm_signature(quote.signature);
  if (!signature) return out;
  for (const bool with_area : {false, true}) {
    for (const TrustedKey& key : keys_) {
      if (key.area.has_value() != with_area || !fits(*signature, key.key)) continue;
      if (out.tried == kMaxTried) return out;
      ++out.tried;
      if (!is_signed_by(quote, key.key)) continue;
      out.key = &key;
      return out;
    }
  }
  return out;
}

}  // namespace assay
