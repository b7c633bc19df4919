// SPDX-License-Identifier: Apache-2.0
#pragma once

// Private to the readers of canonical event logs: cel_*.cc and systemd_log.cc.

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "base/json.h"
#include "formats/cel.h"

namespace assay {

/// The fields and contents of a record: types in TLV, keys in CBOR.  CEL 1.0, table 1; kCos and
/// kCcMr are Google's.
enum : std::uint8_t {
  kRecnum = 0,
  kPcr = 1,
  kNvIndex = 2,
  kDigests = 3,
  kManagement = 4,
  kPcClientStd = 5,
  kImaTemplate = 7,
  kCos = 80,
  kCcMr = 108,
};

/// Collects records, holding each against the ones before it.
class CelRecords {
 public:
  explicit CelRecords(CelEncoding encoding) { out_.log.encoding = encoding; }

  /// The number of the record being read.
  [[nodiscard]] std::size_t next() const { return out_.log.records.size(); }
  [[nodiscard]] bool failed() const { return out_.error.has_value(); }

  void add(CelRecord record);
  /// Ends the log at an error of the record being read: `field` and `offset` say where in it.
  void fail(std::string_view field, std::size_t offset, std::string why);
  /// Ends it at an error whose `where` begins with "cel".
  void fail(Error error);

  /// Bytes that live as long as the log.
  Bytes keep(Buffer bytes);
  [[nodiscard]] CelReading finish() && { return std::move(out_); }

 private:
  CelReading out_;
};

/// Why a register of this kind cannot have this index; empty if it can.
std::string check_register(CelRegister where);
/// Appends a digest; why it cannot be one of this record otherwise, empty if it can.
std::string add_digest(CelRecord& record, HashAlgorithm algorithm, Bytes digest);

/// Reads one JSON record, without its number; why it is none otherwise.
struct JsonRefusal {
  std::string_view field;
  std::string why;
};
std::optional<JsonRefusal> read_json_record(const json::object& record, CelRecords& records,
                                            CelRecord& out);

void read_cel_tlv(Bytes log, CelRecords& records);
void read_cel_json(Bytes log, CelRecords& records);
void read_cel_cbor(Bytes log, CelRecords& records);
void read_systemd_log(Bytes log, CelRecords& records);

}  // namespace assay
