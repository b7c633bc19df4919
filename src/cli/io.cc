// SPDX-License-Identifier: Apache-2.0
#include "cli/io.h"

#include "verify/printable.h"

namespace assay {

ExitCode exit_code(Fault fault) {
  switch (fault) {
    case Fault::malformed:
    case Fault::untrusted:
      return kRejected;
    case Fault::unavailable:
      return kUnavailable;
    case Fault::internal:
      return kInternal;
  }
  return kInternal;
}

int explain(Io io, const Error& error) {
  // An error may quote hostile text, and a terminal obeys what it is shown.
  io.err << "assay: " << printable(to_string(error)) << "\n";
  return exit_code(error.fault);
}

int explain_start(Io io, const Error& error) {
  const int code = explain(io, error);
  return error.where.starts_with("--") ? kUsage : code;
}

}  // namespace assay
