// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/clock.h"
#include "collect/tpm.h"
#include "emulator/vendor_ca.h"
#include "formats/gce_instance.h"

namespace assay {

/// Puts into the TPM what Google's firmware finds there: for RSA and ECC the attestation key's
/// template and its certificate, at NV indexes 0x01C10000 to 0x01C10003, and the endorsement key's
/// certificate at 0x01C00002 and 0x01C0000A.  What is there and still
/// right (issued by `ca` with `issuer_url`) is kept.  The platform hierarchy must have no password.
Status provision_keys(Tpm& tpm, const VendorCa& ca, const GceInstance& instance,
                      const std::string& issuer_url, Instant now);

}  // namespace assay
