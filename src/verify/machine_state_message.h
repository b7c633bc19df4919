// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <proto/attest.pb.h>

#include "verify/machine_state.h"

namespace assay {

/// The state as go-tpm-tools' message, as gotpm's `verify debug` prints it: firmware version or raw
/// S-CRTM version, certificates it knows by name, GRUB texts and command line with their final NUL,
/// every measured event in order.
attest::MachineState to_message(const MachineState& state);

}  // namespace assay
