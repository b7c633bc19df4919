// SPDX-License-Identifier: Apache-2.0
#include "cli/verify_debug.h"

#include <fmt/format.h>
#include <google/protobuf/text_format.h>

#include "base/blanks.h"
#include "base/hex.h"
#include "formats/attestation.h"
#include "host/file.h"
#include "verify/machine_state_message.h"
#include "verify/printable.h"
#include "verify/vtpm.h"

namespace assay {

namespace {

constexpr std::size_t kMaxInput = 4 * kMaxAttestation;

/// gotpm has one exit code and one form for all that goes wrong.
int error(Io io, std::string_view what) {
  io.err << fmt::format("Error: {}\n", printable(what));
  return 1;
}

/// A hexadecimal flag as Go reads one, with its words for what is wrong.
Result<Buffer> parse_flag(std::string_view flag, std::string_view text) {
  const std::string_view digits = without_blanks(text);
  auto bytes = parse_hex(flag, digits);
  if (bytes) return bytes;
  const auto bad = digits.find_first_not_of("0123456789abcdefABCDEF");
  const std::string why = bad == std::string_view::npos
                              ? "odd length hex string"
                              : fmt::format("invalid byte: U+{:04X} '{}'",
                                            static_cast<unsigned char>(digits[bad]), digits[bad]);
  return fail(
      Fault::malformed, std::string(flag),
      fmt::format("invalid argument \"{}\" for \"{}\" flag: encoding/hex: {}", text, flag, why));
}

std::string explain_failure(const Check& check) {
  const bool of_cpu = check.id.view().starts_with("tee.");
  return fmt::format("verifying {} attestation: {}: expected {}, got {}", of_cpu ? "TEE" : "TPM",
                     check.id, check.expected.empty() ? "to judge it" : check.expected.view(),
                     check.got);
}

/// gotpm wants the evidence of the CPU where the firmware says that there must be some.
std::string_view missing_evidence(ConfidentialTechnology technology) {
  switch (technology) {
    case ConfidentialTechnology::amd_sev_snp:
      return "failed to parse machineState from TEE attestation: TEE attestation is <nil>, "
             "expected a "
             "SevSnpAttestation";
    case ConfidentialTechnology::intel_tdx:
      return "failed to parse machineState from TEE attestation: TEE attestation is <nil>, "
             "expected a "
             "TdxAttestation";
    case ConfidentialTechnology::none:
    case ConfidentialTechnology::amd_sev:
    case ConfidentialTechnology::amd_sev_es:
      return {};
  }
  return {};
}

int write_text(const std::string& text, const std::string& output, Io io) {
  if (output.empty()) {
    io.out << text;
    return 0;
  }
  const auto written = write_file(output, as_bytes(text), FileAccess::everybody);
  return written ? 0 : error(io, to_string(written.error()));
}

}  // namespace

int run_verify_debug(const VerifyDebugOptions& options, Io io) {
  const auto nonce = parse_flag("--nonce", options.nonce);
  if (!nonce) return error(io, nonce.error().why);
  const auto tee_nonce = parse_flag("--tee-nonce", options.tee_nonce);
  if (!tee_nonce) return error(io, tee_nonce.error().why);
  const auto format = attestation_format(options.format);
  if (!format || *format == AttestationFormat::json)
    return error(io, "format should be either binarypb or textproto");
  const auto input = read_file(options.input.empty() ? "-" : options.input, kMaxInput);
  if (!input) return error(io, to_string(input.error()));
  const auto attestation = parse_attestation(*input, *format);
  if (!attestation)
    return error(io, "fail to unmarshal attestation report: " + to_string(attestation.error()));

  const UnauthenticatedOutcome outcome = check_against_own_key(*attestation, *nonce);
  if (const Check* failure = outcome.verdict.first_failure())
    return error(io, explain_failure(*failure));
  if (!outcome.claims) return error(io, "verifying TPM attestation: nothing was checked");
  const MachineState& machine = outcome.claims->machine;
  const std::string_view missing = missing_evidence(machine.platform.technology);
  if (!missing.empty()) return error(io, missing);
  std::string text;
  if (!google::protobuf::TextFormat::PrintToString(to_message(machine), &text))
    return error(io, "cannot write the machine state as text");
  return write_text(text, options.output, io);
}

}  // namespace assay
