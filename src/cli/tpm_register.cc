// SPDX-License-Identifier: Apache-2.0
#include "cli/tpm_register.h"

#include <fmt/format.h>

#include "base/secret.h"
#include "cli/enrolled_verdict.h"
#include "cli/tpm_file.h"
#include "cli/tpm_option.h"
#include "collect/endorsement.h"
#include "crypto/random.h"
#include "host/file.h"
#include "verify/endorsement_key.h"
#include "verify/register_challenge.h"

namespace assay {
namespace {

Result<StorageKey> read_endorsement_key(const std::string& name) {
  const auto file = read_file(name, kMaxTpmFile);
  if (!file) return pass_on(file);
  const auto key = parse_trusted_key(name, *file);
  if (!key) return pass_on(key);
  const auto& area = key->area;
  if (!area)
    return fail(Fault::malformed, name,
                "a PEM key does not say how its TPM encrypts: give the public area "
                "(assay tpm pubkey endorsement --key-format tpmt-public)");
  return storage_key_of(*area);
}

Result<Secret> read_secret(const std::string& name) {
  auto file = read_file(name, kMaxTpmFile);
  if (!file) return pass_on(file);
  if (file->size() != kRegisterSecretBytes)
    return fail(Fault::malformed, name,
                fmt::format("{} bytes, wanted the {} of create-challenge --secret-output",
                            file->size(), kRegisterSecretBytes));
  return Secret(std::move(*file));
}

/// An RSA key's encrypted seed is as long as its modulus; that of a P-256 key is a point of two
/// coordinates with their sizes.
KeyAlgorithm challenged_key(const ImportBlob& blob) {
  constexpr std::size_t kP256Point = 2 * (2 + 32);
  return blob.encrypted_seed.size() <= kP256Point ? KeyAlgorithm::ecc : KeyAlgorithm::rsa;
}

Result<CertifiedBlob> solve(const RegisterSolveOptions& options, const ImportBlob& blob) {
  auto tpm = open_tpm(options.tpm.tcti, options.tpm.tpm_path);
  if (!tpm) return pass_on(tpm);
  const auto imported = [&]() -> Result<TpmKey> {
    const auto ek = endorsement_key(*tpm, challenged_key(blob));
    if (!ek) return pass_on(ek);
    return tpm->import_key(*ek, {blob.duplicate, blob.encrypted_seed, blob.public_area});
  }();
  if (!imported) return pass_on(imported);
  const auto ak = attestation_key(*tpm, options.key, options.algorithm);
  if (!ak) return pass_on(ak);
  auto certified = tpm->certify(*ak, *imported);
  if (!certified) return pass_on(certified);
  return CertifiedBlob{ak->public_area(), std::move(certified->attest),
                       std::move(certified->signature)};
}

}  // namespace

int run_register_create(const RegisterCreateOptions& options, Io io) {
  const auto ek = read_endorsement_key(options.input);
  if (!ek) return explain_start(io, ek.error());
  const Secret secret(random_bytes(kRegisterSecretBytes));
  const ImportBlob blob = issue_register_challenge(*ek, secret, random_bytes(32));
  // The secret first: a challenge that nobody can verify must not get out.
  const Status kept =
      write_output(options.secret_output, secret.reveal(), FileAccess::owner_only, io);
  if (!kept) return explain(io, kept.error());
  const Status written = write_output(options.output, encode_import_blob(blob, options.format),
                                      FileAccess::owner_only, io);
  if (!written) return explain(io, written.error());
  return kAccepted;
}

int run_register_solve(const RegisterSolveOptions& options, Io io) {
  const auto input = read_file(options.input, kMaxTpmFile);
  if (!input) return explain(io, input.error());
  const auto blob = parse_import_blob(*input);
  if (!blob) return explain(io, blob.error());
  const auto certified = solve(options, *blob);
  if (!certified) return explain(io, certified.error());
  const Status written =
      write_output(options.output, encode_certified_blob(*certified, options.format),
                   FileAccess::owner_only, io);
  if (!written) return explain(io, written.error());
  return kAccepted;
}

int run_register_verify(const RegisterVerifyOptions& options, Io io) {
  if (!options.output.empty() && !options.allow_software_key)
    return explain_start(io,
                         Error{Fault::malformed, "--output",
                               "root of the machine can have answered with a key of software: use "
                               "`assay tpm enroll`, or say --allow-software-key"});
  const auto secret = read_secret(options.secret_input);
  if (!secret) return explain_start(io, secret.error());
  const auto input = read_file(options.input, kMaxTpmFile);
  if (!input) return explain(io, input.error());
  const auto blob = parse_certified_blob(*input);
  if (!blob) return explain(io, blob.error());
  return conclude(
      authenticate_certified_key(*blob, *secret),
      {.file = options.output,
       .content = [&](const auto& key) { return public_key_file(key, options.key_format); },
       .form = options.json ? VerdictForm::json : VerdictForm::text,
       .machine = {}},
      io);
}

}  // namespace assay
