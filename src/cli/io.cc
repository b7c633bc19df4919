// SPDX-License-Identifier: Apache-2.0
#include "cli/io.h"

#include <string_view>

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
  // An error may quote hostile text, and a terminal obeys what it is shown.  Further lines are
  // indented, so that no text can pass for a message of ours.
  const std::string text = to_string(error);
  std::string_view lines = text;
  io.err << "assay: ";
  for (auto end = lines.find('\n'); end != std::string_view::npos; end = lines.find('\n')) {
    io.err << printable(lines.substr(0, end)) << "\n  ";
    lines.remove_prefix(end + 1);
  }
  io.err << printable(lines) << "\n";
  return exit_code(error.fault);
}

int explain_start(Io io, const Error& error) {
  const int code = explain(io, error);
  return code == kRejected || error.where.starts_with("--") ? kUsage : code;
}

}  // namespace assay
