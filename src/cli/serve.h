// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "cli/io.h"
#include "cli/revocation_option.h"
#include "cli/trust_option.h"

namespace assay {

/// `assay serve`: the attestation service.
struct ServeOptions {
  std::string listen = "127.0.0.1:8080";
  std::filesystem::path
      state;  ///< challenges, audit log, signing key; empty: in memory (development)
  std::vector<std::string> trust;  ///< "google" or files
  /// Files and directories of attestation keys that are trusted themselves; followed while the
  /// service runs.
  std::vector<std::string> trust_ak;
  std::string policy;                  ///< file of an appraisal policy; empty for none
  RevocationOptions revocation;        ///< its files are followed while the service runs
  std::string issuer;                  ///< `iss` of the tokens; empty: the URL listened on
  std::vector<std::string> locations;  ///< empty: Google Cloud's regions and "global"
  std::chrono::seconds challenge_lifetime{3600};
  std::chrono::seconds token_lifetime{3600};
  int threads = 4;
  ServiceMode mode = ServiceMode::production;
};

/// An attestation service on its own threads.
class AttestationServer {
 public:
  /// Errors name the option, file or address to mend.
  static Result<std::unique_ptr<AttestationServer>> start(const ServeOptions& options);
  /// stop()s.
  ~AttestationServer();

  [[nodiscard]] std::string url() const;
  [[nodiscard]] const std::string& issuer() const;
  [[nodiscard]] const Trust& trust() const;
  /// What is asked of revocation lists, by option or policy; none: revocation is not asked.
  [[nodiscard]] std::optional<RevocationTerms> revocation() const;
  /// How many attestation keys are trusted themselves now.
  [[nodiscard]] std::size_t trusted_key_count() const;
  /// Finishes what is in flight.
  void stop();

 private:
  struct Parts;
  explicit AttestationServer(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

enum class ReadyForm { text, json };

/// Serves until SIGINT, SIGTERM or SIGHUP.  When ready, tells its URL: some lines, or one line of
/// JSON with "url", "issuer" and "state".
int run_serve(const ServeOptions& options, ReadyForm form, Io io);

}  // namespace assay
