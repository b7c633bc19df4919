// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

#include "boots/boot_diff.h"

namespace assay {

/// A likely reason for what is different between two boots.
struct BootCause {
  BootPart part;                             ///< what was changed
  std::string_view words;                    ///< "the kernel was replaced"
  std::string_view advice;                   ///< what to do about it
  std::vector<const BootChange*> evidence;   ///< the changes of that part
  std::vector<const BootChange*> following;  ///< changes that come along with it
  std::vector<std::uint32_t> pcrs;           ///< the registers that it explains
};

/// The causes of a difference, the weightiest first: what protects the machine before what runs on
/// it, what was replaced before what only follows from that.  Guesses for a person, made from the
/// labels of events; every change is in exactly one cause.  Borrows from `diff`.
std::vector<BootCause> likely_causes(const BootDiff& diff);

}  // namespace assay
