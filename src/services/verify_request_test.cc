// SPDX-License-Identifier: Apache-2.0
#include "services/verify_request.h"

#include <gtest/gtest.h>

#include "base/base64.h"

namespace assay {
namespace {

const std::string kChallenge = "projects/p/locations/l/challenges/c";

/// A request with one quote, as small as one can be.
json::object small() {
  return {{"challenge", kChallenge},
          {"tpmAttestation",
           json::object{{"quotes", json::array{json::object{
                                       {"hashAlgo", 4},
                                       {"pcrValues", json::object{{"0", base64(Buffer(20))}}},
                                       {"rawQuote", "AQID"},
                                       {"rawSignature", "BAUG"}}}},
                        {"tcgEventLog", "BwgJ"},
                        {"akCert", "MAA="},
                        {"certChain", json::array{"MAE="}}}},
          {"tokenOptions", json::object{{"audience", "me"}, {"tokenType", 1}}}};
}

std::string parse(const json::value& body) {
  const auto request = parse_verify_request(json::serialize(body), kChallenge);
  return request ? "accepted" : request.error().message;
}

TEST(VerifyRequest, ReadsWhatGotpmSends) {
  json::object body = small();
  body["gcpCredentials"] = json::object{{"serviceAccountIdTokens", json::array{"a.b.c"}}};
  body["confidentialSpaceInfo"] = json::object{{"signedEntities", json::array{json::object()}}};
  body["tokenOptions"].as_object()["nonce"] = json::array{"12345678"};
  const auto request = parse_verify_request(json::serialize(body), kChallenge);
  ASSERT_TRUE(request) << request.error().message;
  ASSERT_EQ(request->attestation.quotes.size(), 1u);
  const Quote& quote = request->attestation.quotes[0];
  EXPECT_EQ(quote.pcrs.bank, HashAlgorithm::sha1);
  EXPECT_EQ(quote.pcrs.mask(), 1u);
  EXPECT_EQ(quote.attest, (Buffer{1, 2, 3}));
  EXPECT_EQ(quote.signature, (Buffer{4, 5, 6}));
  EXPECT_EQ(request->attestation.event_log, (Buffer{7, 8, 9}));
  EXPECT_EQ(request->attestation.ak_cert, (Buffer{0x30, 0}));
  EXPECT_EQ(request->attestation.intermediates, (std::vector<Buffer>{{0x30, 1}}));
  EXPECT_EQ(request->identity_tokens, (std::vector<std::string>{"a.b.c"}));
  EXPECT_EQ(request->audience, "me");
  EXPECT_EQ(request->nonces, (std::vector<std::string>{"12345678"}));
  EXPECT_FALSE(request->has_image_signatures);
}

TEST(VerifyRequest, FillsInTheDefaultAudience) {
  json::object body = small();
  body.erase("tokenOptions");
  const auto request = parse_verify_request(json::serialize(body), kChallenge);
  ASSERT_TRUE(request) << request.error().message;
  EXPECT_EQ(request->audience, "https://sts.googleapis.com");
}

TEST(VerifyRequest, ReadsEveryFormOfProto3Json) {
  json::object body = small();
  EXPECT_EQ(parse(body), "accepted");
  body["tokenOptions"].as_object()["tokenType"] = "TOKEN_TYPE_OIDC";
  EXPECT_EQ(parse(body), "accepted");
  body["tokenOptions"].as_object()["nonce"] = nullptr;
  EXPECT_EQ(parse(body), "accepted");
  body.erase("challenge");  // Python's client sends it in the path alone
  EXPECT_EQ(parse(body), "accepted");
  body["attester"] = "a product";  // Google's: not evidence
  body["instance"] = "projects/1/zones/z/instances/2";
  body["nvidiaAttestation"] = nullptr;
  EXPECT_EQ(parse(body), "accepted");
  json::object snake = small();
  snake["tpm_attestation"] = snake["tpmAttestation"];
  snake.erase("tpmAttestation");
  EXPECT_EQ(parse(snake), "accepted");
  json::object url = small();
  url["tpmAttestation"].as_object()["akCert"] = "-_8";  // the other alphabet, without padding
  EXPECT_EQ(parse_verify_request(json::serialize(url), kChallenge)->attestation.ak_cert,
            (Buffer{0xfb, 0xff}));
}

TEST(VerifyRequest, SaysWhatItDoesNotAccept) {
  struct Case {
    const char* name;
    std::function<void(json::object&)> change;
    std::string message;
  };
  const auto tpm = [](json::object& b) -> json::object& { return b["tpmAttestation"].as_object(); };
  const auto quote = [&](json::object& b) -> json::object& {
    return tpm(b)["quotes"].as_array()[0].as_object();
  };
  const auto options = [](json::object& b) -> json::object& {
    return b["tokenOptions"].as_object();
  };
  const Case cases[] = {
      {"the challenge of another path",
       [](auto& b) { b["challenge"] = "projects/p/locations/l/challenges/d"; },
       "challenge: the path names projects/p/locations/l/challenges/c, the body "
       "projects/p/locations/l/challenges/d"},
      {"no evidence", [](auto& b) { b.erase("tpmAttestation"); }, "tpmAttestation: missing"},
      {"no quote", [&](auto& b) { tpm(b).erase("quotes"); },
       "tpmAttestation.quotes: at least one TPM quote is required: nothing else proves the VM"},
      {"nine quotes",
       [&](auto& b) {
         for (int i = 0; i < 8; ++i) tpm(b)["quotes"].as_array().push_back(quote(b));
       },
       "tpmAttestation.quotes: 9 quotes, at most 8 allowed"},
      {"nine certificates",
       [&](auto& b) { tpm(b)["certChain"] = json::array{"", "", "", "", "", "", "", "", ""}; },
       "tpmAttestation.certChain: 9 certificates, at most 8 allowed"},
      {"a log over 4 MiB",
       [&](auto& b) { tpm(b)["tcgEventLog"] = base64(Buffer(kMaxEventLog + 1)); },
       "tpmAttestation.tcgEventLog: 4194305 bytes, at most 4194304 allowed"},
      {"a huge certificate", [&](auto& b) { tpm(b)["akCert"] = base64(Buffer(16385)); },
       "tpmAttestation.akCert: 16385 bytes, at most 16384 allowed"},
      {"an unknown hash", [&](auto& b) { quote(b)["hashAlgo"] = 5; },
       "tpmAttestation.quotes[0].hashAlgo: 5 is not a TPM_ALG_ID of a hash this service knows"},
      {"a negative hash", [&](auto& b) { quote(b)["hashAlgo"] = -4; },
       "tpmAttestation.quotes[0].hashAlgo: -4 is not a TPM_ALG_ID of a hash this service knows"},
      {"PCR 24", [&](auto& b) { quote(b)["pcrValues"] = json::object{{"24", base64(Buffer(20))}}; },
       "tpmAttestation.quotes[0].pcrValues[24]: a PCR index from 0 to 23 was expected"},
      {"PCR -1", [&](auto& b) { quote(b)["pcrValues"] = json::object{{"-1", base64(Buffer(20))}}; },
       "tpmAttestation.quotes[0].pcrValues[-1]: a PCR index from 0 to 23 was expected"},
      {"a PCR of another bank",
       [&](auto& b) { quote(b)["pcrValues"] = json::object{{"3", base64(Buffer(32))}}; },
       "tpmAttestation.quotes[0].pcrValues[3]: 32 bytes, 20 expected for sha1"},
      {"a PKI token", [&](auto& b) { options(b)["tokenType"] = 2; },
       "tokenOptions.tokenType: TOKEN_TYPE_PKI is not implemented here; ask for TOKEN_TYPE_OIDC"},
      {"a token type of the future", [&](auto& b) { options(b)["tokenType"] = 77; },
       "tokenOptions.tokenType: 77 is not implemented here; ask for TOKEN_TYPE_OIDC"},
      {"an audience of 513 bytes", [&](auto& b) { options(b)["audience"] = std::string(513, 'a'); },
       "tokenOptions.audience: 513 bytes, at most 512 allowed"},
      {"the default audience by name",
       [&](auto& b) { options(b)["audience"] = "https://sts.googleapis.com"; },
       "tokenOptions.audience: https://sts.googleapis.com is kept for tokens without a named "
       "audience; leave it empty "
       "for one"},
      {"a nonce of 7 bytes", [&](auto& b) { options(b)["nonce"] = json::array{"1234567"}; },
       "tokenOptions.nonce: a nonce of 7 bytes, 8 to 88 allowed"},
      {"a nonce of 89 bytes",
       [&](auto& b) { options(b)["nonce"] = json::array{std::string(89, 'n')}; },
       "tokenOptions.nonce: a nonce of 89 bytes, 8 to 88 allowed"},
      {"seven nonces", [&](auto& b) { options(b)["nonce"] = json::array(7, "12345678"); },
       "tokenOptions.nonce: 7 nonces, at most 6 allowed"},
      {"a nonce for nobody",
       [&](auto& b) {
         options(b).erase("audience"), options(b)["nonce"] = json::array{"12345678"};
       },
       "tokenOptions.audience: required when nonces are given"},
      {"nine identity tokens",
       [](auto& b) {
         b["gcpCredentials"] = json::object{{"serviceAccountIdTokens", json::array(9, "x")}};
       },
       "gcpCredentials.serviceAccountIdTokens: 9 tokens, at most 8 allowed"},
      {"an SNP report", [](auto& b) { b["sevSnpAttestation"] = json::object{{"report", "AAAA"}}; },
       "sevSnpAttestation: SEV-SNP reports are not verified by this service yet; send the vTPM "
       "attestation alone"},
      {"a TDX quote", [](auto& b) { b["tdCcel"] = json::object{{"tdQuote", "AAAA"}}; },
       "tdCcel: TDX quotes are not verified by this service yet; send the vTPM attestation alone"},
      {"a GPU's report",
       [](auto& b) {
         b["nvidiaAttestation"] = json::object{
             {"spt", json::object{{"gpuQuote", json::object{{"attestationReport", "AAAA"}}}}}};
       },
       "nvidiaAttestation: reports of GPUs are not verified by this service yet; send the vTPM "
       "attestation alone"},
      {"an empty report of a GPU", [](auto& b) { b["nvidia_attestation"] = json::object(); },
       "nvidiaAttestation: reports of GPUs are not verified by this service yet; send the vTPM "
       "attestation alone"},
      {"tags for AWS", [&](auto& b) { options(b)["awsPrincipalTagsOptions"] = json::object(); },
       "tokenOptions.awsPrincipalTagsOptions: tokens for AWS are not implemented here"},
      {"evidence of the future",
       [](auto& b) { b["armCcaAttestation"] = json::object{{"token", "AAAA"}}; },
       "armCcaAttestation: unknown member"},
      {"more of the TPM's evidence", [&](auto& b) { tpm(b)["imaEventLog"] = "AAAA"; },
       "tpmAttestation.imaEventLog: unknown member"},
      {"more of a quote", [&](auto& b) { quote(b)["attestedKey"] = "AAAA"; },
       "tpmAttestation.quotes[0].attestedKey: unknown member"},
      {"a wish of the future", [&](auto& b) { options(b)["encryptFor"] = "AAAA"; },
       "tokenOptions.encryptFor: unknown member"},
      {"a name of two lines", [](auto& b) { b["a\nb"] = 1; }, "a\\x0ab: unknown member"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    json::object body = small();
    c.change(body);
    EXPECT_EQ(parse(body), c.message);
  }
}

TEST(VerifyRequest, AnswersShortlyWhateverTheLengthOfANameInIt) {
  json::object body = small();
  json::object& quote = body.at("tpmAttestation").at("quotes").at(0).as_object();
  quote["pcrValues"] = json::object{{std::string(300'000, '9'), "AA=="}};
  const auto request = parse_verify_request(json::serialize(body), kChallenge);
  ASSERT_FALSE(request);
  EXPECT_LT(request.error().message.size(), 1000u);
  for (const ApiError::Violation& v : request.error().violations) EXPECT_LT(v.field.size(), 300u);
}

TEST(VerifyRequest, RefusesTextThatReadersDisagreeOn) {
  const auto refused = [](const std::string& text) {
    const auto request = parse_verify_request(text, kChallenge);
    return request ? std::string("accepted") : request.error().message;
  };
  const std::string good = json::serialize(small());
  EXPECT_EQ(refused(good), "accepted");
  EXPECT_NE(refused(""), "accepted");
  EXPECT_NE(refused("[]"), "accepted");
  EXPECT_NE(refused(good + "x"), "accepted");
  EXPECT_NE(refused(good.substr(0, good.size() - 1) + ",\"challenge\":\"" + kChallenge + "\"}"),
            "accepted");
  EXPECT_NE(
      refused(good.substr(0, good.size() - 1) + ",\"tpm_attestation\":{\"akCert\":\"AAAA\"}}"),
      "accepted");
  std::string deep = "{\"x\":";
  for (int i = 0; i < 32; ++i) deep += '[';
  for (int i = 0; i < 32; ++i) deep += ']';
  EXPECT_NE(refused(deep + "}"), "accepted");
  EXPECT_NE(refused("{\"tpmAttestation\":{\"akCert\":\"!!!\"}}"), "accepted");
}

TEST(VerifyRequest, AnswersTooMuchWith413) {
  const auto request = parse_verify_request(std::string(kMaxVerifyRequest + 1, ' '), kChallenge);
  ASSERT_FALSE(request);
  EXPECT_EQ(request.error().http, 413u);
  EXPECT_EQ(request.error().status, "RESOURCE_EXHAUSTED");
}

TEST(VerifyRequest, NoticesImageSignatures) {
  json::object body = small();
  body["confidentialSpaceInfo"] =
      json::object{{"signedEntities",
                    json::array{json::object{{"containerImageSignatures",
                                              json::array{json::object{{"payload", "AAAA"}}}}}}}};
  const auto request = parse_verify_request(json::serialize(body), kChallenge);
  ASSERT_TRUE(request) << request.error().message;
  EXPECT_TRUE(request->has_image_signatures);
}

}  // namespace
}  // namespace assay
