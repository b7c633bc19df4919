// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "formats/pcrlock.h"
#include "verify/replayed_log.h"

namespace assay {

/// What one part of a boot measures, as systemd-pcrlock(8) takes it from
/// `/var/lib/pcrlock.d/NAME.pcrlock.d/VARIANT.pcrlock`.
struct PcrlockComponent {
  std::string name;  ///< "650-kernel": components measure in the order of their names
  std::vector<PcrlockRecord> records;
};

/// A boot as components, sorted by name, under the names that systemd-pcrlock has for them and, for
/// shim, boot loader and kernel, names between those.  Their records in that order are, register by
/// register, the events of the log, so that they lead to its PCRs: an event of a part that measured
/// again after a later one is with the later one.  Which part an event is of is told from labels
/// that nobody measured (label_events); the digests are the log's.
///
/// Fault::malformed for a log of CC registers, which systemd does not know, and for an event
/// without a digest.
Result<std::vector<PcrlockComponent>> pcrlock_components(const ReplayedLog& replayed);

}  // namespace assay
