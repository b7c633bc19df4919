// SPDX-License-Identifier: Apache-2.0
#include "verify/log_report.h"

#include <fmt/format.h>

#include <map>

#include "base/check.h"
#include "base/hex.h"
#include "formats/cos.h"
#include "verify/cel_replay.h"
#include "verify/cos_state.h"
#include "verify/ima_replay.h"
#include "verify/printable.h"
#include "verify/systemd_state.h"

namespace assay {
namespace {

constexpr std::string_view kReadAgain = "read the log again, whole: it is cut short or damaged";

std::string_view word_for(DataTrust trust) {
  switch (trust) {
    case DataTrust::whole:
      return "whole";
    case DataTrust::part:
      return "part";
    case DataTrust::elsewhere:
      return "elsewhere";
    case DataTrust::unmeasured:
      return "unmeasured";
    case DataTrust::mismatch:
      return "mismatch";
  }
  return "unknown";
}

bool is_ima(LogKind kind) { return kind == LogKind::ima_binary || kind == LogKind::ima_ascii; }

ImaFormat ima_format(LogKind kind) {
  return kind == LogKind::ima_binary ? ImaFormat::binary : ImaFormat::ascii;
}

CelEncoding cel_encoding(LogKind kind) {
  switch (kind) {
    case LogKind::cel_json:
      return CelEncoding::json;
    case LogKind::cel_cbor:
      return CelEncoding::cbor;
    case LogKind::systemd:
      return CelEncoding::systemd;
    case LogKind::cel_tlv:
      return CelEncoding::tlv;
    case LogKind::crypto_agile:
    case LogKind::sha1_legacy:
    case LogKind::ccel:
    case LogKind::ima_binary:
    case LogKind::ima_ascii:
      break;
  }
  ASSAY_CHECK(false);  // not of a canonical event log
  return CelEncoding::tlv;
}

// --- canonical logs and systemd's

/// What a record says, member by member, after the members that every event has.
struct Members {
  json::object& out;

