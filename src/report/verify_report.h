// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "formats/attestation.h"
#include "verify/vtpm.h"

namespace assay {

/// Which clock the evidence was judged by.
enum class JudgedBy { system_clock, given_time };

/// What a report is about.  Borrows everything.
struct VerifyReport {
  std::string version;  ///< of the program: "assay 0.1.0"
  std::string file;     ///< where the evidence came from, as it was named
  std::string format;   ///< "binarypb"
  Bytes evidence;       ///< as read
  Bytes nonce;
  std::vector<std::string> trust;             ///< as they were named
  std::size_t anchor_count = 0;               ///< CA keys in these
  std::vector<std::string> trusted_keys;      ///< files of keys that are trusted themselves
  std::vector<std::string> revocation_lists;  ///< files
  std::string ima_log = {};                   ///< where the IMA list came from, as it was named
  std::optional<Bytes> ima_list = {};         ///< as read; where one was named
  Instant now;
  JudgedBy judged_by = JudgedBy::system_clock;
  std::vector<std::string> command;          ///< that gives this verdict again, word by word
  std::optional<std::string> policy;         ///< the file whose rules are in the verdict too
  std::vector<std::string> open_areas = {};  ///< of which the policy asks nothing

  /// The attestation, or why the evidence is none.
  const Result<Attestation>& attestation;
  /// Claims are there exactly if the evidence is authentic, even where a policy then refused it.
  const VtpmOutcome& outcome;
};

/// One self-contained HTML page for the file: decision, machine, checks, the boot event by event,
/// and what was not verified.  No script and nothing external; needs no colours; prints on A4.
/// Everything that was read is escaped (report/html.h).  Says nothing about the machine as a fact
/// unless the evidence is authentic.  Pure: equal reports are equal bytes.
std::string verify_report(const VerifyReport& report);

}  // namespace assay
