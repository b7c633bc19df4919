// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/base64.h"
#include "crypto/jwk.h"
#include "crypto/jws.h"

namespace assay {
namespace {

using testing::HasSubstr;

template <class T>
std::string error_of(const Result<T>& result) {
  return result ? "" : to_string(result.error());
}

// RFC 7515 appendices A.2 and A.3.
constexpr std::string_view kRfcPayload =
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt"
    "cGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
constexpr std::string_view kRs256Jwk =
    R"({"kty":"RSA","kid":"a2","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddx)"
    R"(HmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soM)"
    R"(Zo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMT)"
    R"(BQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PA)"
    R"(cDTW9gb54h4FRWyuXpoQ","e":"AQAB"})";
constexpr std::string_view kRs256Signature =
    "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5"
    "jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb"
    "1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QO"
    "YEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
constexpr std::string_view kEs256Jwk =
    R"({"kty":"EC","kid":"a3","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
    R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})";
constexpr std::string_view kEs256Signature =
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";

std::string rs256_token() {
  return fmt::format("eyJhbGciOiJSUzI1NiJ9.{}.{}", kRfcPayload, kRs256Signature);
}
std::string es256_token() {
  return fmt::format("eyJhbGciOiJFUzI1NiJ9.{}.{}", kRfcPayload, kEs256Signature);
}

JwkSet set_of(std::initializer_list<std::string_view> keys) {
  const auto set = JwkSet::parse("jwks", fmt::format(R"({{"keys":[{}]}})", fmt::join(keys, ",")));
  EXPECT_TRUE(set) << error_of(set);
  return *set;
}

/// Parses and verifies; the payload as text, or what was wrong.
std::string outcome(std::string_view token, const Jwk& key) {
  const auto jws = parse_jws(token);
  if (!jws) return to_string(jws.error());
  const auto payload = verify_jws(*jws, key);
  return payload ? json::serialize(*payload) : to_string(payload.error());
}

constexpr std::string_view kClaims =
    R"({"iss":"joe","exp":1300819380,"http://example.com/is_root":true})";

TEST(Jws, VerifiesTheExamplesOfRfc7515) {
  const JwkSet keys = set_of({kRs256Jwk, kEs256Jwk});
  ASSERT_EQ(keys.keys().size(), 2U);
  EXPECT_EQ(outcome(rs256_token(), *keys.find("a2")), kClaims);
  EXPECT_EQ(outcome(es256_token(), *keys.find("a3")), kClaims);
  EXPECT_EQ(outcome(rs256_token(), *keys.find("a3")),
            "jws.header.alg: the header says \"RS256\", the key is for ES256");
  EXPECT_EQ(outcome(es256_token(), *keys.find("a2")),
            "jws.header.alg: the header says \"ES256\", the key is for RS256");
}

TEST(Jws, RefusesEveryChangedCharacter) {
  const JwkSet keys = set_of({kRs256Jwk, kEs256Jwk});
  for (const auto& [token, key] :
       {std::pair(rs256_token(), keys.find("a2")), std::pair(es256_token(), keys.find("a3"))}) {
    for (std::size_t i = 0; i < token.size(); ++i) {
      std::string changed = token;
      changed[i] = token[i] == 'A' ? 'B' : 'A';
      const auto jws = parse_jws(changed);
      EXPECT_FALSE(jws && verify_jws(*jws, *key)) << "character " << i;
    }
  }
}

std::string token_with(std::string_view header, std::string_view payload = "{}",
                       std::string_view signature = "AAAA") {
  return fmt::format("{}.{}.{}", base64url(as_bytes(header)), base64url(as_bytes(payload)),
                     signature);
}

struct RefusedCase {
  std::string_view name;
  std::string token;
  std::string_view error;
};

std::string deep_payload() {
  std::string text = R"({"a":)";
  text += std::string(40, '[') + std::string(40, ']') + "}";
  return text;
}

