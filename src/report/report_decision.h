// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "report/verify_report.h"

namespace assay {

/// The decision of a report in words.
struct ReportDecision {
  bool accepted;
  std::string headline;  ///< "Accepted"
  std::string because;   ///< in plain words, whole sentences
};

ReportDecision decision_of(const VerifyReport& report);

}  // namespace assay
