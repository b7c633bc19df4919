// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "collect/tpm_channel.h"

namespace assay {

/// Copies whole TPM commands from one descriptor to a TPM, and its responses to another, until the
/// first ends: what tpm2-tss's "cmd:" TCTI starts, so that tpm2-tools reach a bare command socket.
/// Fault::malformed for bytes that are no TPM command.
Status bridge_tpm(int from, int to, TpmChannel& tpm);

}  // namespace assay
