// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/hash_algorithm.h"
#include "base/result.h"

namespace assay {

/// TCG event types.  TCG PC Client Platform Firmware Profile 1.06, table 14.
enum class EventType : std::uint32_t {
  preboot_cert = 0x00,
  post_code = 0x01,
  no_action = 0x03,
  separator = 0x04,
  action = 0x05,
  event_tag = 0x06,
  s_crtm_contents = 0x07,
  s_crtm_version = 0x08,
  cpu_microcode = 0x09,
  platform_config_flags = 0x0A,
  table_of_devices = 0x0B,
  compact_hash = 0x0C,
  ipl = 0x0D,
  ipl_partition_data = 0x0E,
  nonhost_code = 0x0F,
  nonhost_config = 0x10,
  nonhost_info = 0x11,
  omit_boot_device_events = 0x12,
  post_code2 = 0x13,
  efi_variable_driver_config = 0x80000001,
  efi_variable_boot = 0x80000002,
  efi_boot_services_application = 0x80000003,
  efi_boot_services_driver = 0x80000004,
  efi_runtime_services_driver = 0x80000005,
  efi_gpt_event = 0x80000006,
  efi_action = 0x80000007,
  efi_platform_firmware_blob = 0x80000008,
  efi_handoff_tables = 0x80000009,
  efi_platform_firmware_blob2 = 0x8000000A,
  efi_handoff_tables2 = 0x8000000B,
  efi_variable_boot2 = 0x8000000C,
  efi_gpt_event2 = 0x8000000D,
  efi_hcrtm_event = 0x80000010,
  efi_variable_authority = 0x800000E0,
  efi_spdm_firmware_blob = 0x800000E1,
  efi_spdm_firmware_config = 0x800000E2,
  efi_spdm_device_policy = 0x800000E3,
  efi_spdm_device_authority = 0x800000E4,
};

/// "EV_SEPARATOR"; "0x800000ff" for a type without a name.
std::string name_of(EventType type);
bool is_known(EventType type);

/// One digest of an event, borrowed from the log.
struct EventDigest {
  HashAlgorithm algorithm = HashAlgorithm::sha1;
  Bytes bytes;
};

/// Which registers a log's indices mean.
enum class RegisterLayout : std::uint8_t {
  tpm,  ///< PCR 0 to 23
  /// CC measurement registers (UEFI 2.10 section 38.4.1): 0 MRTD, 1 to 4 RTMR0 to RTMR3, into which
  /// the PCRs are folded: 1 and 7, 2 to 6, 8 to 15.
  cc,
};

/// One record of a log.  Borrows everything from the log's bytes.  Neither the type nor the data is
/// measured: only the digests reach a register.
struct Event {
  std::uint32_t number = 0;  ///< position in the log; the Spec ID event of a crypto-agile log is 0
  /// The register's index: a PCR up to 23, a CC register up to 4; or kNoPcr in an EV_NO_ACTION
  /// event, which no register measures: Windows writes those.
  std::uint32_t pcr = 0;
  static constexpr std::uint32_t kNoPcr = 0xFFFFFFFF;
  EventType type = EventType::no_action;
  Bytes data;
  std::size_t offset = 0;  ///< of the record in the log
  /// Digests in the log's order, one per algorithm; at most kMaxBanks.
  static constexpr std::size_t kMaxBanks = 5;
  std::array<EventDigest, kMaxBanks> digests;
  std::uint8_t digest_count = 0;
  RegisterLayout layout = RegisterLayout::tpm;  ///< of `pcr`

  [[nodiscard]] std::optional<Bytes> digest(HashAlgorithm algorithm) const;
};

/// A parsed TCG event log: legacy SHA-1 records, or crypto-agile ones.
struct EventLog {
  bool crypto_agile = false;
  RegisterLayout layout = RegisterLayout::tpm;
  std::vector<HashAlgorithm> algorithms;  ///< as the Spec ID event declares them
  std::vector<Event> events;              ///< without the Spec ID event
};

/// What makes a log malformed, and where.
struct EventLogFault {
  std::uint32_t event;  ///< the number of the first record that cannot be read
  std::size_t offset;   ///< where that record begins
  Error error;          ///< the field in it, and why
};

/// As much of a log as can be read: everything, or the events before its first fault.  To look at,
/// never to verify from: whoever cuts a log short chooses what it does not say.
struct EventLogReading {
  EventLog log;
  std::optional<EventLogFault> fault;
};

/// Parses the TCG log of a TPM of at most 4 MiB and 65,536 events (PFP 1.06 section 10).  `log`
/// must outlive the result.  Refused, naming offset and event: truncation, padding, a PCR above 23,
/// an algorithm that the Spec ID event does not declare, a bank twice in one event, an unknown
/// digest size.  An empty log is Fault::malformed.  Unknown event types are kept: judging them is
/// not parsing.
Result<EventLog> parse_event_log(Bytes log);

/// The same, of a TPM or of CC registers (ACPI table CCEL), told apart by content: such a log's
/// Spec ID event is in register 1, or it has one bank of SHA-384 or SM3 and nothing in register 0.
/// A CC log lies in an area of fixed size, so bytes that are all 0xff or all zero may follow it; a
/// register above 4 is refused.
EventLogReading read_event_log(Bytes log);

/// "sha1-legacy" or "crypto-agile".
std::string_view format_name(const EventLog& log);

}  // namespace assay