TEST(Jws, RefusesWhatIsNotACompactJws) {
  const std::string spare_bits = [] {
    std::string token = es256_token();
    token.back() = 'R';  // 'Q' with a spare bit set: the same bytes to a careless decoder
    return token;
  }();
  const RefusedCase cases[] = {
      {"empty", "", "jws: 1 parts, wanted 3"},
      {"two parts", "e30.e30", "jws: 2 parts, wanted 3"},
      {"four parts", es256_token() + ".e30", "jws: 4 parts, wanted 3"},
      {"five parts, as a JWE", "e30.e30.e30.e30.e30", "jws: 5 parts, wanted 3"},
      {"too long", token_with(R"({"alg":"RS256"})", "{}", std::string(16384, 'A')),
       "jws: 16409 bytes, at most 16384 are read"},
      {"spare bits", spare_bits, "jws.signature: unused bits of the last character are set"},
      {"header not base64url", "e3+=.e30.AAAA", "jws.header: "},
      {"payload with padding", "eyJhbGciOiJSUzI1NiJ9.e30=.AAAA", "jws.payload: "},
      {"a blank inside", "eyJhbGciOiJSUzI1NiJ9.e3 0.AAAA", "jws.payload: "},
      {"header no object", token_with(R"(["alg"])"), "jws.header: "},
      {"payload no object", token_with(R"({"alg":"RS256"})", "1"), "jws.payload: "},
      {"payload no JSON", token_with(R"({"alg":"RS256"})", "{"), "jws.payload"},
      {"payload empty", "eyJhbGciOiJSUzI1NiJ9..AAAA", "jws.payload"},
      {"payload too deep", token_with(R"({"alg":"RS256"})", deep_payload()), "jws.payload"},
      {"member twice in the header", token_with(R"({"alg":"RS256","alg":"ES256"})"), "jws.header"},
      {"member twice in the payload", token_with(R"({"alg":"RS256"})", R"({"a":1,"a":2})"),
       "jws.payload"},
      {"crit", token_with(R"({"alg":"RS256","crit":["exp"],"exp":1})"),
       "jws.header: member \"crit\" is not supported"},
      {"b64", token_with(R"({"alg":"RS256","b64":true})"),
       "jws.header: member \"b64\" is not supported"},
      {"no alg", token_with(R"({"typ":"JWT"})"), "jws.header.alg: "},
      {"alg no text", token_with(R"({"alg":256})"), "jws.header.alg: "},
      {"kid no text", token_with(R"({"alg":"RS256","kid":1})"), "jws.header.kid: "},
      {"kid too long",
       token_with(fmt::format(R"({{"alg":"RS256","kid":"{}"}})", std::string(129, 'k'))),
       "jws.header.kid: wanted at most 128 printable characters"},
      {"kid with a line break", token_with(R"({"alg":"RS256","kid":"a\nb"})"),
       "jws.header.kid: wanted at most 128 printable characters"},
      {"kid not ASCII", token_with(R"({"alg":"RS256","kid":"\u00e9"})"),
       "jws.header.kid: wanted at most 128 printable characters"},
  };
  for (const RefusedCase& c : cases) {
    SCOPED_TRACE(c.name);
    const auto jws = parse_jws(c.token);
    ASSERT_FALSE(jws);
    EXPECT_EQ(jws.error().fault, Fault::malformed);
    EXPECT_THAT(to_string(jws.error()), testing::StartsWith(std::string(c.error)));
  }
}

TEST(Jws, ShowsWhatItTookApart) {
  const std::string token =
      token_with(R"({"alg":"none","kid":"k 1","x":2})", R"({"sub":"s"})", "AQ");
  const auto jws = parse_jws(token);
  ASSERT_TRUE(jws) << error_of(jws);
  EXPECT_EQ(jws->kid, "k 1");
  EXPECT_EQ(jws->algorithm, "none");
  EXPECT_EQ(json::serialize(jws->payload), R"({"sub":"s"})");
  EXPECT_EQ(jws->signature, Buffer{1});
  EXPECT_EQ(jws->signing_input, std::string_view(token).substr(0, token.size() - 3));
}

TEST(Jws, TheHeaderCannotChooseTheAlgorithm) {
  const JwkSet keys = set_of({kRs256Jwk, kEs256Jwk});
  const Jwk& key = *keys.find("a2");
  for (const std::string_view algorithm :
       {"none", "None", "NONE", "", "HS256", "HS512", "PS256", "RS384", "rs256", "ES256"}) {
    SCOPED_TRACE(algorithm);
    for (const std::string_view signature : {"", "AAAA"}) {
      const std::string token =
          token_with(fmt::format(R"({{"alg":"{}"}})", algorithm), "{}", signature);
      const auto jws = parse_jws(token);
      ASSERT_TRUE(jws) << error_of(jws);
      const auto payload = verify_jws(*jws, key);
      ASSERT_FALSE(payload);
      EXPECT_EQ(payload.error().fault, Fault::untrusted);
      EXPECT_EQ(
          to_string(payload.error()),
          fmt::format("jws.header.alg: the header says \"{}\", the key is for RS256", algorithm));
    }
  }
}

