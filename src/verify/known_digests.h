// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string_view>

#include "base/hash_algorithm.h"

namespace assay {

/// Strings that firmware measures as EV_EFI_ACTION.  PFP 1.06 section 3.3.4 and table 14.
inline constexpr std::string_view kCallingApplication = "Calling EFI Application from Boot Option";
inline constexpr std::string_view kReturningFromApplication =
    "Returning from EFI Application from Boot Option";
inline constexpr std::string_view kExitBootServices = "Exit Boot Services Invocation";
inline constexpr std::string_view kExitBootServicesFailed =
    "Exit Boot Services Returned with Failure";
inline constexpr std::string_view kExitBootServicesDone =
    "Exit Boot Services Returned with Success";
inline constexpr std::string_view kDebugMode = "UEFI Debug Mode";
inline constexpr std::string_view kDmaProtectionDisabled = "DMA Protection Disabled";

/// Digests that betray an event whatever type the log gives it: an event's type is not measured, so
/// one that marks a boundary could be relabelled to move what follows it across.
struct KnownDigests {
  std::array<Digest, 3> separators;    ///< of 00000000, FFFFFFFF and 01000000 (PFP 3.3.2.2)
  std::array<Digest, 7> actions;       ///< of the strings above
  std::array<Digest, 5> technologies;  ///< of GceNonHostInfo, each technology
};

/// Those of a bank, computed once.
const KnownDigests& known_digests(HashAlgorithm bank);

/// H(data), where `data` is a separator or one of the strings above: a quarter of a log's events
/// are.  Null: not known.
const Digest* known_digest(HashAlgorithm bank, Bytes data);

}  // namespace assay
