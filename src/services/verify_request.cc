// SPDX-License-Identifier: Apache-2.0
#include "services/verify_request.h"

#include <fmt/format.h>
#include <proto/confidential_computing.pb.h>

#include "formats/proto_json.h"
#include "services/printable.h"

namespace assay {
namespace {

namespace api = google::cloud::confidentialcomputing::v1;

constexpr std::size_t kMaxIdentityTokens = 8;
constexpr std::size_t kMaxIdentityToken = 16 * 1024;
constexpr std::size_t kMaxAudience = 512;
constexpr int kMaxNonces = 6;
constexpr std::size_t kMinNonce = 8;
constexpr std::size_t kMaxNonce = 88;
constexpr std::size_t kMaxCertificate = 16 * 1024;
constexpr std::size_t kMaxQuoteBlob = 4 * 1024;  // TPMS_ATTEST and TPMT_SIGNATURE are far smaller

using Refusal = tl::expected<void, ApiError>;

tl::unexpected<ApiError> invalid(std::string field, std::string why) {
  ApiError error;
  error.message = fmt::format("{}: {}", field, why);
  error.reason = "INVALID_REQUEST";
  error.metadata = {{"field", field}};
  error.violations.push_back({std::move(field), std::move(why)});
  return tl::unexpected(std::move(error));
}

tl::unexpected<ApiError> unsupported(std::string field, std::string why) {
  auto error = invalid(std::move(field), std::move(why));
  error.value().reason = "NOT_SUPPORTED";
  return error;
}

Buffer bytes_of(const std::string& field) { return to_buffer(as_bytes(field)); }

/// "body.tpmAttestation.x" as the other refusals name it.
std::string field_of(const std::string& where) {
  constexpr std::string_view kBody = "body.";
  return printable(where.starts_with(kBody) ? where.substr(kBody.size()) : where, 256);
}

/// The message.  A member that is unknown here may be evidence of a kind that is: its sender would
/// take the token for proof of it.  Google's front end refuses such members too.
tl::expected<api::VerifyAttestationRequest, ApiError> parse_message(std::string_view body) {
  if (body.size() > kMaxVerifyRequest) {
    auto error = invalid(
        "body", fmt::format("{} bytes, at most {} allowed", body.size(), kMaxVerifyRequest));
    error.value().http = 413;
    error.value().status = "RESOURCE_EXHAUSTED";
    return error;
  }
  api::VerifyAttestationRequest message;
  const Status read =
      parse_proto_json("body", body, message, {.bytes = kMaxVerifyRequest, .depth = 32});
  if (!read) {
    // Both hold text of the sender's choice and length.
    return invalid(field_of(read.error().where), printable(read.error().why, 300));
  }
  return message;
}

/// tokenType and audience: "audience is required when nonces are given"; at most 512 bytes.
Refusal read_token_options(const api::TokenOptions& options, VerifyRequest& out) {
  const int type = options.token_type();
  if (type != api::TOKEN_TYPE_UNSPECIFIED && type != api::TOKEN_TYPE_OIDC) {
    const std::string& name = api::TokenType_Name(options.token_type());
    return unsupported("tokenOptions.tokenType",
                       fmt::format("{} is not implemented here; ask for TOKEN_TYPE_OIDC",
                                   name.empty() ? std::to_string(type) : name));
  }
  if (options.has_aws_principal_tags_options())
    return unsupported("tokenOptions.awsPrincipalTagsOptions",
                       "tokens for AWS are not implemented here");
  if (options.audience().size() > kMaxAudience) {
    return invalid("tokenOptions.audience", fmt::format("{} bytes, at most {} allowed",
                                                        options.audience().size(), kMaxAudience));
  }
  if (options.audience() == kDefaultAudience) {
    return invalid(
        "tokenOptions.audience",
        fmt::format("{} is kept for tokens without a named audience; leave it empty for one",
                    kDefaultAudience));
  }
  if (options.nonce_size() > kMaxNonces) {
    return invalid("tokenOptions.nonce",
                   fmt::format("{} nonces, at most {} allowed", options.nonce_size(), kMaxNonces));
  }
  for (const std::string& nonce : options.nonce()) {
    if (nonce.size() < kMinNonce || nonce.size() > kMaxNonce) {
      return invalid("tokenOptions.nonce", fmt::format("a nonce of {} bytes, {} to {} allowed",
                                                       nonce.size(), kMinNonce, kMaxNonce));
    }
  }
  if (options.nonce_size() > 0 && options.audience().empty()) {
    return invalid("tokenOptions.audience", "required when nonces are given");
  }
  out.audience = options.audience().empty() ? std::string(kDefaultAudience) : options.audience();
  out.nonces.assign(options.nonce().begin(), options.nonce().end());
  return {};
}

Refusal read_credentials(const api::GcpCredentials& credentials, VerifyRequest& out) {
  const auto& tokens = credentials.service_account_id_tokens();
  const std::string field = "gcpCredentials.serviceAccountIdTokens";
  if (static_cast<std::size_t>(tokens.size()) > kMaxIdentityTokens) {
    return invalid(field,
                   fmt::format("{} tokens, at most {} allowed", tokens.size(), kMaxIdentityTokens));
  }
  for (const std::string& token : tokens) {
    if (token.size() > kMaxIdentityToken) {
      return invalid(field, fmt::format("a token of {} bytes, at most {} allowed", token.size(),
                                        kMaxIdentityToken));
    }
  }
  out.identity_tokens.assign(tokens.begin(), tokens.end());
  return {};
}

tl::expected<Quote, ApiError> read_quote(const api::TpmAttestation::Quote& quote,
                                         const std::string& field) {
  const auto bank = hash_algorithm(static_cast<std::uint32_t>(quote.hash_algo()));
  if (!bank) {
    return invalid(
        field + ".hashAlgo",
        fmt::format("{} is not a TPM_ALG_ID of a hash this service knows", quote.hash_algo()));
  }
  if (quote.raw_quote().size() > kMaxQuoteBlob || quote.raw_signature().size() > kMaxQuoteBlob) {
    return invalid(field,
                   fmt::format("rawQuote or rawSignature is larger than {} bytes", kMaxQuoteBlob));
  }
  Quote out{bytes_of(quote.raw_quote()), bytes_of(quote.raw_signature()), PcrValues{*bank, {}}};
  for (const auto& [index, value] : quote.pcr_values()) {
    const std::string where = fmt::format("{}.pcrValues[{}]", field, index);
    if (index < 0 || static_cast<std::size_t>(index) >= kPcrCount) {
      return invalid(where, fmt::format("a PCR index from 0 to {} was expected", kPcrCount - 1));
    }
    if (value.size() != digest_size(*bank)) {
      return invalid(where, fmt::format("{} bytes, {} expected for {}", value.size(),
                                        digest_size(*bank), name_of(*bank)));
    }
    out.pcrs.values[static_cast<std::size_t>(index)] = Digest(*bank, as_bytes(value));
  }
  return out;
}

Refusal check_size(const std::string& field, const std::string& value, std::size_t max) {
  if (value.size() <= max) return {};
  return invalid(field, fmt::format("{} bytes, at most {} allowed", value.size(), max));
}

Refusal read_tpm(const api::TpmAttestation& tpm, VerifyRequest& out) {
  if (tpm.quotes().empty()) {
    return invalid("tpmAttestation.quotes",
                   "at least one TPM quote is required: nothing else proves the VM");
  }
  if (static_cast<std::size_t>(tpm.quotes_size()) > kMaxQuotes) {
    return invalid("tpmAttestation.quotes",
                   fmt::format("{} quotes, at most {} allowed", tpm.quotes_size(), kMaxQuotes));
  }
  if (static_cast<std::size_t>(tpm.cert_chain_size()) > kMaxIntermediates) {
    return invalid("tpmAttestation.certChain",
                   fmt::format("{} certificates, at most {} allowed", tpm.cert_chain_size(),
                               kMaxIntermediates));
  }
  for (const auto& [field, value, max] :
       {std::tuple("tpmAttestation.tcgEventLog", &tpm.tcg_event_log(), kMaxEventLog),
        std::tuple("tpmAttestation.canonicalEventLog", &tpm.canonical_event_log(), kMaxEventLog),
        std::tuple("tpmAttestation.akCert", &tpm.ak_cert(), kMaxCertificate)}) {
    if (auto size = check_size(field, *value, max); !size) return size;
  }
  for (int i = 0; i < tpm.quotes_size(); ++i) {
    auto quote = read_quote(tpm.quotes(i), fmt::format("tpmAttestation.quotes[{}]", i));
    if (!quote) return tl::unexpected(std::move(quote.error()));
    out.attestation.quotes.push_back(std::move(*quote));
  }
  for (const std::string& certificate : tpm.cert_chain()) {
    if (auto size = check_size("tpmAttestation.certChain", certificate, kMaxCertificate); !size)
      return size;
    out.attestation.intermediates.push_back(bytes_of(certificate));
  }
  out.attestation.event_log = bytes_of(tpm.tcg_event_log());
  out.attestation.canonical_event_log = bytes_of(tpm.canonical_event_log());
  out.attestation.ak_cert = bytes_of(tpm.ak_cert());
  return {};
}

/// Evidence this service cannot check is refused, not passed over: its sender would take the token
/// for proof of it.
Refusal refuse_unsupported_evidence(const api::VerifyAttestationRequest& message) {
  if (message.has_sev_snp_attestation()) {
    return unsupported(
        "sevSnpAttestation",
        "SEV-SNP reports are not verified by this service yet; send the vTPM attestation alone");
  }
  if (message.has_td_ccel()) {
    return unsupported(
        "tdCcel",
        "TDX quotes are not verified by this service yet; send the vTPM attestation alone");
  }
  if (message.has_nvidia_attestation()) {
    return unsupported(
        "nvidiaAttestation",
        "reports of GPUs are not verified by this service yet; send the vTPM attestation alone");
  }
  if (!message.has_tpm_attestation()) return invalid("tpmAttestation", "missing");
  return {};
}

}  // namespace

tl::expected<VerifyRequest, ApiError> parse_verify_request(std::string_view body,
                                                           std::string_view challenge) {
  const auto message = parse_message(body);
  if (!message) return tl::unexpected(message.error());
  if (!message->challenge().empty() && message->challenge() != challenge) {
    return invalid("challenge", fmt::format("the path names {}, the body {}", challenge,
                                            printable(message->challenge(), 256)));
  }
  VerifyRequest out;
  for (const auto& entity : message->confidential_space_info().signed_entities()) {
    out.has_image_signatures |= entity.container_image_signatures_size() > 0;
  }
  for (auto step :
       {refuse_unsupported_evidence(*message), read_token_options(message->token_options(), out),
        read_credentials(message->gcp_credentials(), out)}) {
    if (!step) return tl::unexpected(std::move(step.error()));
  }
  if (auto tpm = read_tpm(message->tpm_attestation(), out); !tpm) {
    return tl::unexpected(std::move(tpm.error()));
  }
  return out;
}

}  // namespace assay
