// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "formats/event_log.h"

namespace assay {

/// The spellings of a canonical event log: docs/formats/cel.md.
enum class CelEncoding {
  tlv,      ///< as Google's COS and Confidential Space write it
  json,     ///< an array of records
  cbor,     ///< an array of records
  systemd,  ///< systemd's userspace log: JSON records in RFC 7464 sequence, without numbers
};
/// "cel-tlv", "cel-json", "cel-cbor", "systemd".
std::string_view name_of(CelEncoding encoding);

/// What a record was extended into.
struct CelRegister {
  enum class Kind : std::uint8_t {
    pcr,       ///< index 0 to 23
    nv_index,  ///< a handle 0x01......
    cc_mr,     ///< a measurement register of a confidential VM, as CCEL numbers them: 4 is RTMR3
  } kind = Kind::pcr;
  std::uint32_t index = 0;
  bool operator==(const CelRegister&) const = default;
};
/// "PCR 13", "NV index 0x01c20000", "CC MR 4".
std::string to_string(CelRegister where);

// The contents of a record.  None of them is measured as such: whether a record's digests vouch for
// its content is for verify/ to say.

/// What the log says about itself: `cel_version`, `firmware_end`, `cel_timestamp`, `state_trans`.
struct CelManagement {
  enum class Kind : std::uint8_t {
    version,
    firmware_end,
    timestamp,
    state_transition
  } kind = Kind::version;
  std::uint64_t major = 0, minor = 0;  ///< of a version
  /// Of a timestamp; 0 suspend, 1 hibernate, 2 kexec of a state transition.
  std::uint64_t value = 0;
};
/// An event of the firmware's log.
struct PcClientContent {
  EventType type;
  Bytes data;
};
/// An entry of the kernel's IMA list.
struct ImaTemplateContent {
  std::string_view name;
  Bytes data;
};
/// A word that systemd measured.
struct SystemdContent {
  std::string_view event_type;           ///< "phase"; empty where the log has none
  std::optional<std::string_view> text;  ///< absent where what was measured is secret
  std::string_view boot_id;
  std::optional<std::uint64_t> timestamp_us;
};
/// An event of Container-Optimized OS: formats/cos.h.  In TLV only, because its digests are over
/// the TLV.
struct CosContent {
  Bytes event;  ///< type, length, value
};
using CelContent =
    std::variant<CelManagement, PcClientContent, ImaTemplateContent, SystemdContent, CosContent>;

/// "cel_version", "EV_SEPARATOR", "ima-ng", "phase", "cos".
std::string name_of(const CelContent& content);

struct CelRecord {
  std::uint64_t number;  ///< as logged; systemd's log: its position
  std::size_t offset;    ///< of the record in the log
  CelRegister where;
  /// In the log's order, none twice, each of its algorithm's size; at least one.
  std::array<EventDigest, Event::kMaxBanks> digests;
  std::uint8_t digest_count = 0;
  Bytes content_tlv;  ///< the whole content, type and length included; empty but in TLV
  CelContent content;

  [[nodiscard]] std::optional<Bytes> digest(HashAlgorithm algorithm) const;
};

/// A parsed canonical event log.  Borrows from the log's bytes, and from `decoded` what the log has
/// as hexadecimal or escaped text; so it can be moved, not copied.
struct CelLog {
  CelEncoding encoding = CelEncoding::tlv;
  std::vector<CelRecord> records;
  std::vector<std::vector<std::uint8_t>> decoded;

  CelLog() = default;
  CelLog(CelLog&&) = default;
  CelLog& operator=(CelLog&&) = default;
};

inline constexpr std::size_t kMaxCelLog = 4 * 1024 * 1024;
inline constexpr std::size_t kMaxCelRecords = 65536;

/// A log up to its end, or up to what made it unreadable.
struct CelReading {
  CelLog log;
  std::optional<Error> error;  ///< Fault::malformed: "cel.record 3.digests@0x1a"
};

/// Reads a canonical event log of at most kMaxCelLog bytes and kMaxCelRecords records.  Refused,
/// naming offset and record: an empty log, record numbers other than 0, 1, 2, ..., registers of
/// several kinds, an algorithm twice in one record or unknown, a digest of another size than its
/// algorithm's, no digest, contents of unknown kinds, trailing bytes.
/// TCG Canonical Event Log Format 1.0; what differs, docs/formats/cel.md says.
CelReading read_cel(CelEncoding encoding, Bytes log);

/// The same, and an Error where it does not end well.
Result<CelLog> parse_cel(CelEncoding encoding, Bytes log);

}  // namespace assay
