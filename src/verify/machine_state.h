// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/hash_algorithm.h"
#include "formats/event_log.h"
#include "verify/check.h"
#include "verify/cos_state.h"

namespace assay {

/// What protects the VM, as Google's firmware measures it (GceNonHostInfo, PCR 0).
enum class ConfidentialTechnology {
  none = 0,
  amd_sev = 1,
  amd_sev_es = 2,
  intel_tdx = 3,
  amd_sev_snp = 4
};
/// "AMD_SEV".
std::string_view name_of(ConfidentialTechnology technology);

struct PlatformState {
  /// EV_S_CRTM_VERSION as measured.
  Buffer scrtm_version;
  /// N of "GCE Virtual Firmware vN", where scrtm_version says that.
  std::optional<std::uint32_t> gce_firmware_version;
  ConfidentialTechnology technology = ConfidentialTechnology::none;
};

/// Entries of a Secure Boot signature database.
struct SignatureDatabase {
  std::vector<Buffer> certificates;  ///< DER, perhaps expired or odd: data, not trust
  std::vector<Buffer> hashes;        ///< SHA-256
  std::size_t others = 0;            ///< entries of kinds that are only counted
};

struct SecureBootState {
  /// Absent where no SecureBoot variable was measured: unknown is not "off".
  std::optional<bool> enabled;
  SignatureDatabase pk, kek, db, dbx;
  SignatureDatabase authority;  ///< what actually vouched for the images that ran
  bool dma_protection_disabled = false;
};

struct EfiState {
  std::vector<Digest> applications;  ///< Authenticode digests in boot order, of the state's bank
  std::vector<Digest> boot_services_drivers, runtime_services_drivers;
};

struct GrubState {
  struct File {
    Digest digest;
    std::string untrusted_name;  ///< not measured
  };
  std::vector<File> files;            ///< PCR 9
  std::vector<std::string> commands;  ///< PCR 8, with their prefix, without the final NUL
};

/// One event of the log with what replay proved about it.
struct ReplayedEvent {
  std::uint32_t number, pcr;
  EventType untrusted_type;
  Buffer data;
  Digest digest;
  bool digest_verified;  ///< H(data) == digest
};

/// The state of a machine at boot, read out of an event log that replays to authentic PCRs, using
/// only what a digest vouches for.
struct MachineState {
  HashAlgorithm bank = HashAlgorithm::sha256;
  PlatformState platform = {};
  SecureBootState secure_boot = {};
  std::optional<EfiState> efi;  ///< absent unless ExitBootServices was seen
  std::optional<GrubState> grub;
  std::optional<std::string> kernel_command_line;  ///< without the final NUL
  std::optional<CosState> cos;                     ///< out of the launcher's own log
  std::vector<ReplayedEvent> events;
};

struct ReplayedLog;

/// Reads the state out of a replayed log (in its strongest bank), with the checks boot.*.  It is
/// authentic only if the log's replay and the quotes were accepted too.
MachineState read_machine_state(const ReplayedLog& replayed, Verdict& verdict);

}  // namespace assay
