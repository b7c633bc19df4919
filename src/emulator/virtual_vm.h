// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "collect/tpm_channel.h"
#include "emulator/synthetic_boot.h"
#include "formats/gce_instance.h"

namespace assay {

struct VirtualVmOptions {
  /// Keeps the VM: TPM, keys, CA, identity, boot, trust file.  Made with mode 0700.  The next start
  /// with it is the same VM.
  std::filesystem::path state;
  /// A recorded boot: a folder with binary_bios_measurements.  Empty: the boot kept in `state`, or
  /// a synthetic one.
  std::filesystem::path boot;
  /// Of a synthetic boot; one that differs from the kept boot's makes a new boot.  Not with `boot`.
  std::optional<ConfidentialTechnology> technology;
  /// Who a new VM is; one that is kept in `state` stays who it is.
  GceInstance instance{.zone = "us-central1-a",
                       .project_id = "virtual-project",
                       .project_number = 123456789012,
                       .instance_name = "virtual-vm",
                       .instance_id = 0};
  /// The metadata server's address.  Port 0: the port of the last start if it is free, so that the
  /// AK certificates, which name it, stay as they are.
  std::string listen = "127.0.0.1:0";
  const Clock* clock = nullptr;  ///< nullptr: the machine's
  /// Told when the TPM's memory cannot be written to `state`, and not again before a write has
  /// succeeded.  Called by whichever thread talks to the TPM.  May be empty.
  std::function<void(const Error&)> state_not_kept{};
};

/// A confidential VM of Google Compute Engine without the hardware: a TPM in this process,
/// provisioned as Google's are and with a measured boot in its PCRs, on a Unix socket; the boot's
/// event log; a metadata server; and the trust file under which a verifier accepts all that.  One
/// in a process.
class VirtualVm {
 public:
  /// Powers it on and boots it.  Errors name the option, file or address to mend.
  static Result<std::unique_ptr<VirtualVm>> start(const VirtualVmOptions& options);
  /// Powers it off in order; nothing else may be called then.  The error of the last write where
  /// the TPM's memory could not be written: the next start is the VM as it was before.
  Status power_off();
  /// power_off().
  ~VirtualVm();
  VirtualVm(const VirtualVm&) = delete;
  VirtualVm& operator=(const VirtualVm&) = delete;

  /// Unix socket with bare TPM commands.
  [[nodiscard]] const std::filesystem::path& tpm_socket() const;
  /// The same TPM without the socket, for Tcti::over.
  [[nodiscard]] std::shared_ptr<TpmChannel> tpm() const;
  /// "127.0.0.1:41234", for GCE_METADATA_HOST.
  [[nodiscard]] std::string metadata_host() const;
  /// The file with the boot's event log.
  [[nodiscard]] std::filesystem::path event_log() const;
  /// The file for `--trust`: docs/formats/trust.md.
  [[nodiscard]] std::filesystem::path trust() const;
  [[nodiscard]] const GceInstance& instance() const;
  [[nodiscard]] std::string region() const;

 private:
  struct Parts;
  explicit VirtualVm(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace assay