  void operator()(const CelManagement& c) const {
    if (c.kind == CelManagement::Kind::version) {
      out["major"] = c.major;
      out["minor"] = c.minor;
    } else if (c.kind != CelManagement::Kind::firmware_end) {
      out["value"] = c.value;
    }
  }
  void operator()(const PcClientContent& c) const { out["data"] = hex(c.data); }
  void operator()(const ImaTemplateContent& c) const { out["data"] = hex(c.data); }
  void operator()(const SystemdContent& c) const {
    out["text"] = c.text ? json::value(printable(*c.text)) : json::value(nullptr);
    out["boot_id"] = printable(c.boot_id);
    if (c.timestamp_us) out["timestamp_us"] = *c.timestamp_us;
  }
  void operator()(const CosContent& c) const {
    const auto event = parse_cos_event(c.event);
    if (!event) {
      out["data"] = hex(c.event);
      return;
    }
    out["type"] = fmt::format("cos.{}", name_of(event->type));
    if (event->type == CosEventType::memory_monitor ||
        event->type == CosEventType::gpu_attestation_binding)
      out["data"] = hex(event->content);
    else
      out["text"] = printable(as_text(event->content));
  }
};

json::object digests_of(const CelRecord& record) {
  json::object out;
  for (std::size_t i = 0; i < record.digest_count; ++i)
    out[name_of(record.digests[i].algorithm)] = hex(record.digests[i].bytes);
  return out;
}

std::string_view name_of_kind(CelRegister::Kind kind) {
  switch (kind) {
    case CelRegister::Kind::pcr:
      return "pcr";
    case CelRegister::Kind::nv_index:
      return "nv_index";
    case CelRegister::Kind::cc_mr:
      return "cc_mr";
  }
  return "unknown";
}

json::object show(const CelRecord& record) {
  json::object out{{"number", record.number},
                   {"offset", record.offset},
                   {"register", record.where.index},
                   {"register_kind", name_of_kind(record.where.kind)},
                   {"type", printable(name_of(record.content))},
                   {"digests", digests_of(record)},
                   {"trust", word_for(content_trust(record))}};
  std::visit(Members{out}, record.content);
  return out;
}

/// The log up to what is wrong with it, which becomes a failed check.
CelLog read_judged(LogKind kind, Bytes log, Verdict& verdict) {
  CelReading reading = read_cel(cel_encoding(kind), log);
  const bool systemd = kind == LogKind::systemd;
  verdict.require(systemd ? "systemd.log.format" : "cel.log.format", !reading.error.has_value(),
                  systemd ? "a log of systemd's" : "a canonical event log",
                  reading.error ? printable(to_string(*reading.error))
                                : fmt::format("{} records", reading.log.records.size()),
                  kReadAgain);
  return std::move(reading.log);
}

bool holds_cos(const CelLog& log) {
  for (const CelRecord& record : log.records)
    if (std::holds_alternative<CosContent>(record.content)) return true;
  return false;
}

/// Firmware events have rules of their own in the firmware's log; here it is enough that no digest
/// contradicts what a record says.
void check_content(const CelLog& log, Verdict& verdict) {
  std::string edited;
  for (const CelRecord& record : log.records)
    if (edited.empty() && content_trust(record) == DataTrust::mismatch)
      edited = printable(describe(record));
  verdict.require("cel.content.measured", edited.empty(), "content as the digests say",
                  edited.empty() ? fmt::format("{} records", log.records.size()) : edited,
                  "the log was changed after it was measured");
}

/// A state is told only of a log that is read whole, and that nothing contradicts.
json::object state_of(LogKind kind, const CelLog& log, Verdict& verdict) {
  json::object out;
  const bool whole = verdict.accepted();
  if (kind == LogKind::systemd) {
    const SystemdState state = read_systemd(log, verdict);
    out["systemd"] = whole && verdict.accepted() ? json::value(to_json(state)) : nullptr;
  } else if (holds_cos(log)) {
    const bool in_vm = log.records.front().where.kind == CelRegister::Kind::cc_mr;
    const auto state = read_cos(log, in_vm ? kCosCcMr : kCosPcr, verdict);
    out["cos"] = whole && state ? json::value(to_json(*state)) : nullptr;
  } else {
    check_content(log, verdict);
  }
  return out;
}

LogStory show_cel(LogKind kind, Bytes bytes) {
  LogStory out;
  const CelLog log = read_judged(kind, bytes, out.verdict);
  for (const CelRecord& record : log.records) out.events.push_back(show(record));
  out.state = state_of(kind, log, out.verdict);
  return out;
}

/// A register with a record that lacks a bank's digest has no value in that bank.
json::object values_of(const CelReplay::Bank& bank, const CelLog& log) {
  json::object out;
  for (const CelReplay::Value& value : bank.values) {
    bool lacking = false;
    for (const std::uint64_t number : bank.lacking)
      lacking |= log.records[number].where == value.where;
    if (!lacking && value.extends != 0)
      out[fmt::format("{}", value.where.index)] = hex(value.value.bytes());
  }
  return out;
}

LogReplay replay_cel(LogKind kind, Bytes bytes) {
  LogReplay out;
  const CelLog log = read_judged(kind, bytes, out.verdict);
  out.events = log.records.size();
  for (const CelReplay::Bank& bank : replay(log, banks_of(log)).banks)
    out.banks[name_of(bank.algorithm)] = values_of(bank, log);
  return out;
}

// --- IMA

constexpr HashAlgorithm kImaBanks[] = {HashAlgorithm::sha1, HashAlgorithm::sha256,
                                       HashAlgorithm::sha384, HashAlgorithm::sha512};

/// The template hash as logged, under its algorithm: of a violation, zeros.
json::object digests_of(const ImaEntry& entry, const ImaReplay& replay) {
  const bool is_sha1 = entry.template_hash.size() == digest_size(HashAlgorithm::sha1);
  const auto algorithm = is_sha1 ? HashAlgorithm::sha1 : replay.hash_algorithm();
  json::object out;
  if (algorithm) out[name_of(*algorithm)] = hex(entry.template_hash);
  return out;
}

json::object show(const ImaEntry& entry, bool measured, const ImaReplay& replay) {
  json::object out{{"number", entry.number},
                   {"offset", entry.offset},
                   {"register", entry.pcr},
                   {"type", entry.template_name},
                   {"digests", digests_of(entry, replay)},
                   {"trust", !measured         ? "mismatch"
                             : entry.violation ? "elsewhere"
                                               : "whole"},
                   {"violation", entry.violation}};
  if (entry.kind == ImaTemplate::other) {
    out["data"] = hex(entry.template_data);
    return out;
  }
  out["path"] = printable(entry.path);
  if (!entry.digest_type.empty()) out["digest_type"] = entry.digest_type;
  out["file_digest"] = fmt::format("{}:{}", entry.file_algorithm, hex(entry.file_digest));
  if (!entry.signature.empty()) out["signature"] = hex(entry.signature);
  if (!entry.buffer.empty()) out["buffer"] = hex(entry.buffer);
  return out;
}

/// What a list says over all its entries.
struct ImaCounts {
  std::uint64_t entries = 0, violations = 0, signed_entries = 0;
  std::map<std::string, std::uint64_t, std::less<>> templates;
  std::string boot_aggregate;
  std::string edited;  ///< the first entry whose template hash is another's

