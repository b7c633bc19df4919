// SPDX-License-Identifier: Apache-2.0
#include "cli/tpm_pubkey.h"

#include "cli/tpm_file.h"
#include "cli/tpm_option.h"
#include "collect/endorsement.h"
#include "verify/public_area.h"

namespace assay {
namespace {

Result<TpmKey> key_of(Tpm& tpm, const TpmPubkeyOptions& options) {
  if (options.hierarchy == "endorsement") return endorsement_key(tpm, options.algorithm);
  return tpm.create_primary(Hierarchy::owner, storage_key_template(options.algorithm));
}

}  // namespace

int run_tpm_pubkey(const TpmPubkeyOptions& options, Io io) {
  auto tpm = open_tpm(options.tpm.tcti, options.tpm.tpm_path);
  if (!tpm) return explain(io, tpm.error());
  const auto key = key_of(*tpm, options);
  if (!key) return explain(io, key.error());
  const auto area = parse_tpm_public(key->public_area());
  if (!area) return explain(io, area.error());
  const auto public_key = public_key_of(*area);
  if (!public_key) return explain(io, public_key.error());
  const EnrolledKey content{key->public_area(), *public_key, Provenance::operator_added};
  const Status written = write_output(options.output, public_key_file(content, options.format),
                                      FileAccess::everybody, io);
  if (!written) return explain(io, written.error());
  return kAccepted;
}

}  // namespace assay