TEST(Jws, AnHmacUnderThePublicKeyIsRefused) {
  // The token below carries HMAC-SHA-256 under the PEM of the key of RFC 7515 A.2, computed
  // outside: the classic confusion of RS256 and HS256.
  const JwkSet keys = set_of({kRs256Jwk});
  const std::string token = fmt::format(
      "eyJhbGciOiJIUzI1NiJ9.{}.c8Tg3ipPrf5_HrYg61gCx0plq6GU74R-LeYmADiLgfs", kRfcPayload);
  EXPECT_EQ(outcome(token, *keys.find("a2")),
            "jws.header.alg: the header says \"HS256\", the key is for RS256");
}

TEST(Jws, AnEcSignatureMustBeExactlySixtyFourBytes) {
  const JwkSet keys = set_of({kEs256Jwk});
  const Jwk& key = *keys.find("a3");
  const Buffer signature = parse_base64url("test", kEs256Signature).value();
  const auto with = [&](Bytes bytes) {
    return outcome(fmt::format("eyJhbGciOiJFUzI1NiJ9.{}.{}", kRfcPayload, base64url(bytes)), key);
  };
  EXPECT_EQ(with(signature), kClaims);
  const std::string refused = "jws.signature: not made by the key \"a3\"";
  Buffer longer = signature;
  longer.push_back(0);
  EXPECT_EQ(with(longer), refused);
  EXPECT_EQ(with(Bytes(signature).first(63)), refused);
  EXPECT_EQ(with({}), refused);
  EXPECT_EQ(with(Buffer(64)), refused);  // r = s = 0, CVE-2022-21449
}

TEST(Jws, SignsWhatItVerifies) {
  for (const PrivateKey& key : {PrivateKey::generate_rsa(), PrivateKey::generate_p256()}) {
    const bool rsa = key.public_key().type() == KeyType::rsa;
    SCOPED_TRACE(key.public_key().describe());
    const std::string token = sign_jws({{"sub", "s"}}, key, "k1");
    const auto jws = parse_jws(token);
    ASSERT_TRUE(jws) << error_of(jws);
    EXPECT_EQ(json::serialize(jws->header),
              fmt::format(R"({{"alg":"{}","kid":"k1","typ":"JWT"}})", rsa ? "RS256" : "ES256"));
    const auto algorithm = rsa ? JwsAlgorithm::rs256 : JwsAlgorithm::es256;
    EXPECT_EQ(outcome(token, {"k1", algorithm, key.public_key()}), R"({"sub":"s"})");
    const PrivateKey other = rsa ? PrivateKey::generate_rsa() : PrivateKey::generate_p256();
    EXPECT_EQ(outcome(token, {"k1", algorithm, other.public_key()}),
              "jws.signature: not made by the key \"k1\"");
  }
}

TEST(Jwk, ThumbprintIsThatOfRfc7638) {
  // RFC 7638 section 3.1.
  const JwkSet keys = set_of(
      {R"({"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK)"
       R"(7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf)"
       R"(0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD)"
       R"(08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awap)"
       R"(JzKnqDKgw","e":"AQAB","alg":"RS256","kid":"2011-04-29"})"});
  ASSERT_EQ(keys.keys().size(), 1U);
  EXPECT_EQ(jwk_thumbprint(keys.keys().front().key), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
}

