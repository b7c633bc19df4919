// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/hash_algorithm.h"
#include "formats/confidential_technology.h"
#include "formats/event_log.h"
#include "formats/sipa.h"
#include "verify/check.h"
#include "verify/cos_state.h"

namespace assay {

struct PlatformState {
  /// EV_S_CRTM_VERSION as measured.
  Buffer scrtm_version;
  /// N of "GCE Virtual Firmware vN", where scrtm_version says that.
  std::optional<std::uint32_t> gce_firmware_version;
  ConfidentialTechnology technology = ConfidentialTechnology::none;
};

/// A signature of a kind that is neither an X.509 certificate nor a SHA-256 hash.
struct TypedSignature {
  std::string type;  ///< "x509_sha384", "rsa2048", ...; the GUID where it has no name
  Buffer data;
};

/// Entries of a Secure Boot signature database.
struct SignatureDatabase {
  std::vector<Buffer> certificates;    ///< DER, perhaps expired or odd: data, not trust
  std::vector<Buffer> hashes;          ///< SHA-256
  std::vector<TypedSignature> others;  ///< of every other kind
};

/// An EV_EFI_VARIABLE_AUTHORITY: the variable that holds what vouched for an image.
struct Authority {
  std::string name;       ///< "db", "Shim", "MokListRT", "SbatLevel", ...
  bool before_separator;  ///< of the firmware's own drivers, say of an option ROM
};

struct SecureBootState {
  /// Absent where no SecureBoot variable was measured, or one without a value: unknown is not
  /// "off".
  std::optional<bool> enabled;
  SignatureDatabase pk, kek, db, dbx;
  SignatureDatabase authority;  ///< what actually vouched for the images that ran
  std::vector<Authority> authorities;
  bool dma_protection_disabled = false;
};

struct EfiState {
  std::vector<Digest> applications;  ///< Authenticode digests in boot order, of the state's bank
  std::vector<std::uint32_t> application_events;  ///< and the numbers of their events
  std::vector<Digest> boot_services_drivers, runtime_services_drivers;
  std::uint32_t boot_attempts = 0;  ///< boot options that the firmware called
};

struct GrubState {
  struct File {
    Digest digest;
    std::string untrusted_name;  ///< not measured
  };
  std::vector<File> files;            ///< PCR 9
  std::vector<std::string> commands;  ///< PCR 8, with their prefix, without the final NUL
};

/// What shim measured: its own level, and the machine owner's keys.
struct ShimState {
  std::optional<std::string> sbat_level;  ///< "sbat,1,2021030218\n...", verified
  /// A variable that shim measured the content of into PCR 14, by a name that is not measured.
  struct Variable {
    std::string untrusted_name;  ///< "MokList", "MokListX", "MokListTrusted", ...
    Digest digest;
  };
  std::vector<Variable> variables;
};

/// What systemd-stub measured of a unified kernel image, PCR 11.
struct UkiState {
  struct Section {
    std::string name;  ///< ".linux", measured before its content
    Digest digest;     ///< of the content
  };
  std::vector<Section> sections;
};

/// Who measured the kernel's command line.
enum class CommandLineSource {
  grub,        ///< PCR 8
  systemd,     ///< systemd-boot or systemd-stub: PCR 12, before version 251 PCR 8
  uki,         ///< the section .cmdline of a unified kernel image: PCR 11
  linux_stub,  ///< what Linux' EFI stub was given: PCR 9
};
/// "grub", "systemd", "uki", "linux".
std::string_view name_of(CommandLineSource source);

/// One event of the log with what replay proved about it.
struct ReplayedEvent {
  std::uint32_t number = 0, pcr = 0;
  EventType untrusted_type = EventType::no_action;
  std::size_t data_at = 0, data_size = 0;  ///< its place in MachineState::event_data
  Digest digest;
  bool digest_verified = false;  ///< H(data) == digest
};

/// The state of a machine at boot, read out of an event log that replays to authentic PCRs, using
/// only what a digest vouches for.
struct MachineState {
  HashAlgorithm bank = HashAlgorithm::sha256;
  PlatformState platform = {};
  SecureBootState secure_boot = {};
  std::optional<EfiState> efi;  ///< absent unless ExitBootServices was seen
  std::optional<ShimState> shim;
  std::optional<GrubState> grub;
  std::optional<UkiState> uki;
  std::optional<std::string> kernel_command_line;           ///< without the final NUL
  std::vector<CommandLineSource> command_line_measured_by;  ///< none where there is no line
  /// A line that a boot loader measured and Linux did not confirm.  To look at, never to decide by.
  std::optional<std::string> unconfirmed_command_line;
  std::vector<Digest> load_options;  ///< UTF-16 command lines, by digest, that Linux was given
  std::optional<CosState> cos;       ///< out of the launcher's own log
  /// Digests of initial RAM disks: Linux' EFI stub's own, or of the unified kernel image's section.
  std::vector<Digest> initrds;
  /// What the log calls LoadOptions, where neither the command line nor its place says that it is.
  std::vector<Digest> unexplained_options;
  std::optional<WindowsState> windows;
  std::vector<ReplayedEvent> events;
  Buffer event_data;  ///< of all events, one after the other

  [[nodiscard]] Bytes data_of(const ReplayedEvent& event) const {
    return Bytes(event_data).subspan(event.data_at, event.data_size);
  }
  /// Whatever in PCR 9 or 11 may be an initial RAM disk.
  [[nodiscard]] std::vector<Digest> possible_initrds() const;
};

/// Whether a log must tell of a whole boot.  What contradicts itself fails in either.
enum class LogExtent {
  whole_boot,  ///< evidence: what is missing fails too
  any,         ///< a log to look at: what is missing is reported as absent
};

struct ReplayedLog;

/// Reads the state out of a replayed log (in its strongest bank), with the checks boot.*.  It is
/// authentic only if the log's replay and the quotes were accepted too.
MachineState read_machine_state(const ReplayedLog& replayed, Verdict& verdict,
                                LogExtent extent = LogExtent::whole_boot);

}  // namespace assay
