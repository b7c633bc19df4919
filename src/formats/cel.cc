// SPDX-License-Identifier: Apache-2.0
#include "formats/cel.h"

#include <utility>

#include "formats/cel_parts.h"

namespace assay {
namespace {

constexpr std::string_view kSubject = "cel";
/// TPM 2.0 Part 2, 7.2: TPM_HT_NV_INDEX.
constexpr std::uint32_t kNvIndexType = 0x01;

std::string_view name_of(CelManagement::Kind kind) {
  switch (kind) {
    case CelManagement::Kind::version:
      return "cel_version";
    case CelManagement::Kind::firmware_end:
      return "firmware_end";
    case CelManagement::Kind::timestamp:
      return "cel_timestamp";
    case CelManagement::Kind::state_transition:
      return "state_trans";
  }
  return "cel";
}

struct Name {
  std::string operator()(const CelManagement& c) const { return std::string(name_of(c.kind)); }
  std::string operator()(const PcClientContent& c) const { return assay::name_of(c.type); }
  std::string operator()(const ImaTemplateContent& c) const { return std::string(c.name); }
  std::string operator()(const SystemdContent& c) const {
    return c.event_type.empty() ? "systemd" : std::string(c.event_type);
  }
  std::string operator()(const CosContent&) const { return "cos"; }
};

std::string_view name_of(CelRegister::Kind kind) {
  switch (kind) {
    case CelRegister::Kind::pcr:
      return "PCRs";
    case CelRegister::Kind::nv_index:
      return "NV indexes";
    case CelRegister::Kind::cc_mr:
      return "CC MRs";
  }
  return "registers";
}

}  // namespace

std::string_view name_of(CelEncoding encoding) {
  switch (encoding) {
    case CelEncoding::tlv:
      return "cel-tlv";
    case CelEncoding::json:
      return "cel-json";
    case CelEncoding::cbor:
      return "cel-cbor";
    case CelEncoding::systemd:
      return "systemd";
  }
  return "cel";
}

std::string to_string(CelRegister where) {
  switch (where.kind) {
    case CelRegister::Kind::pcr:
      return fmt::format("PCR {}", where.index);
    case CelRegister::Kind::nv_index:
      return fmt::format("NV index {:#010x}", where.index);
    case CelRegister::Kind::cc_mr:
      return fmt::format("CC MR {}", where.index);
  }
  return "unknown";
}

std::string name_of(const CelContent& content) { return std::visit(Name{}, content); }

std::optional<Bytes> CelRecord::digest(HashAlgorithm algorithm) const {
  for (std::size_t i = 0; i < digest_count; ++i) {
    if (digests[i].algorithm == algorithm) return digests[i].bytes;
  }
  return std::nullopt;
}

void CelRecords::fail(Error error) {
  if (!out_.error) out_.error = std::move(error);
}

void CelRecords::fail(std::string_view field, std::size_t offset, std::string why) {
  fail(Error{Fault::malformed,
             fmt::format("{}.record {}.{}@{:#x}", kSubject, next(), field, offset),
             std::move(why)});
}

Bytes CelRecords::keep(Buffer bytes) {
  out_.log.decoded.push_back(std::move(bytes));
  return out_.log.decoded.back();
}

/// CEL 1.0, 4.1: recnum "starts at 0 and increments by 1": a record left out would be seen, and one
/// that says another number than its place is none of this log.
void CelRecords::add(CelRecord record) {
  auto& records = out_.log.records;
  if (failed()) return;
  if (record.number != records.size())
    return fail("recnum", record.offset,
                fmt::format("{}, wanted {}", record.number, records.size()));
  if (records.size() == kMaxCelRecords)
    return fail("recnum", record.offset, fmt::format("more than {} records", kMaxCelRecords));
  // systemd's log alone mixes them: its NV indexes stand in for PCRs that firmware did not leave.
  if (out_.log.encoding != CelEncoding::systemd && !records.empty() &&
      records.front().where.kind != record.where.kind)
    return fail("register", record.offset,
                fmt::format("{} in a log of {}", to_string(record.where),
                            name_of(records.front().where.kind)));
  if (record.digest_count == 0) return fail("digests", record.offset, "no digest");
  records.push_back(record);
}

std::string check_register(CelRegister where) {
  switch (where.kind) {
    case CelRegister::Kind::pcr:
      return where.index <= 23 ? "" : fmt::format("PCR {}, above 23", where.index);
    case CelRegister::Kind::nv_index:
      return where.index >> 24 == kNvIndexType
                 ? ""
                 : fmt::format("{:#010x} is no NV index", where.index);
    case CelRegister::Kind::cc_mr:
      return where.index <= 4 ? "" : fmt::format("CC MR {}, above 4", where.index);
  }
  return "unknown register";
}

std::string add_digest(CelRecord& record, HashAlgorithm algorithm, Bytes digest) {
  if (record.digest(algorithm)) return fmt::format("{} appears twice", name_of(algorithm));
  if (digest.size() != digest_size(algorithm))
    return fmt::format("{} has digests of {} bytes, not {}", name_of(algorithm),
                       digest_size(algorithm), digest.size());
  record.digests[record.digest_count++] = {algorithm, digest};
  return "";
}

CelReading read_cel(CelEncoding encoding, Bytes log) {
  CelRecords records(encoding);
  if (log.size() > kMaxCelLog) {
    records.fail(Error{Fault::malformed, std::string(kSubject),
                       fmt::format("{} bytes, at most {} allowed", log.size(), kMaxCelLog)});
  } else {
    switch (encoding) {
      case CelEncoding::tlv:
        read_cel_tlv(log, records);
        break;
      case CelEncoding::json:
        read_cel_json(log, records);
        break;
      case CelEncoding::cbor:
        read_cel_cbor(log, records);
        break;
      case CelEncoding::systemd:
        read_systemd_log(log, records);
        break;
    }
    if (!records.failed() && records.next() == 0)
      records.fail(Error{Fault::malformed, std::string(kSubject), "no records"});
  }
  return std::move(records).finish();
}

Result<CelLog> parse_cel(CelEncoding encoding, Bytes log) {
  CelReading reading = read_cel(encoding, log);
  if (reading.error) return tl::unexpected(std::move(*reading.error));
  return std::move(reading.log);
}

}  // namespace assay
