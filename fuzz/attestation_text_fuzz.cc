// SPDX-License-Identifier: Apache-2.0
#include "attestation_property.h"

void fuzz(assay::Bytes in) { assay::check_attestation(in, assay::AttestationFormat::textproto); }
