// SPDX-License-Identifier: Apache-2.0
#include "crypto/jws.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/base64.h"

namespace assay {
namespace {

constexpr std::size_t kMaxTokenSize = 16 * 1024;
constexpr std::size_t kMaxKidSize = 128;

tl::unexpected<Error> refuse(std::string where, std::string why) {
  return fail(Fault::malformed, std::move(where), std::move(why));
}

/// header.payload.signature
Result<std::array<std::string_view, 3>> split(std::string_view token) {
  if (token.size() > kMaxTokenSize) {
    return refuse("jws", fmt::format("{} bytes, at most {} are read", token.size(), kMaxTokenSize));
  }
  const auto dots = std::ranges::count(token, '.');
  if (dots != 2) return refuse("jws", fmt::format("{} parts, wanted 3", dots + 1));
  const std::size_t first = token.find('.');
  const std::size_t second = token.find('.', first + 1);
  return std::array{token.substr(0, first), token.substr(first + 1, second - first - 1),
                    token.substr(second + 1)};
}

Result<json::object> parse_part(std::string_view where, std::string_view part) {
  const auto bytes = parse_base64url(where, part);
  if (!bytes) return pass_on(bytes);
  return parse_json_object(where, as_text(*bytes), {.bytes = kMaxTokenSize});
}

/// RFC 7515 section 4.1.11: "If any of the listed extension Header Parameters are not understood
/// and supported by the recipient, then the JWS is invalid."  We support none.  RFC 7797 `b64`
/// would change what is signed.
Status require_no_extensions(const json::object& header) {
  for (const std::string_view name : {"crit", "b64"}) {
    if (header.contains(name)) {
      return refuse("jws.header", fmt::format("member \"{}\" is not supported", name));
    }
  }
  return {};
}

Result<std::string> kid_of(const json::object& header) {
  if (!header.contains("kid")) return std::string();
  const auto kid = json_string(header, "kid");
  if (!kid) return refuse("jws.header.kid", kid.error().why);
  const bool printable = std::ranges::all_of(*kid, [](char c) { return c >= 0x20 && c <= 0x7E; });
  if (kid->size() > kMaxKidSize || !printable) {
    return refuse("jws.header.kid",
                  fmt::format("wanted at most {} printable characters", kMaxKidSize));
  }
  return std::string(*kid);
}

/// RFC 7518 section 3.4: the signature is R || S, "each of which is 32 octets" for ES256.
bool verify_es256(const PublicKey& key, Bytes message, Bytes signature) {
  return key.type() == KeyType::ec_p256 && signature.size() == 64 &&
         key.verify_ecdsa(HashAlgorithm::sha256, message, signature.first(32),
                          signature.subspan(32));
}

bool verify(const Jwk& key, Bytes message, Bytes signature) {
  switch (key.algorithm) {
    case JwsAlgorithm::rs256:
      return key.key.verify_rsassa(HashAlgorithm::sha256, message, signature);
    case JwsAlgorithm::es256:
      return verify_es256(key.key, message, signature);
  }
  return false;
}

}  // namespace

Result<UnverifiedJws> parse_jws(std::string_view token) {
  const auto parts = split(token);
  if (!parts) return pass_on(parts);
  const auto& [header_part, payload_part, signature_part] = *parts;
  auto header = parse_part("jws.header", header_part);
  if (!header) return pass_on(header);
  if (const auto plain = require_no_extensions(*header); !plain) return pass_on(plain);
  auto kid = kid_of(*header);
  if (!kid) return pass_on(kid);
  const auto algorithm = json_string(*header, "alg");
  if (!algorithm) return refuse("jws.header.alg", algorithm.error().why);
  auto payload = parse_part("jws.payload", payload_part);
  if (!payload) return pass_on(payload);
  auto signature = parse_base64url("jws.signature", signature_part);
  if (!signature) return pass_on(signature);

  UnverifiedJws out;
  out.algorithm = std::string(*algorithm);
  out.header = std::move(*header);
  out.kid = std::move(*kid);
  out.payload = std::move(*payload);
  out.signing_input = token.substr(0, header_part.size() + 1 + payload_part.size());
  out.signature = std::move(*signature);
  return out;
}

Result<json::object> verify_jws(const UnverifiedJws& jws, const Jwk& key) {
  // RFC 8725 section 3.1: "Each key MUST be used with exactly one algorithm, and this MUST be
  // checked when the cryptographic operation is performed."
  if (jws.algorithm != name_of(key.algorithm)) {
    return fail(Fault::untrusted, "jws.header.alg",
                fmt::format("the header says \"{}\", the key is for {}", jws.algorithm,
                            name_of(key.algorithm)));
  }
  if (!verify(key, as_bytes(jws.signing_input), jws.signature)) {
    return fail(Fault::untrusted, "jws.signature",
                fmt::format("not made by the key \"{}\"", key.kid));
  }
  return jws.payload;
}

std::string sign_jws(const json::object& payload, const PrivateKey& key, std::string_view kid,
                     std::string_view typ) {
  const bool rsa = key.public_key().type() == KeyType::rsa;
  const auto algorithm = rsa ? JwsAlgorithm::rs256 : JwsAlgorithm::es256;
  ASSAY_CHECK(rsa || key.public_key().type() == KeyType::ec_p256);
  const json::object header = {{"alg", name_of(algorithm)}, {"kid", kid}, {"typ", typ}};
  std::string token = base64url(as_bytes(json::serialize(header))) + "." +
                      base64url(as_bytes(json::serialize(payload)));
  const Bytes message = as_bytes(token);
  const Buffer signature = rsa ? key.sign_rsassa(HashAlgorithm::sha256, message)
                               : key.sign_ecdsa(HashAlgorithm::sha256, message);
  return token + "." + base64url(signature);
}

}  // namespace assay