TEST(Jwk, SurvivesItsJson) {
  const PrivateKey rsa = PrivateKey::generate_rsa();
  const PrivateKey ec = PrivateKey::generate_p256();
  const JwkSet set(
      {{"r", JwsAlgorithm::rs256, rsa.public_key()}, {"e", JwsAlgorithm::es256, ec.public_key()}});
  const json::object document = set.to_json();
  const auto again = JwkSet::parse("jwks", json::serialize(document));
  ASSERT_TRUE(again) << error_of(again);
  ASSERT_EQ(again->keys().size(), 2U);
  EXPECT_EQ(again->find("r")->key, rsa.public_key());
  EXPECT_EQ(again->find("r")->algorithm, JwsAlgorithm::rs256);
  EXPECT_EQ(again->find("e")->key, ec.public_key());
  EXPECT_EQ(again->find("e")->algorithm, JwsAlgorithm::es256);
  EXPECT_EQ(again->find(""), nullptr);
  const json::object& first = document.at("keys").as_array().at(0).as_object();
  EXPECT_EQ(first.at("alg"), "RS256");
  EXPECT_EQ(first.at("e"), "AQAB");
  EXPECT_EQ(first.at("kid"), "r");
  EXPECT_EQ(first.at("kty"), "RSA");
  EXPECT_EQ(first.at("use"), "sig");
  EXPECT_EQ(first.size(), 6U);
}

TEST(JwkSet, LeavesOutKeysItCannotUse) {
  const std::string rsa(kRs256Jwk);
  const auto with = [&](std::string_view members) {
    return rsa.substr(0, rsa.size() - 1) + "," + std::string(members) + "}";
  };
  const std::pair<std::string, std::size_t> cases[] = {
      {rsa, 1},
      {with(R"("alg":"RS256","use":"sig")"), 1},
      {with(R"("alg":"RS384")"), 0},
      {with(R"("alg":"PS256")"), 0},
      {with(R"("alg":"HS256")"), 0},
      {with(R"("alg":"none")"), 0},
      {with(R"("alg":1)"), 0},
      {with(R"("use":"enc")"), 0},
      {R"({"kty":"oct","kid":"h","k":"AAAA","alg":"HS256"})", 0},
      {R"({"kty":"OKP","kid":"o","crv":"Ed25519","x":"AAAA"})", 0},
      {R"({"kty":"RSA","kid":"short","n":"AQAB","e":"AQAB"})", 0},
      {R"({"kty":"RSA","kid":"no n","e":"AQAB"})", 0},
      {R"({"kty":"EC","kid":"p384","crv":"P-384","x":"AAAA","y":"AAAA"})", 0},
      {std::string(kEs256Jwk), 1},
  };
  for (const auto& [key, count] : cases) {
    SCOPED_TRACE(key);
    EXPECT_EQ(set_of({key}).keys().size(), count);
  }
  // Not on the curve, no curve, one coordinate short.
  std::string moved(kEs256Jwk);
  moved.replace(moved.find("x_FE"), 4, "x_FF");
  EXPECT_EQ(set_of({moved}).keys().size(), 0U);
  std::string curveless(kEs256Jwk);
  curveless.replace(curveless.find("crv"), 3, "crw");
  EXPECT_EQ(set_of({curveless}).keys().size(), 0U);
}

TEST(JwkSet, RefusesAmbiguityAndExcess) {
  const auto parse = [](std::string_view text) { return error_of(JwkSet::parse("jwks", text)); };
  EXPECT_EQ(parse(R"({"keys":[]})"), "");
  EXPECT_EQ(parse(fmt::format(R"({{"keys":[{0},{0}]}})", kEs256Jwk)),
            "jwks: two keys have the kid \"a3\"");
  EXPECT_EQ(parse(R"({"keys":[1]})"), "jwks: a member of \"keys\" is no object");
  EXPECT_THAT(parse("{}"), HasSubstr("jwks: keys: "));
  EXPECT_THAT(parse("[]"), HasSubstr("jwks"));
  EXPECT_THAT(parse(R"({"keys":[],"keys":[]})"), HasSubstr("jwks"));
  std::string many = R"({"keys":[{})";
  for (int i = 0; i < 64; ++i) many += ",{}";
  EXPECT_EQ(parse(many + "]}"), "jwks: 65 keys, at most 64 are read");
}

TEST(JwsAlgorithm, KnowsTwoNames) {
  EXPECT_EQ(jws_algorithm("RS256"), JwsAlgorithm::rs256);
  EXPECT_EQ(jws_algorithm("ES256"), JwsAlgorithm::es256);
  for (const std::string_view name : {"none", "HS256", "rs256", "RS512", ""}) {
    EXPECT_EQ(jws_algorithm(name), std::nullopt) << name;
  }
}

}  // namespace
}  // namespace assay
