// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/App.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "policy/appraisal_policy.h"
#include "services/revocation_files.h"

namespace assay {

/// `--crl`, `--require-crl`, `--crl-max-age`: what CAs have revoked, and how much of it must be
/// known.
struct RevocationOptions {
  std::vector<std::string> crl;   ///< files of revocation lists
  bool require_crl = false;       ///< without a current list of every issuer it is a failed check
  std::uint32_t crl_max_age = 0;  ///< how old a list may be, in seconds; 0: as it says itself

  [[nodiscard]] bool asked() const { return !crl.empty() || require_crl; }
};

/// Adds the three.
void add_revocation(CLI::App* command, RevocationOptions& options);

/// What the options mean, and what a policy asks beside them.
RevocationFiles::Settings revocation_settings(const RevocationOptions& options,
                                              const std::optional<AppraisalPolicy>& policy = {});

}  // namespace assay
