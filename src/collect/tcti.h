// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "collect/tpm_channel.h"

struct TSS2_TCTI_OPAQUE_CONTEXT_BLOB;

namespace assay {

/// How tpm2-tss reaches a TPM (TSS 2.0 TCTI API), owned.
class Tcti {
 public:
  /// Through the TCTI loader: "device:/dev/tpmrm0", "swtpm:host=127.0.0.1,port=2321", "tabrmd:",
  /// "cmd:...".  Fault::unavailable says what the loader could not reach.
  static Result<Tcti> load(const std::string& configuration);
  /// What lies at `path`: a character device, or a Unix socket that speaks bare TPM commands.
  static Result<Tcti> open_path(const std::filesystem::path& path);
  /// Over a channel of ours.
  static Tcti over(std::shared_ptr<TpmChannel> channel);

  [[nodiscard]] TSS2_TCTI_OPAQUE_CONTEXT_BLOB* raw() const { return context_.get(); }
  /// What to call this TPM in errors.
  [[nodiscard]] const std::string& name() const { return name_; }
  /// Why the channel failed last, where it is one of ours: more than a TSS2_RC can say.
  [[nodiscard]] std::optional<Error> channel_error() const;

 private:
  struct Finalize {
    void operator()(TSS2_TCTI_OPAQUE_CONTEXT_BLOB* context) const;
    bool loaded = false;
  };
  Tcti(std::unique_ptr<TSS2_TCTI_OPAQUE_CONTEXT_BLOB, Finalize> context, std::string name)
      : context_(std::move(context)), name_(std::move(name)) {}
  std::unique_ptr<TSS2_TCTI_OPAQUE_CONTEXT_BLOB, Finalize> context_;
  std::string name_;
};

}  // namespace assay
