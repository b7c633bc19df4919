// SPDX-License-Identifier: Apache-2.0
// `assay tpm enroll request` and `answer`: what the machine with the TPM does.
#include <fmt/format.h>

#include "cli/tpm_enroll.h"
#include "cli/tpm_file.h"
#include "cli/tpm_option.h"
#include "collect/endorsement.h"
#include "formats/enrolment.h"
#include "host/file.h"

namespace assay {
namespace {

/// An endorsement key to enrol by: which, and its certificate if there is one.
struct Endorsement {
  KeyAlgorithm algorithm;
  std::optional<Buffer> certificate;
};

Result<Endorsement> choose_endorsement(Tpm& tpm, std::optional<KeyAlgorithm> wanted) {
  for (const KeyAlgorithm algorithm : {KeyAlgorithm::rsa, KeyAlgorithm::ecc}) {
    if (wanted && *wanted != algorithm) continue;
    auto certificate = endorsement_certificate(tpm, algorithm);
    if (!certificate) return pass_on(certificate);
    if (*certificate || wanted) return Endorsement{algorithm, std::move(*certificate)};
  }
  return Endorsement{KeyAlgorithm::rsa, std::nullopt};
}

Result<EnrolmentRequest> make_request(const EnrollRequestOptions& options) {
  auto tpm = open_tpm(options.tpm.tcti, options.tpm.tpm_path);
  if (!tpm) return pass_on(tpm);
  auto endorsement = choose_endorsement(*tpm, options.ek_algorithm);
  if (!endorsement) return pass_on(endorsement);
  EnrolmentRequest out;
  if (auto& certificate = endorsement->certificate) out.ek_certificate = std::move(*certificate);
  {
    const auto ek = endorsement_key(*tpm, endorsement->algorithm);
    if (!ek) return pass_on(ek);
    out.ek_public = ek->public_area();
  }
  const auto ak = attestation_key(*tpm, options.key, options.algorithm);
  if (!ak) return pass_on(ak);
  out.ak_public = ak->public_area();
  return out;
}

Result<KeyAlgorithm> algorithm_of(std::string_view where, Bytes public_area) {
  const auto area = parse_tpm_public(public_area);
  if (!area) return fail(Fault::malformed, std::string(where), to_string(area.error()));
  return area->type == tpm_alg::kRsa ? KeyAlgorithm::rsa : KeyAlgorithm::ecc;
}

/// The endorsement key that the challenge is for.
Result<TpmKey> challenged_endorsement(Tpm& tpm, const EnrolmentChallenge& challenge) {
  const auto algorithm = algorithm_of("challenge.ek_public", challenge.ek_public);
  if (!algorithm) return pass_on(algorithm);
  auto key = endorsement_key(tpm, *algorithm);
  if (!key) return key;
  if (key->public_area() != challenge.ek_public)
    return fail(Fault::untrusted, "challenge.ek_public",
                "the challenge is for another TPM, or this one was cleared: send a new request");
  return key;
}

/// The attestation key that the challenge is about: its own, or the provider's.
Result<TpmKey> challenged_key(Tpm& tpm, const EnrolmentChallenge& challenge) {
  const auto algorithm = algorithm_of("challenge.ak_public", challenge.ak_public);
  if (!algorithm) return pass_on(algorithm);
  for (const auto choice : {AttestationKeyChoice::own, AttestationKeyChoice::google}) {
    auto key = attestation_key(tpm, choice, *algorithm);
    // Only Google's machines have the second one.
    if (!key && choice == AttestationKeyChoice::google) break;
    if (!key) return key;
    if (key->public_area() == challenge.ak_public) return key;
  }
  return fail(Fault::untrusted, "challenge.ak_public",
              "this TPM does not have the attestation key of the challenge: it is for another "
              "machine, or the TPM was cleared; send a new request");
}

Result<EnrolmentAnswer> make_answer(const EnrollAnswerOptions& options,
                                    const EnrolmentChallenge& challenge) {
  auto tpm = open_tpm(options.tpm.tcti, options.tpm.tpm_path);
  if (!tpm) return pass_on(tpm);
  const auto ek = challenged_endorsement(*tpm, challenge);
  if (!ek) return pass_on(ek);
  const auto ak = challenged_key(*tpm, challenge);
  if (!ak) return pass_on(ak);
  auto secret =
      tpm->activate_credential(*ek, *ak, {challenge.credential, challenge.encrypted_seed});
  if (!secret) return pass_on(secret);
  return EnrolmentAnswer{challenge.id, std::move(*secret)};
}

}  // namespace

int run_enroll_request(const EnrollRequestOptions& options, Io io) {
  const auto request = make_request(options);
  if (!request) return explain(io, request.error());
  const Status written =
      write_output(options.output, as_bytes(encode(*request)), FileAccess::owner_only, io);
  if (!written) return explain(io, written.error());
  if (request->ek_certificate.empty())
    io.err << "this TPM has no certificate for its endorsement key: the verifier must know the key "
              "(--trust-ek)\n";
  if (options.output != "-")
    io.err << fmt::format("wrote {}: take it to the verifier, for `assay tpm enroll challenge`\n",
                          options.output);
  return kAccepted;
}

int run_enroll_answer(const EnrollAnswerOptions& options, Io io) {
  const auto input = read_file(options.input, kMaxEnrolmentDocument);
  if (!input) return explain(io, input.error());
  const auto challenge = parse_enrolment_challenge(*input);
  if (!challenge) return explain(io, challenge.error());
  const auto answer = make_answer(options, *challenge);
  if (!answer) return explain(io, answer.error());
  const Status written =
      write_output(options.output, as_bytes(encode(*answer)), FileAccess::owner_only, io);
  if (!written) return explain(io, written.error());
  if (options.output != "-")
    io.err << fmt::format("wrote {}: take it to the verifier, for `assay tpm enroll accept`\n",
                          options.output);
  return kAccepted;
}

}  // namespace assay
