// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "cli/io.h"
#include "cli/serve.h"

namespace assay {

/// `assay release serve`: the secret-release service.
struct ReleaseServeOptions {
  std::string listen = "127.0.0.1:8090";
  std::filesystem::path state;       ///< secrets and audit log; empty: in memory (development)
  std::vector<std::string> issuers;  ///< whose tokens are believed, byte for byte
  std::string audience;              ///< which `aud` they must name
  std::filesystem::path
      policy;  ///< TOML (docs/secrets-policy.md); empty: the demo's own (development)
  std::filesystem::path ca_file;  ///< CA certificates for https issuers; empty: the system's
  int threads = 4;
  ServiceMode mode = ServiceMode::production;
};

/// The secret a development service without a policy of its own has, and who may have it: any
/// emulated machine that booted with Secure Boot.
inline constexpr const char* kDemoSecretName = "hello";
inline constexpr const char* kDemoSecret = "This is the super secret information!";

/// A secret-release service on its own threads.
class ReleaseServer {
 public:
  /// Errors name the option, file or address to mend.
  static Result<std::unique_ptr<ReleaseServer>> start(const ReleaseServeOptions& options);
  /// stop()s.
  ~ReleaseServer();

  [[nodiscard]] std::string url() const;
  /// The names that the policy lists.
  [[nodiscard]] std::vector<std::string> secrets() const;
  /// Finishes what is in flight.
  void stop();

 private:
  struct Parts;
  explicit ReleaseServer(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

/// Serves until SIGINT, SIGTERM or SIGHUP.  When ready, tells its URL: some lines, or one line of
/// JSON with "url", "audience", "issuers" and "state".
int run_release_serve(const ReleaseServeOptions& options, ReadyForm form, Io io);

}  // namespace assay
