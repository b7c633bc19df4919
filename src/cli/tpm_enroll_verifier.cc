// SPDX-License-Identifier: Apache-2.0
// `assay tpm enroll challenge` and `accept`: what the verifier does, without a TPM.
#include <fmt/format.h>

#include <iterator>

#include "base/hex.h"
#include "base/json.h"
#include "cli/enrolled_verdict.h"
#include "cli/now_option.h"
#include "cli/tpm_enroll.h"
#include "cli/tpm_file.h"
#include "crypto/random.h"
#include "formats/enrolment.h"
#include "host/file.h"
#include "verify/enrolment.h"

namespace assay {
namespace {

constexpr std::size_t kMaxIntermediates = 1024 * 1024;

Result<std::vector<Certificate>> read_intermediates(const std::vector<std::string>& files) {
  std::vector<Certificate> out;
  for (const std::string& name : files) {
    const auto file = read_file(name, kMaxIntermediates);
    if (!file) return pass_on(file);
    auto certificates = Certificate::from_pem(as_text(*file));
    if (!certificates) return fail(Fault::malformed, name, certificates.error().why);
    std::ranges::move(*certificates, std::back_inserter(out));
  }
  return out;
}

/// The two halves of a challenge; what `accept` wants first, so that no challenge is out that
/// cannot be accepted.
Status write_challenge(const EnrollChallengeOptions& options, const IssuedEnrolment& issued,
                       Io io) {
  if (const Status kept =
          write_file(options.pending, as_bytes(encode(issued.pending)), FileAccess::owner_only);
      !kept)
    return kept;
  return write_output(options.output, as_bytes(encode(issued.challenge)), FileAccess::owner_only,
                      io);
}

/// The enrolled key with what is known of its machine, or the key alone in a form of other tools.
Buffer key_file(const EnrollAcceptOptions& options, const EnrolmentSubject& subject, Instant now,
                const EnrolledKey& key) {
  if (options.key_format) return public_key_file(key, *options.key_format);
  const std::string document = encode(EnrolmentRecord{subject, now});
  return to_buffer(as_bytes(document));
}

}  // namespace

int run_enroll_challenge(const EnrollChallengeOptions& options, Io io) {
  if (!options.trust_ek.empty() && options.revocation.asked())
    return explain_start(io,
                         Error{Fault::malformed, "--crl",
                               "no CA stands behind a key that is trusted itself (--trust-ek)"});
  const auto now = judged_time(options.now);
  if (!now) return explain_start(io, now.error());
  const auto trust = options.trust.empty() ? Result<Trust>(Trust())
                                           : load_service_trust(options.trust, options.mode);
  if (!trust) return explain_start(io, trust.error());
  const auto keys = read_trusted_keys(options.trust_ek);
  if (!keys) return explain_start(io, keys.error());
  const auto intermediates = read_intermediates(options.intermediates);
  if (!intermediates) return explain_start(io, intermediates.error());
  const auto revocation = RevocationFiles::read(revocation_settings(options.revocation));
  if (!revocation) return explain_start(io, revocation.error());
  const auto input = read_file(options.input, kMaxEnrolmentDocument);
  if (!input) return explain(io, input.error());
  const auto request = parse_enrolment_request(*input);
  if (!request) return explain(io, request.error());

  const EnrolmentRequestOutcome outcome =
      authenticate_enrolment_request(*request, {.trust = *trust,
                                                .now = *now,
                                                .intermediates = *intermediates,
                                                .keys = *keys,
                                                .revocation = &*revocation});
  if (outcome.enrollee) {
    const IssuedEnrolment issued = issue_enrolment(
        *outcome.enrollee, {.id = hex(random_bytes(16)),
                            .secret = Secret(random_bytes(32)),
                            .now = *now,
                            .lifetime = std::chrono::seconds(options.lifetime_seconds)});
    if (const Status written = write_challenge(options, issued, io); !written)
      return explain(io, written.error());
  }
  const Io verdict_io = beside(options.output, io);
  if (options.json)
    verdict_io.out << pretty_json(request_json(outcome));
  else
    print_request(outcome, verdict_io);
  return outcome.enrollee ? kAccepted : kRejected;
}

int run_enroll_accept(const EnrollAcceptOptions& options, Io io) {
  const auto now = judged_time(options.now);
  if (!now) return explain_start(io, now.error());
  const auto input = read_file(options.input, kMaxEnrolmentDocument);
  if (!input) return explain(io, input.error());
  const auto answer = parse_enrolment_answer(*input);
  if (!answer) return explain(io, answer.error());
  const auto kept = read_file(options.pending, kMaxEnrolmentDocument);
  if (!kept) {
    Error error = kept.error();
    error.why += " (a challenge serves one answer: if this one was answered, make another)";
    return explain(io, error);
  }
  const auto pending = parse_pending_enrolment(*kept);
  if (!pending) return explain_start(io, pending.error());
  if (pending->subject.emulated && options.key_format)
    return explain_start(io, Error{Fault::malformed, "--key-format",
                                   "the key of an emulated machine is written as json alone: the "
                                   "other forms cannot say that it is one"});
  // Used up by its first answer, whatever that is: nobody can try twice, and of two that come at
  // once one is judged.  An answer to another challenge is a mistake of files and uses up nothing.
  if (answer->id == pending->id) {
    if (const Status used = remove_once(options.pending); !used) return explain(io, used.error());
  }
  const EnrolmentSubject& subject = pending->subject;
  return conclude(
      authenticate_enrolment_answer(*pending, *answer, *now),
      {.file = options.output,
       .content = [&](const auto& key) { return key_file(options, subject, *now, key); },
       .form = options.json ? VerdictForm::json : VerdictForm::text,
       .machine = subject.ek_fingerprint + ", " + subject.ek_voucher},
      io);
}

}  // namespace assay
