// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "boots/event_label.h"
#include "formats/uefi.h"
#include "verify/machine_state.h"
#include "verify/replayed_log.h"

namespace assay {

/// What a machine will measure when something of it changes: the events of a boot that was
/// recorded, with some replaced.  Every setter changes all events that measure that thing, in all
/// banks, and fails (Fault::unavailable) where the recorded boot measured no such thing, because
/// what is not in the log cannot be told from it.
class PredictedBoot {
 public:
  /// Begins as a copy of `recorded`, which it does not need afterwards.
  explicit PredictedBoot(const ReplayedLog& recorded);

  /// A file of the boot: shim or bootloader (EFI images), kernel, initrd.  Images are measured by
  /// their Authenticode digest where the firmware or shim loads them, and by the hash of the file
  /// where GRUB does.
  Status file(BootPart part, Bytes content);
  /// A unified kernel image: itself, its sections, and the kernel, initrd and command line inside.
  Status unified_kernel(Bytes image);
  /// A file that GRUB reads, by the path that the log names, with its device or without.
  Status bootloader_file(std::string_view path, Bytes content);
  /// Of the kernel; without the image's path.
  Status command_line(std::string_view arguments);

  enum class SecureBootSwitch { off, on };
  /// Switched off, nothing vouches for images any more: those events go.  What would vouch for them
  /// were it switched on cannot be told (Fault::unavailable).
  Status secure_boot(SecureBootSwitch value);
  /// PK, KEK, db, dbx: adds an entry, if it is not there; removes those equal to `data`.
  Status add_signature(std::string_view database, const Guid& type, Bytes data);
  Status remove_signature(std::string_view database, const Guid& type, Bytes data);
  /// Replaces all of a database by EFI_SIGNATURE_LISTs.
  Status replace_signatures(std::string_view database, Bytes lists);
  /// shim's SbatLevel.
  Status sbat_level(std::string_view text);
  /// What shim measures of the MokList variable.
  Status machine_owner_keys(Bytes content);

  /// Google's firmware: its version, and what protects the VM.
  Status gce_firmware_version(std::uint32_t version);
  Status technology(ConfidentialTechnology technology);
  /// BootOrder, the numbers of Boot#### entries.
  Status boot_order(const std::vector<std::uint16_t>& order);

  /// What a setting did not change or cannot tell, for a person; a line each.
  [[nodiscard]] const std::vector<std::string>& remarks() const { return remarks_; }

  /// The log that the machine would write: crypto-agile, in the banks of the recorded one.
  [[nodiscard]] Buffer log() const;

 private:
  struct Planned {
    std::uint32_t pcr;
    EventType type;
    DataTrust trust;
    Buffer data;
    std::vector<Digest> digests;
    EventLabel label;
  };

  std::vector<Planned*> find(std::string_view key);
  void measure(Planned& event, const std::vector<Bytes>& pieces) const;
  void measure(Planned& event, Bytes content) const { measure(event, std::vector{content}); }
  Status edit_variable(std::string_view key, const std::function<Result<Buffer>(Bytes)>& new_data);
  Status measure_images(std::string_view key, Bytes image);
  void change_text(Planned& event, std::string_view arguments);

  std::vector<HashAlgorithm> banks_;
  std::vector<Planned> events_;
  std::vector<std::string> remarks_;
};

}  // namespace assay
