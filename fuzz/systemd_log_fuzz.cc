// SPDX-License-Identifier: Apache-2.0
#include "cel_log_property.h"

void fuzz(assay::Bytes in) { assay::check_cel(assay::CelEncoding::systemd, in); }
