// SPDX-License-Identifier: Apache-2.0
#include "cli/attest.h"

#include <fmt/format.h>

#include "base/counted.h"
#include "base/hex.h"
#include "cli/tpm_option.h"
#include "collect/kernel_log.h"
#include "collect/metadata.h"
#include "host/file.h"
#include "http/client.h"

namespace assay {
namespace {

constexpr std::size_t kMaxNonce = 64;

Result<Attestation> collect(const AttestOptions& options, Buffer nonce, Io io) {
  auto tpm = open_tpm(options.tcti, options.tpm_path);
  if (!tpm) return pass_on(tpm);
  auto log = options.event_log.empty() ? read_kernel_log() : read_event_log(options.event_log);
  if (!log) return pass_on(log);
  const auto http = make_http_client();
  const bool google = options.key == AttestationKeyChoice::google;
  auto evidence = collect_attestation(*tpm, {.nonce = std::move(nonce),
                                             .key = options.key,
                                             .algorithm = options.algorithm,
                                             .event_log = std::move(*log),
                                             .http = http.get()});
  if (!evidence || !google) return evidence;
  // What a verifier believes is in the AK certificate; this is for the reader.
  const auto instance = MetadataClient::at(options.metadata_host, *http).instance();
  if (instance) {
    evidence->claimed_instance = *instance;
  } else if (options.progress == AttestOptions::Progress::shown) {
    io.err << fmt::format("assay: {} (goes on without it)\n", to_string(instance.error()));
  }
  return evidence;
}

}  // namespace

int run_attest(const AttestOptions& options, Io io) {
  auto nonce = parse_hex("--nonce", options.nonce);
  if (!nonce || nonce->empty() || nonce->size() > kMaxNonce) {
    io.err << fmt::format(
        "assay: --nonce: must be 1 to {} bytes in hex, fresh for every attestation{}\n", kMaxNonce,
        nonce ? "" : ": " + nonce.error().why);
    return kUsage;
  }
  if (!options.tcti.empty() && !options.tpm_path.empty()) {
    io.err << "assay: --tcti: names a TPM, and so does --tpm-path: leave one out\n";
    return kUsage;
  }
  const auto evidence = collect(options, std::move(*nonce), io);
  if (!evidence) return explain(io, evidence.error());
  const Buffer encoded = encode_attestation(*evidence, options.format);
  if (options.output == "-") {
    io.out << as_text(encoded) << std::flush;
    if (!io.out) {
      return explain(
          io, {Fault::unavailable, "standard output", "cannot be written (is its disk full?)"});
    }
  } else if (const Status written = write_file(options.output, encoded, FileAccess::everybody);
             !written) {
    return explain(io, written.error());
  }
  if (options.progress == AttestOptions::Progress::shown && options.output != "-") {
    io.err << fmt::format("attested {} and {} of event log into {}\n",
                          counted(evidence->quotes.size(), "PCR bank"),
                          counted(evidence->event_log.size(), "byte"), options.output);
  }
  return kAccepted;
}

}  // namespace assay