  void count(const ImaEntry& entry, bool measured) {
    if (entries == 0 && entry.path == "boot_aggregate")
      boot_aggregate = fmt::format("{}:{}", entry.file_algorithm, hex(entry.file_digest));
    ++entries;
    if (entry.violation) ++violations;
    if (!entry.signature.empty()) ++signed_entries;
    const auto found = templates.find(entry.template_name);
    ++(found != templates.end() ? found->second : templates[std::string(entry.template_name)]);
    if (!measured && edited.empty())
      edited =
          fmt::format("entry {}@{:#x} ({})", entry.number, entry.offset, printable(entry.path));
  }
};

json::object to_json(const ImaCounts& counts, const ImaReplay& replay) {
  json::object templates;
  for (const auto& [name, count] : counts.templates) templates[name] = count;
  const auto algorithm = replay.hash_algorithm();
  return {{"entries", counts.entries},
          {"violations", counts.violations},
          {"signed", counts.signed_entries},
          {"templates", std::move(templates)},
          {"template_hash", algorithm ? json::value(name_of(*algorithm)) : json::value(nullptr)},
          {"boot_aggregate", counts.boot_aggregate.empty() ? json::value(nullptr)
                                                           : json::value(counts.boot_aggregate)}};
}

/// Reads the whole list; `use` is called with each entry and whether its hash is its data's.
template <class Use>
ImaCounts read_list(LogKind kind, Bytes list, ImaReplay& replay, Verdict& verdict, Use use) {
  ImaReader reader(ima_format(kind), list);
  ImaCounts counts;
  while (reader.next()) {
    const bool measured = replay.extend(reader.entry());
    counts.count(reader.entry(), measured);
    use(reader.entry(), measured);
  }
  const std::string all = fmt::format("{} entries", counts.entries);
  const auto& error = reader.error();
  verdict.require("ima.list.format", !error && counts.entries != 0, "an IMA measurement list",
                  error ? printable(to_string(*error)) : all, kReadAgain);
  verdict.require(
      "ima.hashes.measured", counts.edited.empty(), "every template hash that of its template data",
      counts.edited.empty() ? all : counts.edited, "the list was changed after it was measured");
  return counts;
}

LogStory show_ima(LogKind kind, Bytes list) {
  LogStory out;
  ImaReplay replay(std::span<const HashAlgorithm>(kImaBanks, 1));
  const ImaCounts counts =
      read_list(kind, list, replay, out.verdict, [&](const ImaEntry& entry, bool measured) {
        out.events.push_back(show(entry, measured, replay));
      });
  out.state["ima"] = out.verdict.accepted() ? json::value(to_json(counts, replay)) : nullptr;
  return out;
}

LogReplay replay_ima(LogKind kind, Bytes list) {
  LogReplay out;
  ImaReplay replay(kImaBanks);
  out.events = read_list(kind, list, replay, out.verdict, [](const ImaEntry&, bool) {}).entries;
  for (const ImaReplay::Bank& bank : replay.banks()) {
    json::object values;
    for (std::size_t pcr = 0; pcr < kPcrCount; ++pcr)
      if ((replay.used() >> pcr & 1) != 0)
        values[fmt::format("{}", pcr)] = hex(bank.pcrs[pcr].bytes());
    out.banks[name_of(bank.algorithm)] = std::move(values);
  }
  return out;
}

}  // namespace

LogStory show_log(LogKind kind, Bytes log) {
  return is_ima(kind) ? show_ima(kind, log) : show_cel(kind, log);
}

LogReplay replay_log(LogKind kind, Bytes log) {
  return is_ima(kind) ? replay_ima(kind, log) : replay_cel(kind, log);
}

}  // namespace assay
