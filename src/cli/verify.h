// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "cli/io.h"
#include "cli/revocation_option.h"
#include "cli/verdict.h"

namespace assay {

/// `assay verify`: is this attestation authentic, and what does it say?
struct VerifyOptions {
  std::string input = "-";          ///< file, or "-" for standard input
  std::string format = "binarypb";  ///< binarypb, textproto, json
  std::string nonce;                ///< hex, as it was asked for
  std::vector<std::string> trust;   ///< "google", or files of CA certificates; none trusts nobody
  std::string policy;               ///< file of an appraisal policy; empty for none
  /// Files of attestation keys that are trusted themselves; not together with `trust`.
  std::vector<std::string> trust_ak;
  RevocationOptions revocation;
  bool allow_sha1 = false;  ///< quotes of SHA-1 registers alone are enough
  std::string ima_log;      ///< file of the kernel's IMA measurement list; empty for none
  std::string now;          ///< RFC 3339; empty for the clock's time
  bool json = false;        ///< one object instead of text
  ShownChecks shown = ShownChecks::remarkable;  ///< in text
  std::string html;  ///< file for a report, "-" for `out`; empty for none
};

/// Prints the verdict with its checks, and the claims of authentic evidence.  0 accepted, 1
/// rejected or no attestation, 2 wrong options or a policy, trust, list or key that cannot be
/// understood, 3 a file that cannot be read.
int run_verify(const VerifyOptions& options, Io io);

}  // namespace assay
