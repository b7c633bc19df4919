// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/clock.h"
#include "crypto/jwk.h"

namespace assay {

/// The keys an issuer published, and when we asked.
struct IssuerKeys {
  JwkSet set;
  Instant fetched;
};

/// The last good keys of each issuer in a directory of ours, so that a restart during an issuer's
/// outage finds them: one file for an issuer, named by its SHA-256, mode 0600, written whole or not
/// at all.  Who may write there is trusted as the issuer is.  Thread-safe.
class KeptIssuerKeys {
 public:
  /// Makes `directory` if there is none.  Fault::unavailable.
  static Result<KeptIssuerKeys> open(std::filesystem::path directory);

  /// What was kept of `issuer`; none if nothing was.  A file that is damaged, about another issuer
  /// or from after `now` is as none, and the operator is told: the keys will be fetched.
  [[nodiscard]] std::optional<IssuerKeys> load(const std::string& issuer, Instant now) const;
  /// Fault::unavailable.
  [[nodiscard]] Status keep(const std::string& issuer, const IssuerKeys& keys) const;

 private:
  explicit KeptIssuerKeys(std::filesystem::path directory) : directory_(std::move(directory)) {}
  [[nodiscard]] std::filesystem::path file_of(const std::string& issuer) const;

  std::filesystem::path directory_;
};

}  // namespace assay
