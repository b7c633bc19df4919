// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "base/result.h"

namespace assay {

/// Exit codes are public interface: scripts branch on them.
enum ExitCode : int {
  kAccepted = 0,     ///< accepted, or done
  kRejected = 1,     ///< evidence, token or request rejected
  kUsage = 2,        ///< the command line, or a file of the operator's own, is wrong
  kUnavailable = 3,  ///< a device, file, peer or collateral is missing
  kInternal = 4,     ///< a fault of our own
};

/// Where a command writes: data to `out`, progress and errors to `err`.
struct Io {
  std::ostream& out;
  std::ostream& err;
  bool colour = false;  ///< out is a terminal that has some, and NO_COLOR is not set
};

/// The one table from Fault to exit code: malformed and untrusted 1, unavailable 3, internal 4.
ExitCode exit_code(Fault fault);
/// Prints "assay: where: why" to `io.err`; the exit code of the fault.
int explain(Io io, const Error& error);
/// explain() of what the operator gave: an option ("--issuer") or a file of his own (policy, trust,
/// revocation lists, keys).  What is wrong with these is no verdict about anybody: kUsage where
/// explain() says kRejected.
int explain_start(Io io, const Error& error);

}  // namespace assay
