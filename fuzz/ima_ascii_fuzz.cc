// SPDX-License-Identifier: Apache-2.0
#include "ima_property.h"

void fuzz(assay::Bytes in) { assay::check_ima(assay::ImaFormat::ascii, in); }
