// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>

#include "base/bytes.h"
#include "formats/pcr.h"
#include "verify/cos_state.h"

namespace assay {

struct CelReplay;

/// Holds the replayed values of a canonical log against quoted ones of one bank: checks
/// cel.digests.present, cel.pcrs.quoted and cel.pcrs.replayed.
void check_cel_pcrs(const CelReplay& replayed, const PcrValues& quoted, Verdict& verdict);

/// Judges the canonical event log of a vTPM attestation: its form, its replay against every quoted
/// bank, and the COS events in it.  Nothing where there is no log, or a check of its content fails.
/// It is authentic only if the verdict is accepted.
std::optional<CosState> check_canonical_log(Bytes log, std::span<const PcrValues> quoted,
                                            Verdict& verdict);

}  // namespace assay
