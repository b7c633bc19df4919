// SPDX-License-Identifier: Apache-2.0
#include "verify/cel_replay.h"

#include <fmt/format.h>

#include <algorithm>

#include "crypto/hash.h"
#include "formats/bank.h"

namespace assay {
namespace {

constexpr std::string_view kStartupLocality{"StartupLocality\0", 16};

/// The firmware event in a record, if it holds one.
std::optional<Event> firmware_event(const CelRecord& record) {
  const auto* content = std::get_if<PcClientContent>(&record.content);
  if (content == nullptr) return std::nullopt;
  Event event{};
  event.number = static_cast<std::uint32_t>(record.number);
  event.pcr = record.where.index;
  event.type = content->type;
  event.data = content->data;
  event.offset = record.offset;
  event.digests = record.digests;
  event.digest_count = record.digest_count;
  return event;
}

bool is_no_action(const CelRecord& record) {
  const auto event = firmware_event(record);
  return event && event->type == EventType::no_action;
}

Digest start_of(const PcrValues& start, CelRegister where) {
  const bool is_pcr = where.kind == CelRegister::Kind::pcr && where.index < kPcrCount;
  return is_pcr ? start.values[where.index].value_or(Digest(start.bank)) : Digest(start.bank);
}

CelReplay::Value& value_of(CelReplay::Bank& bank, const PcrValues& start, CelRegister where) {
  const auto found = std::find_if(bank.values.begin(), bank.values.end(),
                                  [&](const CelReplay::Value& v) { return v.where == where; });
  if (found != bank.values.end()) return *found;
  bank.values.push_back({where, start_of(start, where), 0});
  return bank.values.back();
}

/// PFP 1.06, 10.4.5.3: PCR 0 begins at the locality of TPM2_Startup.
void read_locality(const CelRecord& record, const PcrValues& start, CelReplay::Bank& bank) {
  const Bytes data = std::get<PcClientContent>(record.content).data;
  const CelRegister pcr0{CelRegister::Kind::pcr, 0};
  if (record.where != pcr0 || data.size() != kStartupLocality.size() + 1 ||
      as_text(data.first(kStartupLocality.size())) != kStartupLocality ||
      bank.find(pcr0) != nullptr)
    return;
  value_of(bank, start, pcr0).value.writable().back() = data.back();
}

void replay_into(CelReplay::Bank& bank, const PcrValues& start, const CelLog& log) {
  for (const CelRecord& record : log.records) {
    if (is_no_action(record)) {
      read_locality(record, start, bank);
      continue;
    }
    CelReplay::Value& value = value_of(bank, start, record.where);
    ++value.extends;
    if (const auto digest = record.digest(bank.algorithm))
      extend(value.value, Digest(bank.algorithm, *digest));
    else
      bank.lacking.push_back(record.number);
  }
}

template <class Preimage>
bool every_digest(const CelRecord& record, Preimage preimage) {
  for (std::size_t i = 0; i < record.digest_count; ++i) {
    const EventDigest& digest = record.digests[i];
    if (!preimage(digest)) return false;
  }
  return true;
}

bool is_hash_of(const CelRecord& record, Bytes data) {
  return every_digest(record, [&](const EventDigest& d) {
    return equal(hash(d.algorithm, data).bytes(), d.bytes);
  });
}

/// IMA extends with ones where a file changed while it was measured.
bool is_violation(const CelRecord& record) {
  return every_digest(record, [](const EventDigest& d) {
    return std::all_of(d.bytes.begin(), d.bytes.end(), [](std::uint8_t b) { return b == 0xFF; });
  });
}

/// The first of the rule's preimages that every bank agrees on.
DataTrust firmware_trust(const CelRecord& record, const Event& event) {
  if (event.type == EventType::no_action) return DataTrust::unmeasured;
  const DataRule rule = data_rule(event);
  if (!rule.shape_error.empty()) return DataTrust::mismatch;
  for (std::size_t i = 0; i < rule.count; ++i) {
    const Preimage& preimage = rule.preimages[i];
    Buffer bytes = to_buffer(preimage.bytes);
    if (preimage.then_zero) bytes.push_back(0);
    if (is_hash_of(record, bytes)) return preimage.trust;
  }
  return rule.may_be_elsewhere ? DataTrust::elsewhere : DataTrust::mismatch;
}

}  // namespace

const CelReplay::Value* CelReplay::Bank::find(CelRegister where) const {
  const auto found =
      std::find_if(values.begin(), values.end(), [&](const Value& v) { return v.where == where; });
  return found == values.end() ? nullptr : &*found;
}

CelReplay replay_from(const CelLog& log, std::span<const PcrValues> start) {
  CelReplay out;
  for (const PcrValues& values : start) {
    out.banks.push_back({values.bank, {}, {}});
    replay_into(out.banks.back(), values, log);
  }
  return out;
}

CelReplay replay(const CelLog& log, std::span<const HashAlgorithm> banks) {
  std::vector<PcrValues> zeros;
  for (const HashAlgorithm bank : banks) zeros.push_back({bank, {}});
  return replay_from(log, zeros);
}

std::vector<HashAlgorithm> banks_of(const CelLog& log) {
  std::vector<HashAlgorithm> out;
  for (const HashAlgorithm a : kBanksStrongestFirst) {
    if (std::any_of(log.records.begin(), log.records.end(),
                    [a](const CelRecord& r) { return r.digest(a).has_value(); }))
      out.push_back(a);
  }
  return out;
}

DataTrust content_trust(const CelRecord& record) {
  const auto whole_or = [&](Bytes data, DataTrust otherwise) {
    return is_hash_of(record, data) ? DataTrust::whole : otherwise;
  };
  if (const auto event = firmware_event(record)) return firmware_trust(record, *event);
  if (const auto* entry = std::get_if<ImaTemplateContent>(&record.content))
    return is_violation(record) ? DataTrust::elsewhere : whole_or(entry->data, DataTrust::mismatch);
  if (const auto* word = std::get_if<SystemdContent>(&record.content))
    return word->text ? whole_or(as_bytes(*word->text), DataTrust::elsewhere)
                      : DataTrust::elsewhere;
  const DataTrust otherwise = std::holds_alternative<CosContent>(record.content)
                                  ? DataTrust::mismatch
                                  : DataTrust::elsewhere;
  return record.content_tlv.empty() ? otherwise : whole_or(record.content_tlv, otherwise);
}

std::string describe(const CelRecord& record) {
  return fmt::format("record {} ({}, {})", record.number, to_string(record.where),
                     name_of(record.content));
}

}  // namespace assay
