// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "boots/boot_part.h"
#include "verify/replayed_log.h"

namespace assay {

/// What one event is about.
struct EventLabel {
  BootPart part;
  /// Equal for the events of two boots that speak of the same thing: "variable/db",
  /// "application/kernel", "file//boot/grub/grub.cfg".  Not unique within a boot.
  std::string key;
};

/// A label for each event of a log, in its order.  Which application is the shim, which file the
/// kernel, is told from its place and from names that nobody measured: labels explain to people and
/// line up two boots, they decide nothing.
std::vector<EventLabel> label_events(const ReplayedLog& replayed);

}  // namespace assay
